/** xm dump-core [-L] [-C] DOMAIN [FILE]: a domain's memory in a file; it stands still meanwhile, unless (-L); -C: it is then destroyed. */
import { XEN_DOMCTL_destroydomain, XEN_DOMCTL_pausedomain, XEN_DOMCTL_unpausedomain } from 'xen';
import { CLOCK_REALTIME, O_CREAT, O_TRUNC, O_WRONLY } from 'mote/abi';
import { dumpCore as dump } from 'dom0/lib/dump-core';
import { awaitGone, Domain } from 'dom0/lib/domains';
import * as hyper from 'dom0/lib/hypercalls';
import { makeFolders } from 'dom0/lib/log';
import { forget } from 'dom0/lib/nodes';
import { Writer } from 'dom0/lib/saved/writer';
import { clock, close, open, unlink } from 'programs/lib/calls';
import { describe } from 'programs/lib/errno';
import { complain, print } from 'programs/lib/io';
import { DateText } from 'programs/lib/text';
import { NS_PER_SECOND } from 'programs/lib/time';
import { guestOf } from './block';
import { isSet, misused } from './switches';

const FOLDER: string = '/var/xen/dump/';

export function dumpCore(args: string[]): i32 {
  if (args.length != 1 && args.length != 2) return misused();
  const domain = guestOf(args[0]);
  if (domain == null) return 1;
  const path = args.length == 2 ? args[1] : FOLDER + nameOf(domain);
  print('Dumping core of domain: ' + args[0] + ' ...\n');
  const problem = domain.isDying ? 'it has ended' : dumpTo(domain, path);
  if (problem == '') return 0;
  complain(domain.name + ': ' + problem);
  return 1;
}

/** As xend named them: 2028-0101-0000.05-web.1.core. */
function nameOf(domain: Domain): string {
  const now = new DateText(clock(CLOCK_REALTIME) / NS_PER_SECOND);
  const day = now.month.toString().padStart(2, '0') + now.day.toString().padStart(2, '0');
  const time = now.time.substring(0, 2) + now.time.substring(3, 5) + '.' + now.time.substring(6);
  return (
    now.year.toString() + '-' + day + '-' + time + '-' + domain.name + '.' + domain.id.toString() + '.core'
  );
}

function act(command: u32, domid: u32): void {
  hyper.begin();
  hyper.domctl(command, domid);
}

function dumpTo(domain: Domain, path: string): string {
  makeFolders(path);
  const fd = open(path, O_WRONLY | O_CREAT | O_TRUNC);
  if (fd < 0) return path + ': ' + describe(fd);
  const pauses = !isSet('live') && !domain.isPaused;
  if (pauses) act(XEN_DOMCTL_pausedomain, domain.id);
  const problem = dump(domain, new Writer(fd));
  close(fd);
  if (problem != '') unlink(path);
  else if (isSet('crash')) {
    act(XEN_DOMCTL_destroydomain, domain.id);
    forget(domain.id);
    awaitGone(domain.id);
  }
  if (pauses && (problem != '' || !isSet('crash'))) act(XEN_DOMCTL_unpausedomain, domain.id);
  return problem;
}
