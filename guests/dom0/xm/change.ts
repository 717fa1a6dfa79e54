/** The commands of xm that change a domain: pause, unpause, shutdown, reboot, rename, mem-set, mem-max, destroy. */
import { XEN_DOMCTL_destroydomain, XEN_DOMCTL_max_mem, XEN_DOMCTL_pausedomain } from 'xen';
import { XEN_DOMCTL_unpausedomain, xen_domctl_max_mem } from 'xen';
import { ownKib, setOwnMemory } from 'dom0/lib/host-memory';
import { SLACK_KIB } from 'dom0/lib/new-domain';
import { awaitGone, Domain, findDomain, isValidName, listDomains } from 'dom0/lib/domains';
import * as hyper from 'dom0/lib/hypercalls';
import { LAST_RESTART } from 'dom0/lib/managed';
import { forget, pathOf } from 'dom0/lib/nodes';
import { runProgram } from 'dom0/lib/run-program';
import { sleepNs } from 'programs/lib/calls';
import { complain, complainOf, print } from 'programs/lib/io';
import { failure, readNode, removeNode, writeNode } from 'programs/lib/store';
import { bad, number } from 'programs/lib/text';
import { isSet, misused } from './switches';

const PAGES_PER_MB: u64 = 256;
const LOOK_NS: u64 = 20_000_000;
/** How often in turn nothing is to have changed: half a second. */
const PATIENCE_LOOKS: i32 = 25;
/** A kernel may count its memory a little otherwise. */
const MOST_LACK_PAGES: i64 = 2 * 256;

/** What to end with where there is no domain: its argument was wrong, or there were too many. */
let failed: i32 = 1;

/** The domain that an argument means, which is not domain 0 itself; null: there is none, and that has been said. */
function guest(args: string[], count: i32): Domain | null {
  failed = 1;
  if (args.length != count) {
    failed = misused();
    return null;
  }
  const domain = findDomain(args[0]);
  if (domain == null) complain("Domain '" + args[0] + "' does not exist.");
  else if (domain.id == 0) complain('Domain-0: this is the host itself');
  else return domain;
  return null;
}

/** Asks a domain, or all of them, to end, and waits for that where it is wanted. */
function ask(args: string[], what: string): i32 {
  if (isSet('all')) {
    if (args.length > 0) return misused();
    const domains = listDomains();
    const names = domains.map<string>((domain) => domain.name);
    let status = 0;
    for (let n = 0; n < domains.length; n++)
      if (domains[n].id != 0 && !domains[n].isDying && !domains[n].isShutDown)
        status |= askOne(domains[n], what);
    if (isSet('wait'))
      for (let n = 0; n < domains.length; n++) if (domains[n].id != 0) awaitEnd(domains[n], names[n]);
    return status;
  }
  // Domain 0 would ask itself: with it ends the host, and before it the others (init's shutdown scripts: xendomains).
  if (args.length == 1 && (args[0] == '0' || args[0] == 'Domain-0'))
    return runProgram([what == 'halt' ? 'poweroff' : what]);
  const domain = guest(args, 1);
  if (domain == null) return failed;
  const name = domain.name;
  const status = askOne(domain, what);
  if (status == 0 && isSet('wait')) awaitEnd(domain, name);
  return status;
}

/** Waits until a domain has ended, however long it takes: it may be interrupted. */
function awaitEnd(domain: Domain, name: string): void {
  for (;;) {
    const now = findDomain(domain.id.toString());
    if (now == null || now.isDying || now.isShutDown) break;
    sleepNs(LOOK_NS);
  }
  print('Domain ' + name + ' terminated\n');
}

/** It looks at this node. */
function askOne(domain: Domain, what: string): i32 {
  // What an administrator asks for is no loop, however soon it is.
  const vm = readNode(pathOf(domain.id) + '/vm');
  if (failure == 0) removeNode(vm + LAST_RESTART);
  const failed = writeNode(pathOf(domain.id) + '/control/shutdown', what);
  return failed < 0 ? complainOf(domain.name, failed) : 0;
}

export function shutDown(args: string[]): i32 {
  if (isSet('reboot') && isSet('halt')) return misused();
  return ask(args, isSet('reboot') ? 'reboot' : isSet('halt') ? 'halt' : 'poweroff');
}
export function reboot(args: string[]): i32 {
  return ask(args, 'reboot');
}

export function rename(args: string[]): i32 {
  const domain = guest(args, 2);
  if (domain == null) return failed;
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
  if (args.length == 2 && (args[0] == '0' || args[0] == 'Domain-0')) return setOwn(args[1]);
  const domain = guest(args, 2);
  const wanted = domain == null ? -1 : mebibytes(args[1]);
  if (domain == null || wanted < 0) return failed;
  if (<u64>wanted * PAGES_PER_MB > domain.maxPages) {
    complain(domain.name + ': it may have ' + (domain.maxPages / PAGES_PER_MB).toString() + ' MiB at most');
    return 1;
  }
  const name = domain.name;
  const failure = writeNode(pathOf(domain.id) + '/memory/target', (wanted * 1024).toString());
  if (failure < 0) return complainOf(name, failure);
  const pages = domain.isPaused ? <u64>wanted * PAGES_PER_MB : settledPages(domain);
  const lack = <i64>pages - wanted * <i64>PAGES_PER_MB;
  if (abs(lack) <= MOST_LACK_PAGES) return 0;
  complain(name + ': its balloon has come to ' + (pages / PAGES_PER_MB).toString() + ' MiB, and no further');
  return 1;
}

/** Domain 0's own balloon is asked at once. */
function setOwn(text: string): i32 {
  const wanted = mebibytes(text);
  if (wanted < 0) return 1;
  setOwnMemory(wanted * 1024);
  const kib = ownKib();
  if (abs(kib / 4 - wanted * <i64>PAGES_PER_MB) <= MOST_LACK_PAGES) return 0;
  complain('Domain-0: its balloon has come to ' + (kib / 1024).toString() + ' MiB, and no further');
  return 1;
}

/** What a domain has when its balloon does not move any more. */
function settledPages(domain: Domain): u64 {
  let pages = domain.pages;
  for (let still = 0; still < PATIENCE_LOOKS; still++) {
    sleepNs(LOOK_NS);
    const now = findDomain(domain.id.toString());
    if (now == null) break;
    if (now.pages != pages) still = 0;
    pages = now.pages;
  }
  return pages;
}

export function memoryMax(args: string[]): i32 {
  const domain = guest(args, 2);
  const wanted = domain == null ? -1 : mebibytes(args[1]);
  if (domain == null || wanted < 0) return failed;
  hyper.begin();
  store<u64>(hyper.domctlPart(), wanted * 1024 + SLACK_KIB, xen_domctl_max_mem.max_memkb);
  let failed = hyper.domctl(XEN_DOMCTL_max_mem, domain.id);
  if (failed == 0) failed = writeNode(pathOf(domain.id) + '/memory/static-max', (wanted * 1024).toString());
  return failed < 0 ? complainOf(domain.name, failed) : 0;
}

/** Makes a domctl for the domain that the only argument means. */
function change(command: u32, args: string[]): i32 {
  const domain = guest(args, 1);
  if (domain == null) return failed;
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
  return change(XEN_DOMCTL_pausedomain, args);
}
export function unpause(args: string[]): i32 {
  return change(XEN_DOMCTL_unpausedomain, args);
}
export function destroy(args: string[]): i32 {
  return change(XEN_DOMCTL_destroydomain, args);
}
