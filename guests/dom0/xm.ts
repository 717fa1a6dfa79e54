/** xm COMMAND: makes, shows and ends domains, as Xen's manuals tell it. */
import { complain, print } from 'programs/lib/io';
import { environment } from 'programs/lib/start';
import { destroy, memoryMax, memorySet, pause, reboot, rename, shutDown, unpause } from './xm/change';
import { console } from './xm/console';
import { create } from './xm/create';
import { blockAttach, blockConfigure, blockDetach } from './xm/block';
import { blockList, networkList } from './xm/devices';
import { dumpCore } from './xm/dump-core';
import { info } from './xm/info';
import { debugKeys, sysrq } from './xm/keys';
import { list } from './xm/long';
import { migrate, SWITCHES as MIGRATE_SWITCHES, USAGE as MIGRATE_USAGE } from './xm/migrate';
import { networkAttach, networkDetach } from './xm/network';
import { restore } from './xm/restore';
import { resume } from './xm/resume';
import { save } from './xm/save';
import { schedAtropos, schedBvt, schedCredit, schedSedf } from './xm/sched';
import { takeSwitches } from './xm/switches';
import { consoles, dmesg, domid, domname, log, uptime, vcpuList } from './xm/show';
import { suspend } from './xm/suspend';
import { top } from './xm/top';
import { vcpuPin, vcpuSet } from './xm/vcpus';

class Command {
  constructor(
    public name: string,
    public usage: string,
    public what: string,
    public work: (args: string[]) => i32,
    /** As `takeSwitches` knows them. */
    public switches: string = '',
  ) {}

  get use(): string {
    return this.usage == '' ? this.name : this.name + ' ' + this.usage;
  }
}

const COMMANDS: Command[] = [
  new Command(
    'create',
    '[-c] [-n] [-p] [-q] [--path=FOLDERS] FILE [NAME=VALUE]... | -F FILE',
    'Create a domain based on a configuration file; -c: with its console; -p: paused; -n: only say what it would be; -F: the file is an S-expression.',
    create,
    'c/console_autoconnect n/dryrun p/paused q/quiet f/defconfig= F/config= -/path=',
  ),
  new Command('list', '[-l|--long] [DOMAIN, ...]', 'List information about domains.', list, 'l/long'),
  new Command('console', 'DOMAIN', 'Attach to the console of a domain; Ctrl-] leaves.', console),
  new Command(
    'consoles',
    '',
    "List the ports of domains' consoles, which telnet and xencons reach.",
    consoles,
  ),
  new Command('pause', 'DOMAIN', 'Pause execution of a domain.', pause),
  new Command('unpause', 'DOMAIN', 'Unpause a paused domain.', unpause),
  new Command(
    'shutdown',
    '[-w] [-H|-R] DOMAIN | -a',
    'Shutdown a domain, or all: it is asked to; -w: wait until it has; -R: it is to reboot.',
    shutDown,
    'a/all w/wait H/halt R/reboot',
  ),
  new Command(
    'reboot',
    '[-w] DOMAIN | -a',
    'Reboot a domain, or all: it is asked to; -w: wait until it has ended.',
    reboot,
    'a/all w/wait',
  ),
  new Command(
    'save',
    '[-c] DOMAIN FILE',
    'Save a domain state to restore later; -c: it goes on.',
    save,
    'c/checkpoint',
  ),
  new Command(
    'restore',
    '[-p] FILE',
    'Restore a domain from a saved state; -p: paused.',
    restore,
    'p/paused',
  ),
  new Command(
    'migrate',
    MIGRATE_USAGE,
    'Migrate a domain to another host; --live: while it runs; --postcopy (an experiment): its pages follow when it runs there, ' +
      'and until the last is there it is lost with either host.',
    migrate,
    MIGRATE_SWITCHES,
  ),
  new Command('suspend', 'DOMAIN', 'Suspend a domain: xend keeps its state.', suspend),
  new Command(
    'resume',
    '[-p] DOMAIN',
    'Resume a suspended domain, or let one that has suspended itself go on here.',
    resume,
    'p/paused',
  ),
  new Command(
    'dump-core',
    '[-L|--live] [-C|--crash] DOMAIN [FILE]',
    'Dump core for a specific domain; -L: while it runs; -C: destroy it then.',
    dumpCore,
    'L/live C/crash',
  ),
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
    'd/domain= w/weight= c/cap=',
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
  new Command(
    'sched-sedf',
    '[DOMAIN [-p MS] [-s MS] [-l MS] [-e 0|1] [-w WEIGHT]]',
    'Get/set EDF parameters: period, slice and latency in ms, extra time; or a weight in place of period and slice.',
    schedSedf,
    'p/period= s/slice= l/latency= e/extra= w/weight=',
  ),
  new Command(
    'top',
    '[-b] [-d SECONDS] [-i TIMES]',
    'Monitor a host and the domains; q ends.',
    top,
    'b/batch d/delay= i/iterations=',
  ),
  new Command(
    'block-attach',
    'DOMAIN BACKDEV FRONTDEV MODE [BACKDOMAIN]',
    'Create a new virtual block device.',
    blockAttach,
  ),
  new Command(
    'block-configure',
    'DOMAIN BACKDEV FRONTDEV MODE [BACKDOMAIN]',
    'Change block device configuration: refused for disks, which are detached and attached anew.',
    blockConfigure,
  ),
  new Command(
    'block-detach',
    '[-f|--force] DOMAIN DEVID',
    "Destroy a domain's virtual block device; -f: whoever uses it.",
    blockDetach,
    'f/force',
  ),
  new Command(
    'block-list',
    '[-l|--long] DOMAIN',
    'List virtual block devices for a domain.',
    blockList,
    'l/long',
  ),
  new Command(
    'network-attach',
    'DOMAIN [mac=MAC] [bridge=BRIDGE] [ip=IP] [script=SCRIPT] [vifname=NAME] [rate=RATE] [backend=0]',
    'Create a new virtual network device.',
    networkAttach,
  ),
  new Command(
    'network-detach',
    '[-f|--force] DOMAIN DEVID|MAC',
    "Destroy a domain's virtual network device; -f: whoever uses it.",
    networkDetach,
    'f/force',
  ),
  new Command(
    'network-list',
    '[-l|--long] DOMAIN',
    'List virtual network interfaces for a domain.',
    networkList,
    'l/long',
  ),
  new Command('sysrq', 'DOMAIN LETTER', 'Send a sysrq to a domain.', sysrq),
  new Command('debug-keys', 'KEYS', "Send debug keys to Xen; 'xm dmesg' shows what it tells.", debugKeys),
  new Command('info', '', 'Get information about the host.', info),
  new Command('log', '', 'Print the log of xend.', log),
  new Command('dmesg', '[-c]', "Read and/or clear Xen's message buffer.", dmesg, 'c/clear'),
];

