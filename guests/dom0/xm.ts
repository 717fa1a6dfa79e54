/** xm COMMAND: makes, shows and ends domains, as Xen's manuals tell it. */
import { complain, print } from 'programs/lib/io';
import { destroy, memoryMax, memorySet, pause, reboot, rename, shutDown, unpause } from './xm/change';
import { console } from './xm/console';
import { create } from './xm/create';
import { blockList, networkList } from './xm/devices';
import { debugKeys, sysrq } from './xm/keys';
import { list } from './xm/long';
import { migrate, USAGE as MIGRATE_USAGE } from './xm/migrate';
import { restore } from './xm/restore';
import { resume } from './xm/resume';
import { save } from './xm/save';
import { schedAtropos, schedBvt, schedCredit } from './xm/sched';
import { dmesg, domid, domname, info, uptime, vcpuList } from './xm/show';
import { top } from './xm/top';
import { vcpuPin, vcpuSet } from './xm/vcpus';

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
  new Command('list', '[-l] [DOMAIN, ...]', 'List information about domains.', list),
  new Command('console', 'DOMAIN', 'Attach to the console of a domain; Ctrl-] leaves.', console),
  new Command('pause', 'DOMAIN', 'Pause execution of a domain.', pause),
  new Command('unpause', 'DOMAIN', 'Unpause a paused domain.', unpause),
  new Command('shutdown', 'DOMAIN', 'Shutdown a domain: it is asked to.', shutDown),
  new Command('reboot', 'DOMAIN', 'Reboot a domain: it is asked to.', reboot),
  new Command('save', '[-c] DOMAIN FILE', 'Save a domain state to restore later; -c: it goes on.', save),
  new Command('restore', '[-p] FILE', 'Restore a domain from a saved state; -p: paused.', restore),
  new Command('migrate', MIGRATE_USAGE, 'Migrate a domain to another host; --live: while it runs.', migrate),
  new Command('resume', 'DOMAIN', 'Let a domain that has suspended itself go on here.', resume),
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
  new Command('vcpu-pin', 'DOMAIN VCPU|all CPUS|all', 'Set which CPUs a VCPU can use.', vcpuPin),
  new Command('vcpu-set', 'DOMAIN VCPUS', 'Set the number of active VCPUs for a domain.', vcpuSet),
  new Command(
    'sched-credit',
    '[-d DOMAIN [-w WEIGHT] [-c CAP]]',
    'Get/set credit scheduler parameters.',
    schedCredit,
  ),
  new Command(
    'sched-bvt',
    '[DOMAIN [MCUADV WARPBACK WARPVALUE WARPL WARPU]]',
    'Get/set Borrowed Virtual Time scheduler parameters: limits of warping in ms.',
    schedBvt,
  ),
  new Command(
    'sched-atropos',
    '[DOMAIN [PERIOD SLICE LATENCY XTRATIME]]',
    'Get/set atropos scheduler parameters: times in ns.',
    schedAtropos,
  ),
  new Command('top', '[-b] [-d SECONDS] [-i TIMES]', 'Monitor a host and the domains; q ends.', top),
  new Command('block-list', 'DOMAIN', 'List virtual block devices for a domain.', blockList),
  new Command('network-list', 'DOMAIN', 'List virtual network interfaces for a domain.', networkList),
  new Command('sysrq', 'DOMAIN LETTER', 'Send a sysrq to a domain.', sysrq),
  new Command('debug-keys', 'KEYS', "Send debug keys to Xen; 'xm dmesg' shows what it tells.", debugKeys),
  new Command('info', '', 'Get information about the host.', info),
  new Command('dmesg', '[-c]', "Read and/or clear Xen's message buffer.", dmesg),
];

const USE_COLUMNS: i32 = 26;

export function main(args: string[]): i32 {
  if (args.length < 2) {
    help([]);
    return 2;
  }
  if (args[1] == 'help') return help(args.slice(2));
  for (let n = 0; n < COMMANDS.length; n++)
    if (COMMANDS[n].name == args[1]) return COMMANDS[n].work(args.slice(2));
  return unknown(args[1]);
}

function unknown(name: string): i32 {
  complain(name + ": there is no such command; 'xm help' lists them");
  return 2;
}

/** What a command does stands beside it, or below where there is no room. */
function row(use: string, what: string): string {
  const gap =
    use.length > USE_COLUMNS ? '\n'.padEnd(USE_COLUMNS + 3) : ' '.repeat(USE_COLUMNS + 1 - use.length);
  return ' ' + use + gap + what + '\n';
}

/** All commands, or how one is used. */
function help(args: string[]): i32 {
  for (let n = 0; n < COMMANDS.length; n++) {
    const each = COMMANDS[n];
    const use = each.usage == '' ? each.name : each.name + ' ' + each.usage;
    if (args.length == 0) print(row(use, each.what));
    else if (args[0] == each.name) {
      print('Usage: xm ' + use + '\n\n' + each.what + '\n');
      return 0;
    }
  }
  if (args.length > 0) return unknown(args[0]);
  print(row('help [COMMAND]', 'List the commands, or tell how one is used.'));
  return 0;
}
