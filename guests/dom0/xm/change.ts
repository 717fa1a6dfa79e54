/** The commands of xm that change a domain: pause, unpause, shutdown, reboot, rename, mem-set, mem-max, destroy. */
import { XEN_DOMCTL_destroydomain, XEN_DOMCTL_max_mem, XEN_DOMCTL_pausedomain } from 'xen';
import { XEN_DOMCTL_unpausedomain, xen_domctl_max_mem } from 'xen';
import { SLACK_KIB } from 'dom0/lib/new-domain';
import { awaitGone, Domain, findDomain, isValidName } from 'dom0/lib/domains';
import * as hyper from 'dom0/lib/hypercalls';
import { LAST_RESTART } from 'dom0/lib/managed';
import { forget, pathOf } from 'dom0/lib/nodes';
import { complain, complainOf } from 'programs/lib/io';
import { failure, readNode, removeNode, writeNode } from 'programs/lib/store';
import { bad, number } from 'programs/lib/text';

const PAGES_PER_MB: u64 = 256;

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
  // What an administrator asks for is no loop, however soon it is.
  const vm = readNode(pathOf(domain.id) + '/vm');
  if (failure == 0) removeNode(vm + LAST_RESTART);
  const failed = writeNode(pathOf(domain.id) + '/control/shutdown', what);
  return failed < 0 ? complainOf(domain.name, failed) : 0;
}

export function shutDown(args: string[]): i32 {
  return ask(args, 'poweroff', 'shutdown DOMAIN');
}
export function reboot(args: string[]): i32 {
  return ask(args, 'reboot', 'reboot DOMAIN');
}

export function rename(args: string[]): i32 {
  const domain = guest(args, 2, 'rename DOMAIN NAME');
  if (domain == null) return 1;
  if (findDomain(args[1]) != null) {
    complain('VM name ' + args[1] + ' already in use by another domain');
    return 1;
  }
  if (!isValidName(args[1])) {
    complain(args[1] + ': a name has letters, digits and _-.:/+');
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

export function memorySet(args: string[]): i32 {
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

export function memoryMax(args: string[]): i32 {
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
  if (command == XEN_DOMCTL_destroydomain) {
    forget(domain.id);
    awaitGone(domain.id);
  }
  return 0;
}

export function pause(args: string[]): i32 {
  return change(XEN_DOMCTL_pausedomain, 'pause', args);
}
export function unpause(args: string[]): i32 {
  return change(XEN_DOMCTL_unpausedomain, 'unpause', args);
}
export function destroy(args: string[]): i32 {
  return change(XEN_DOMCTL_destroydomain, 'destroy', args);
}
