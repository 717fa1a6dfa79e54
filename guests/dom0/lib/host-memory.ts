/**
 * The host's memory: what of it is free, and what domain 0 gives of its own where a domain wants more, as xend's (dom0-min-mem N) lets
 * it: domain 0 keeps so many MiB. 0, or where nothing is said: it gives nothing.
 */
import { XEN_SYSCTL_physinfo, xen_sysctl_physinfo } from 'xen';
import { O_WRONLY } from 'mote/abi';
import { close, open, sleepNs, writeAll } from 'programs/lib/calls';
import { readFile } from 'programs/lib/io';
import { bad, number } from 'programs/lib/text';
import * as hyper from './hypercalls';
import { SLACK_KIB } from './new-domain';
import { xendSetting } from './xend-config';

const TARGET: string = '/proc/xen/memory_target';
const KIB_PER_MB: i64 = 1024;
const KIB_PER_PAGE: u64 = 4;
/** What it has given is free after a while. */
const LOOK_NS: u64 = 5_000_000;
const LOOKS: i32 = 20;

/** In KiB. */
export function freeKib(): i64 {
  hyper.begin();
  const failed = hyper.sysctl(XEN_SYSCTL_physinfo);
  const at = hyper.sysctlPart();
  // Others may be in the making.
  const claimed = load<u64>(at, xen_sysctl_physinfo.outstanding_pages);
  return failed < 0 ? 0 : (load<u64>(at, xen_sysctl_physinfo.free_pages) - claimed) * KIB_PER_PAGE;
}

/** Has domain 0 give what so much memory, in KiB, wants more than is free, if it may give all of it. */
export function makeRoom(kib: i64): void {
  // What Xen has of a domain besides comes of the same memory.
  const wanted = kib + <i64>SLACK_KIB;
  const lack = wanted - freeKib();
  if (lack > 0) shrink(lack, wanted);
}

/** Empty, or that the host has not so much memory left, in KiB, nor domain 0 to give. */
export function roomFor(kib: i64): string {
  makeRoom(kib);
  return kib <= freeKib() ? '' : shortage(kib);
}

/** That the host has not so much memory left, in KiB, and why domain 0 does not give it. */
export function shortage(kib: i64): string {
  const least = leastMb();
  return (
    'it wants ' +
    (kib / KIB_PER_MB).toString() +
    ' MiB, ' +
    (freeKib() / KIB_PER_MB).toString() +
    ' are free, and domain 0 ' +
    (least == 0
      ? 'gives none'
      : 'keeps ' + least.toString() + ' of its ' + (ownKib() / KIB_PER_MB).toString()) +
    ' (dom0-min-mem)'
  );
}

/** What domain 0 keeps, in MiB; 0: all that it has. */
function leastMb(): i64 {
  const least = number(xendSetting('dom0-min-mem', '0'));
  return bad ? 0 : max(least, 0);
}

function shrink(kib: i64, wanted: i64): void {
  const least = leastMb();
  const own = ownKib();
  if (least == 0 || own - kib < least * KIB_PER_MB) return;
  if (!setOwnMemory(own - kib)) return;
  for (let look = 0; look < LOOKS && freeKib() < wanted; look++) sleepNs(LOOK_NS);
}

/** What domain 0 has, in KiB; 0: it does not say. */
export function ownKib(): i64 {
  const text = readFile(TARGET);
  const kib = text == null ? 0 : number(text.trim());
  return bad ? 0 : kib;
}

/** Has domain 0's balloon leave it so many KiB. False: it cannot be asked. */
export function setOwnMemory(kib: i64): bool {
  const fd = open(TARGET, O_WRONLY);
  if (fd < 0) return false;
  const bytes = String.UTF8.encode(kib.toString());
  const put = writeAll(fd, bytes, bytes.byteLength);
  close(fd);
  return put >= 0;
}