const USE_COLUMNS: i32 = 26;
const SERVER: string = 'XM_SERVER=';

export function main(args: string[]): i32 {
  if (args.length < 2) {
    help([]);
    return 2;
  }
  if (args[1] == 'help' || args[1] == '--help' || args[1] == '-h') return help(args.slice(2));
  if (isForAnother()) return 2;
  const command = commandOf(args[1]);
  if (command == null) return unknown(args[1]);
  const rest = args.slice(2);
  if (rest.includes('--help') || rest.includes('-h')) return help([command.name]);
  const taken = takeSwitches(rest, command.switches, command.use);
  return taken == null ? 2 : command.work(taken);
}

/** Whether XM_SERVER names another host, as xm of Xen 3 had it: that is said, for what xm does it does by its own host's hypercalls. */
function isForAnother(): bool {
  const all = environment();
  for (let n = 0; n < all.length; n++) {
    const server = all[n].startsWith(SERVER) ? all[n].substring(SERVER.length) : '';
    if (server == '' || server.startsWith('httpunix:')) continue;
    complain(
      server +
        ': not here: xm works on its own host (unset XM_SERVER); xensv, and XML-RPC at port 8006, reach others',
    );
    return true;
  }
  return false;
}

/** What commands were called in Xen 2.0. */
const OLD_NAMES: string[] = ['balloon', 'maxmem'];
const NEW_NAMES: string[] = ['mem-set', 'mem-max'];

function commandOf(name: string): Command | null {
  const old = OLD_NAMES.indexOf(name);
  const known = old < 0 ? name : NEW_NAMES[old];
  for (let n = 0; n < COMMANDS.length; n++) if (COMMANDS[n].name == known) return COMMANDS[n];
  return null;
}

/** Commands of xm that are not here, and why. */
const ABSENT: string[][] = [
  [
    'addlabel rmlabel getlabel dry-run resources labels makepolicy loadpolicy cfgbootpolicy dumppolicy',
    "domains have no labels here: Xen's security modules are not there",
  ],
  [
    'new start delete',
    'xend keeps no domain that is off: xm create makes one of its file, and /etc/xen/auto with the host',
  ],
  ['vtpm-list', 'there is no TPM to share'],
  [
    'vnet-list vnet-create vnet-delete',
    'there are bridges and VLANs (brctl, vconfig), and no virtual nets between hosts',
  ],
  ['pci-list pci-attach pci-detach pci-list-assignable-devices', "no domain is given a device of the host's"],
  ['trigger', 'domains are paravirtualized: xm sysrq reaches their kernels'],
  ['serve shell', 'xend serves XML-RPC itself: (xend-tcp-xmlrpc-server yes) in /etc/xen/xend-config.sxp'],
];

function unknown(name: string): i32 {
  for (let n = 0; n < ABSENT.length; n++)
    if (ABSENT[n][0].split(' ').includes(name)) {
      complain(name + ': not here: ' + ABSENT[n][1]);
      return 2;
    }
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
  if (args.length > 0) {
    const command = commandOf(args[0]);
    if (command == null) return unknown(args[0]);
    print('Usage: xm ' + command.use + '\n\n' + command.what + '\n');
    return 0;
  }
  for (let n = 0; n < COMMANDS.length; n++) print(row(COMMANDS[n].use, COMMANDS[n].what));
  print(row('help [COMMAND]', 'List the commands, or tell how one is used.'));
  return 0;
}
