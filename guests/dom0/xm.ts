/** xm COMMAND: makes, shows and ends domains, as Xen's manuals tell it. */
import { complain, print } from 'programs/lib/io';
import { destroy, memoryMax, memorySet, pause, reboot, rename, shutDown, unpause } from './xm/change';
import { console } from './xm/console';
import { create } from './xm/create';
import { dmesg, domid, domname, info, list, uptime, vcpuList } from './xm/show';

class Command {
  constructor(
    public name: string,
    public usage: string,
    public what: string,
    public work: (args: string[]) => i32,
  ) {}
}

const COMMANDS: Command[] = [
  new Command('create', '[-c] FILE', 'Create a domain based on a configuration file.', create),
  new Command('list', '[DOMAIN, ...]', 'List information about domains.', list),
  new Command('console', 'DOMAIN', 'Attach to the console of a domain; Ctrl-] leaves.', console),
  new Command('pause', 'DOMAIN', 'Pause execution of a domain.', pause),
  new Command('unpause', 'DOMAIN', 'Unpause a paused domain.', unpause),
  new Command('shutdown', 'DOMAIN', 'Shutdown a domain: it is asked to.', shutDown),
  new Command('reboot', 'DOMAIN', 'Reboot a domain: it is asked to.', reboot),
  new Command('rename', 'DOMAIN NAME', 'Rename a domain.', rename),
  new Command(
    'mem-set',
    'DOMAIN MB',
    'Set the current memory usage for a domain: its balloon does it.',
    memorySet,
  ),
  new Command('mem-max', 'DOMAIN MB', 'Set the maximum amount reservation for a domain.', memoryMax),
  new Command('uptime', '[DOMAIN, ...]', 'Print uptime for domains.', uptime),
  new Command('destroy', 'DOMAIN', 'Terminate a domain immediately.', destroy),
  new Command('domid', 'DOMAIN', 'Convert a domain name to its id.', domid),
  new Command('domname', 'DOMAIN', 'Convert a domain id to its name.', domname),
  new Command('vcpu-list', '[DOMAIN, ...]', 'List the VCPUs of domains.', vcpuList),
  new Command('info', '', 'Get information about the host.', info),
  new Command('dmesg', '[-c]', "Read and/or clear Xen's message buffer.", dmesg),
];

/** What the manuals have, and xm will. */
const LATER: string[] = [
  'vcpu-pin',
  'vcpu-set',
  'sched-credit',
  'sched-bvt',
  'sched-atropos',
  'top',
  'block-list',
  'network-list',
  'sysrq',
  'debug-keys',
  'save',
  'restore',
  'migrate',
];

export function main(args: string[]): i32 {
  if (args.length < 2) {
    help([]);
    return 2;
  }
  for (let n = 0; n < COMMANDS.length; n++)
    if (COMMANDS[n].name == args[1]) return COMMANDS[n].work(args.slice(2));
  if (LATER.includes(args[1])) complain(args[1] + ': this command is not there yet');
  else complain(args[1] + ": there is no such command; 'xm help' lists them");
  return 2;
}

function help(args: string[]): i32 {
  let known = args.length == 0;
  for (let n = 0; n < COMMANDS.length; n++) {
    const each = COMMANDS[n];
    if (args.length > 0 && args[0] != each.name) continue;
    known = true;
    print(' ' + (each.name + ' ' + each.usage).padEnd(26) + ' ' + each.what + '\n');
  }
  if (!known) complain(args[0] + ': there is no such command');
  return known ? 0 : 2;
}
