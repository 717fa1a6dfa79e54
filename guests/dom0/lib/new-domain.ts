/** What every new domain begins with, whether a kernel is loaded into it or it is restored: its vcpus, its ports, its first grants. */
import * as xen from 'xen';
import { evtchn_alloc_unbound, gnttab_setup_table, grant_entry_v1, xen_domctl_createdomain } from 'xen';
import * as hyper from './hypercalls';
import { writeFrame } from './domain-memory';

/** What a domain may have beyond its memory (LIBXL_MAXMEM_CONSTANT). */
export const SLACK_KIB: u64 = 1024;
const MAX_EVTCHN_PORT: u32 = 1023;
/** Libxl's choice where Xen has version 2 of grant tables. */
const MAX_GRANT_VERSION: u32 = 2;

/** The last one's id; 0: there is none. */
export let newDomid: u32 = 0;

/** Makes a domain, paused, without memory: `newDomid`. 0, or a negative errno. */
export function createDomain(handle: StaticArray<u8>, vcpus: u32, maxKib: u64): i32 {
  newDomid = 0;
  hyper.begin();
  const at = hyper.domctlPart();
  store<u32>(at, vcpus, xen_domctl_createdomain.max_vcpus);
  store<u32>(at, MAX_EVTCHN_PORT, xen_domctl_createdomain.max_evtchn_port);
  store<i32>(at, -1, xen_domctl_createdomain.max_grant_frames);
  store<i32>(at, -1, xen_domctl_createdomain.max_maptrack_frames);
  store<u32>(at, MAX_GRANT_VERSION, xen_domctl_createdomain.grant_opts);
  memory.copy(at + xen_domctl_createdomain.handle, changetype<usize>(handle), 16);
  let failed = hyper.domctl(xen.XEN_DOMCTL_createdomain, 0);
  if (failed < 0) return failed;
  newDomid = hyper.answeredDomain();
  hyper.begin();
  store<u32>(at, vcpus);
  failed = hyper.domctl(xen.XEN_DOMCTL_max_vcpus, newDomid);
  hyper.begin();
  store<u64>(at, maxKib + SLACK_KIB);
  return failed < 0 ? failed : hyper.domctl(xen.XEN_DOMCTL_max_mem, newDomid);
}

/** A port of the domain's, for domain 0: it, or a negative errno. */
export function openPort(domid: u32): i32 {
  const request = new ArrayBuffer(<i32>evtchn_alloc_unbound.SIZE);
  const at = changetype<usize>(request);
  store<u16>(at, <u16>domid, evtchn_alloc_unbound.dom);
  store<u16>(at, <u16>xen.DOMID_SELF, evtchn_alloc_unbound.remote_dom);
  const failed = hyper.eventChannelOp(xen.EVTCHNOP_alloc_unbound, at);
  return failed < 0 ? failed : load<u32>(at, evtchn_alloc_unbound.port);
}

/** The first grants are those of the rings of console and store, for domain 0. 0, or a negative errno. */
export function seedGrants(domid: u32, consoleMfn: u64, storeMfn: u64): i32 {
  const frames = new StaticArray<u64>(1);
  const request = new ArrayBuffer(<i32>gnttab_setup_table.SIZE);
  const at = changetype<usize>(request);
  store<u16>(at, <u16>domid, gnttab_setup_table.dom);
  store<u32>(at, 1, gnttab_setup_table.nr_frames);
  store<u64>(at, changetype<usize>(frames), gnttab_setup_table.frame_list);
  const failed = hyper.grantTableOp(xen.GNTTABOP_setup_table, at);
  if (failed < 0) return failed;
  if (load<i16>(at, gnttab_setup_table.status) != xen.GNTST_okay) return -xen.ENOMEM;
  const entries = new ArrayBuffer(2 * <i32>grant_entry_v1.SIZE);
  grant(changetype<usize>(entries), consoleMfn);
  grant(changetype<usize>(entries) + grant_entry_v1.SIZE, storeMfn);
  return writeFrame(domid, frames[0], changetype<usize>(entries), 2 * grant_entry_v1.SIZE);
}

function grant(entry: usize, mfn: u64): void {
  store<u16>(entry, <u16>xen.GTF_permit_access, grant_entry_v1.flags);
  store<u32>(entry, <u32>mfn, grant_entry_v1.frame);
}
