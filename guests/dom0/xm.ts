/** xm COMMAND: makes, shows and ends domains, as Xen's manuals tell it. */
import { XEN_DOMCTL_destroydomain, XEN_DOMCTL_max_mem, XEN_DOMCTL_pausedomain } from 'xen';
import { XEN_DOMCTL_unpausedomain, xen_domctl_max_mem } from 'xen';
import { Domain, findDomain } from 'dom0/lib/domains';
import * as hyper from 'dom0/lib/hypercalls';
import { forget, pathOf } from 'dom0/lib/nodes';
import { writeNode } from 'programs/lib/store';
import { complain, complainOf, print } from 'programs/lib/io';
import { bad, number } from 'programs/lib/text';
import { console } from './xm/console';
import { create } from './xm/create';
import { dmesg, domid, domname, info, list, uptime, vcpuList } from './xm/show';

const PAGES_PER_MB: u64 = 256;
/** What a domain may have beyond its memory (LIBXL_MAXMEM_CONSTANT). */
const SLACK_KIB: u64 = 1024;

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

/** The domain that an argument means, which is not domain 0 itself; null: there is none, and that has been said. */
function guest(args: string[], count: i32, usage: string): Domain | null {
  if (args.length != count) {
    complain('usage: xm ' + usage);
    return null;
  }
  const domain = findDomain(args[0]);
  if (domain == null) complain("Domain '" + args[0] + "' does not exist.");
  else if (domain.id == 0) complain('Domain-0: this is the host itself');
  else return domain;
  return null;
}

/** Asks a domain to end: it looks at this node. */
function ask(args: string[], what: string, usage: string): i32 {
  const domain = guest(args, 1, usage);
  if (domain == null) return 1;
  const failed = writeNode(pathOf(domain.id) + '/control/shutdown', what);
  return failed < 0 ? complainOf(domain.name, failed) : 0;
}

function shutDown(args: string[]): i32 {
  return ask(args, 'poweroff', 'shutdown DOMAIN');
}
function reboot(args: string[]): i32 {
  return ask(args, 'reboot', 'reboot DOMAIN');
}

function rename(args: string[]): i32 {
  const domain = guest(args, 2, 'rename DOMAIN NAME');
  if (domain == null) return 1;
  if (findDomain(args[1]) != null) {
    complain('VM name ' + args[1] + ' already in use by another domain');
    return 1;
  }
  const failed = writeNode(pathOf(domain.id) + '/name', args[1]);
  return failed < 0 ? complainOf(domain.name, failed) : 0;
}

/** A number of MiB; -1: it is none, and that has been said. */
function mebibytes(text: string): i64 {
  const value = number(text);
  if (!bad && value > 0 && value < 1 << 30) return value;
  complain(text + ': it is to be a number of MiB');
  return -1;
}

function memorySet(args: string[]): i32 {
  const domain = guest(args, 2, 'mem-set DOMAIN MB');
  const wanted = domain == null ? -1 : mebibytes(args[1]);
  if (domain == null || wanted < 0) return 1;
  if (<u64>wanted * PAGES_PER_MB > domain.maxPages) {
    complain(domain.name + ': it may have ' + (domain.maxPages / PAGES_PER_MB).toString() + ' MiB at most');
    return 1;
  }
  const failed = writeNode(pathOf(domain.id) + '/memory/target', (wanted * 1024).toString());
  return failed < 0 ? complainOf(domain.name, failed) : 0;
}

function memoryMax(args: string[]): i32 {
  const domain = guest(args, 2, 'mem-max DOMAIN MB');
  const wanted = domain == null ? -1 : mebibytes(args[1]);
  if (domain == null || wanted < 0) return 1;
  hyper.begin();
  store<u64>(hyper.domctlPart(), wanted * 1024 + SLACK_KIB, xen_domctl_max_mem.max_memkb);
  let failed = hyper.domctl(XEN_DOMCTL_max_mem, domain.id);
  if (failed == 0) failed = writeNode(pathOf(domain.id) + '/memory/static-max', (wanted * 1024).toString());
  return failed < 0 ? complainOf(domain.name, failed) : 0;
}

/** Makes a domctl for the domain that the only argument means. */
function change(command: u32, name: string, args: string[]): i32 {
  const domain = guest(args, 1, name + ' DOMAIN');
  if (domain == null) return 1;
  hyper.begin();
  const failed = hyper.domctl(command, domain.id);
  if (failed < 0) return complainOf(domain.name, failed);
  if (command == XEN_DOMCTL_destroydomain) forget(domain.id);
  return 0;
}

function pause(args: string[]): i32 {
  return change(XEN_DOMCTL_pausedomain, 'pause', args);
}
function unpause(args: string[]): i32 {
  return change(XEN_DOMCTL_unpausedomain, 'unpause', args);
}
function destroy(args: string[]): i32 {
  return change(XEN_DOMCTL_destroydomain, 'destroy', args);
}
