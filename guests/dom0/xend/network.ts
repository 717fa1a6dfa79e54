/** The network of the host: the script that makes it is called when xend starts. */
import { LOG, runShell } from 'dom0/lib/hotplug';
import { xendConfigProblems, xendSetting } from 'dom0/lib/xend-config';
import { Stat } from 'programs/lib/calls';
import { debug, refuse, warn } from './log';

const SCRIPTS: string = '/etc/xen/scripts/';
const ENVIRONMENT: string[] = ['PATH=/bin', 'HOME=/'];

/** `(network-script 'network-bridge netdev=dummy0')` is called with `start netdev=dummy0`. */
export function startNetwork(): void {
  const words = xendSetting('network-script', 'network-bridge').split(' ');
  if (words[0] == '') return;
  const path = words[0].startsWith('/') ? words[0] : SCRIPTS + words[0];
  if (new Stat().of(path) < 0) {
    refuse('network-script: ' + path + ': there is no such script');
    return;
  }
  const arguments_: string[] = ['sh', path, 'start'];
  const status = runShell(arguments_.concat(words.slice(1)), ENVIRONMENT);
  if (status == 0) debug('network-script: ' + path + ': done');
  else
    refuse(
      'network-script: ' +
        path +
        ': it has failed, with status ' +
        status.toString() +
        '; ' +
        LOG +
        ' has more',
    );
}

/** Tells of what in the settings means nothing. */
export function tellProblems(): void {
  const problems = xendConfigProblems();
  for (let n = 0; n < problems.length; n++) warn(problems[n]);
}
