/**
 * Building a domain from inside domain 0: each step a hypercall that a student can watch. What is here is what libxc does
 * (xg_dom_boot.c, xg_dom_x86.c): create, populate, fill through foreign mappings, page tables, rings, the first vcpu.
 */
import * as xen from 'xen';
import {
  evtchn_alloc_unbound,
  gnttab_setup_table,
  grant_entry_v1,
  mmuext_op,
  shared_info,
  start_info,
} from 'xen';
import { vcpu_guest_context, vcpu_info, xen_domctl_createdomain, xen_domctl_getdomaininfo } from 'xen';
import { xen_domctl_vcpucontext, xen_memory_reservation } from 'xen';
import { copy } from 'programs/lib/intrinsics';
import * as hyper from './hypercalls';
import { PAGE_BYTES } from './hypercalls';
import { KernelFile } from './kernel-file';
import { Plan } from './plan';

const KIB_PER_PAGE: u64 = 4;
/** What a domain may have beyond its memory (LIBXL_MAXMEM_CONSTANT). */
export const SLACK_KIB: u64 = 1024;
const MAX_EVTCHN_PORT: u32 = 1023;
const MAX_COMMAND_LINE: i32 = 1024;
const IF_FLAG: u64 = 1 << 9;

/** Bits of page-table entries: pages, page tables read-only, and the tables above. */
const LEAF: u64 = 0x23;
const LEAF_READ_ONLY: u64 = 0x21;
const DIRECTORY: u64 = 0x67;

/** What a domain is to be. */
export class Wanted {
  kernel: KernelFile | null = null;
  ramdisk: ArrayBuffer | null = null;
  commandLine: string = '';
  memoryMb: u64 = 0;
  maxMemoryMb: u64 = 0;
  vcpus: u32 = 1;
  /** Sixteen bytes. */
  handle: StaticArray<u8> = new StaticArray<u8>(16);
}

export class Builder {
  domid: u32 = 0;
  storeMfn: u64 = 0;
  storePort: u32 = 0;
  consoleMfn: u64 = 0;
  consolePort: u32 = 0;
  /** What failed; with the negative errno of `run`. */
  step: string = '';
  private sharedInfo: u64 = 0;

  /** `p2m`: machine frames by pfn. */
  private constructor(
    private wanted: Wanted,
    private kernel: KernelFile,
    private plan: Plan,
    private pages: u64,
    private p2m: StaticArray<u64>,
  ) {}

  static of(wanted: Wanted): Builder {
    const ramdisk = wanted.ramdisk;
    const kernel = wanted.kernel!;
    const pages = wanted.memoryMb * 256;
    const ramdiskBytes: u64 = ramdisk == null ? 0 : ramdisk.byteLength;
    const plan = new Plan(kernel.virtBase, kernel.end, ramdiskBytes, pages);
    return new Builder(wanted, kernel, plan, pages, new StaticArray<u64>(<i32>pages));
  }

  /** Whether it has memory enough. */
  get fits(): bool {
    return this.plan.mapped <= this.pages;
  }

  /** Makes the domain, paused. 0, or a negative errno; then `step` failed, and there is no domain. */
  run(): i32 {
    let failed = this.create();
    if (failed < 0) return failed;
    failed = this.populate();
    if (failed == 0) failed = this.openPorts();
    if (failed == 0) failed = this.fill();
    if (failed == 0) failed = this.makeTables();
    if (failed == 0) failed = this.writeStartInfo();
    if (failed == 0) failed = this.prepareSharedInfo();
    if (failed == 0) failed = this.seedGrants();
    if (failed == 0) failed = this.pin();
    if (failed == 0) failed = this.makeVcpu();
    if (failed < 0) {
      hyper.begin();
      hyper.domctl(xen.XEN_DOMCTL_destroydomain, this.domid);
    }
    return failed;
  }

  private create(): i32 {
    this.step = 'creating the domain';
    hyper.begin();
    const at = hyper.domctlPart();
    store<u32>(at, this.wanted.vcpus, xen_domctl_createdomain.max_vcpus);
    store<u32>(at, MAX_EVTCHN_PORT, xen_domctl_createdomain.max_evtchn_port);
    store<i32>(at, -1, xen_domctl_createdomain.max_grant_frames);
    store<i32>(at, -1, xen_domctl_createdomain.max_maptrack_frames);
    store<u32>(at, 1, xen_domctl_createdomain.grant_opts);
    memory.copy(at + xen_domctl_createdomain.handle, changetype<usize>(this.wanted.handle), 16);
    let failed = hyper.domctl(xen.XEN_DOMCTL_createdomain, 0);
    if (failed < 0) return failed;
    this.domid = hyper.answeredDomain();
    hyper.begin();
    store<u32>(at, this.wanted.vcpus);
    failed = hyper.domctl(xen.XEN_DOMCTL_max_vcpus, this.domid);
    hyper.begin();
    store<u64>(at, this.wanted.maxMemoryMb * 1024 + SLACK_KIB);
    return failed < 0 ? failed : hyper.domctl(xen.XEN_DOMCTL_max_mem, this.domid);
  }

  private populate(): i32 {
    this.step = 'getting its memory';
    for (let pfn = 0; pfn < <i32>this.pages; pfn++) this.p2m[pfn] = pfn;
    const request = new ArrayBuffer(<i32>xen_memory_reservation.SIZE);
    const at = changetype<usize>(request);
    store<u64>(at, changetype<usize>(this.p2m), xen_memory_reservation.extent_start);
    store<u64>(at, this.pages, xen_memory_reservation.nr_extents);
    store<u16>(at, <u16>this.domid, xen_memory_reservation.domid);
    const done = hyper.memoryOp(xen.XENMEM_populate_physmap, at);
    return done == this.pages ? 0 : -xen.ENOMEM;
  }

  private openPorts(): i32 {
    this.step = 'opening its event channels';
    const first = this.openPort();
    if (first < 0) return first;
    this.storePort = first;
    const second = this.openPort();
    this.consolePort = second;
    return min(second, 0);
  }

  private openPort(): i32 {
    const request = new ArrayBuffer(<i32>evtchn_alloc_unbound.SIZE);
    const at = changetype<usize>(request);
    store<u16>(at, <u16>this.domid, evtchn_alloc_unbound.dom);
    store<u16>(at, <u16>xen.DOMID_SELF, evtchn_alloc_unbound.remote_dom);
    const failed = hyper.eventChannelOp(xen.EVTCHNOP_alloc_unbound, at);
    return failed < 0 ? failed : load<u32>(at, evtchn_alloc_unbound.port);
  }

  /** Copies bytes to an offset of the domain's memory. */
  private write(offset: u64, from: usize, bytes: u64): i32 {
    if (bytes == 0) return 0;
    const first = offset / PAGE_BYTES;
    const count = (offset + bytes - 1) / PAGE_BYTES - first + 1;
    const list = changetype<usize>(this.p2m) + <usize>first * 8;
    const mapped = hyper.mapForeign(this.domid, list, count);
    if (mapped < 0) return <i32>mapped;
    copy(<u64>mapped + (offset % PAGE_BYTES), from, bytes);
    hyper.unmap(mapped, count);
    return 0;
  }

  private fill(): i32 {
    this.step = 'loading the kernel';
    const segments = this.kernel.segments;
    const at = this.kernel.at;
    let failed = 0;
    for (let n = 0; n < segments.length && failed == 0; n++)
      failed = this.write(segments[n].at, at + segments[n].fileOffset, segments[n].fileBytes);
    if (failed == 0 && this.kernel.hypercallPage != 0) failed = this.writeHypercallPage();
    if (failed < 0) return failed;
    this.step = 'loading the ramdisk';
    const ramdisk = this.wanted.ramdisk;
    if (ramdisk != null)
      failed = this.write(this.plan.ramdisk * PAGE_BYTES, changetype<usize>(ramdisk), ramdisk.byteLength);
    if (failed < 0) return failed;
    return this.write(this.plan.p2m * PAGE_BYTES, changetype<usize>(this.p2m), this.pages * 8);
  }

  private writeHypercallPage(): i32 {
    const pfn = (this.kernel.hypercallPage - this.kernel.virtBase) / PAGE_BYTES;
    if (pfn >= this.pages) return -xen.EINVAL;
    hyper.begin();
    store<u64>(hyper.domctlPart(), this.p2m[<i32>pfn]);
    return hyper.domctl(xen.XEN_DOMCTL_hypercall_init, this.domid);
  }

  /** The tables lie one behind the other, level by level, the root first. */
  private makeTables(): i32 {
    this.step = 'making its page tables';
    const plan = this.plan;
    const tables = new StaticArray<u64>(<i32>plan.tableCount * 512);
    const base = this.kernel.virtBase;
    let first: u64 = 0;
    for (let level = 0; level < 4; level++) {
      const shift: u64 = 39 - 9 * <u64>level;
      const below = first + plan.counts[level];
      // What the first entry of this level's tables would translate.
      const origin = level == 0 ? 0 : (base >> (shift + 9)) << 9;
      const from = level == 0 ? (base >> 39) & 511 : (base >> shift) - origin;
      const count = level == 3 ? plan.mapped : plan.counts[level + 1];
      for (let index: u64 = 0; index < count; index++) {
        const pfn = level == 3 ? index : plan.tables + below + index;
        const isTable = pfn >= plan.tables && pfn < plan.tables + plan.tableCount;
        const bits = level < 3 ? DIRECTORY : isTable ? LEAF_READ_ONLY : LEAF;
        tables[<i32>(first * 512 + from + index)] = (this.p2m[<i32>pfn] * PAGE_BYTES) | bits;
      }
      first = below;
    }
    return this.write(plan.tables * PAGE_BYTES, changetype<usize>(tables), plan.tableCount * PAGE_BYTES);
  }

  private address(pfn: u64): u64 {
    return this.kernel.virtBase + pfn * PAGE_BYTES;
  }

  private writeStartInfo(): i32 {
    this.step = 'writing its start info';
    hyper.begin();
    const failed = hyper.domctl(xen.XEN_DOMCTL_getdomaininfo, this.domid);
    if (failed < 0) return failed;
    this.sharedInfo = load<u64>(hyper.domctlPart(), xen_domctl_getdomaininfo.shared_info_frame);
    const info = new ArrayBuffer(<i32>start_info.SIZE);
    const at = changetype<usize>(info);
    const plan = this.plan;
    const magic = String.UTF8.encode('xen-3.0-x86_64', true);
    memory.copy(at + start_info.magic, changetype<usize>(magic), magic.byteLength);
    store<u64>(at, this.pages, start_info.nr_pages);
    store<u64>(at, this.sharedInfo * PAGE_BYTES, start_info.shared_info);
    store<u32>(at, xen.SIF_VIRT_P2M_4TOOLS, start_info.flags);
    this.storeMfn = this.p2m[<i32>plan.xenstore];
    store<u64>(at, this.storeMfn, start_info.store_mfn);
    store<u32>(at, this.storePort, start_info.store_evtchn);
    this.consoleMfn = this.p2m[<i32>plan.console];
    store<u64>(at, this.consoleMfn, start_info.console_domU_mfn);
    store<u32>(at, this.consolePort, start_info.console_domU_evtchn);
    store<u64>(at, this.address(plan.tables), start_info.pt_base);
    store<u64>(at, plan.tableCount, start_info.nr_pt_frames);
    store<u64>(at, this.address(plan.p2m), start_info.mfn_list);
    const ramdisk = this.wanted.ramdisk;
    if (ramdisk != null) {
      store<u64>(at, this.address(plan.ramdisk), start_info.mod_start);
      store<u64>(at, ramdisk.byteLength, start_info.mod_len);
    }
    const line = String.UTF8.encode(this.wanted.commandLine);
    memory.copy(
      at + start_info.cmd_line,
      changetype<usize>(line),
      min(line.byteLength, MAX_COMMAND_LINE - 1),
    );
    return this.write(plan.startInfo * PAGE_BYTES, at, start_info.SIZE);
  }

  /** All vcpus start with their events masked. */
  private prepareSharedInfo(): i32 {
    this.step = 'preparing its shared info';
    const page = new ArrayBuffer(<i32>PAGE_BYTES);
    const at = changetype<usize>(page);
    for (let vcpu: usize = 0; vcpu < <usize>xen.XEN_LEGACY_MAX_VCPUS; vcpu++)
      store<u8>(at + shared_info.vcpu_info + vcpu * vcpu_info.SIZE, 1, vcpu_info.evtchn_upcall_mask);
    return this.writeFrame(this.sharedInfo, at, PAGE_BYTES);
  }

  /** Copies bytes to the beginning of a frame that the domain shares with Xen. */
  private writeFrame(mfn: u64, from: usize, bytes: u64): i32 {
    const list = new StaticArray<u64>(1);
    list[0] = mfn;
    const mapped = hyper.mapForeign(this.domid, changetype<usize>(list), 1);
    if (mapped < 0) return <i32>mapped;
    copy(mapped, from, bytes);
    hyper.unmap(mapped, 1);
    return 0;
  }

  /** The first grants are those of the rings of console and store, for domain 0. */
  private seedGrants(): i32 {
    this.step = 'granting its rings';
    const frames = new StaticArray<u64>(1);
    const request = new ArrayBuffer(<i32>gnttab_setup_table.SIZE);
    const at = changetype<usize>(request);
    store<u16>(at, <u16>this.domid, gnttab_setup_table.dom);
    store<u32>(at, 1, gnttab_setup_table.nr_frames);
    store<u64>(at, changetype<usize>(frames), gnttab_setup_table.frame_list);
    const failed = hyper.grantTableOp(xen.GNTTABOP_setup_table, at);
    if (failed < 0) return failed;
    if (load<i16>(at, gnttab_setup_table.status) != xen.GNTST_okay) return -xen.ENOMEM;
    const entries = new ArrayBuffer(2 * <i32>grant_entry_v1.SIZE);
    this.grant(changetype<usize>(entries), this.consoleMfn);
    this.grant(changetype<usize>(entries) + grant_entry_v1.SIZE, this.storeMfn);
    return this.writeFrame(frames[0], changetype<usize>(entries), 2 * grant_entry_v1.SIZE);
  }

  private grant(entry: usize, mfn: u64): void {
    store<u16>(entry, <u16>xen.GTF_permit_access, grant_entry_v1.flags);
    store<u32>(entry, <u32>mfn, grant_entry_v1.frame);
  }

  private pin(): i32 {
    this.step = 'pinning its page tables';
    const operation = new ArrayBuffer(<i32>mmuext_op.SIZE);
    const at = changetype<usize>(operation);
    store<u32>(at, xen.MMUEXT_PIN_L4_TABLE, mmuext_op.cmd);
    store<u64>(at, this.p2m[<i32>this.plan.tables], mmuext_op.arg1_mfn);
    return hyper.mmuextOp(at, this.domid);
  }

  private makeVcpu(): i32 {
    this.step = 'making its first vcpu';
    const context = new ArrayBuffer(<i32>vcpu_guest_context.SIZE);
    const at = changetype<usize>(context);
    const top = this.address(this.plan.bootStack + 1);
    store<u64>(at, xen.VGCF_in_kernel | xen.VGCF_online, vcpu_guest_context.flags);
    store<u64>(at, this.kernel.entry, vcpu_guest_context.user_regs_rip);
    store<u64>(at, top, vcpu_guest_context.user_regs_rsp);
    store<u64>(at, this.address(this.plan.startInfo), vcpu_guest_context.user_regs_rsi);
    store<u64>(at, IF_FLAG, vcpu_guest_context.user_regs_rflags);
    store<u16>(at, xen.FLAT_KERNEL_CS, vcpu_guest_context.user_regs_cs);
    store<u16>(at, xen.FLAT_KERNEL_SS, vcpu_guest_context.user_regs_ss);
    store<u16>(at, <u16>xen.FLAT_KERNEL_DS, vcpu_guest_context.user_regs_ds);
    store<u16>(at, <u16>xen.FLAT_KERNEL_DS, vcpu_guest_context.user_regs_es);
    store<u16>(at, <u16>xen.FLAT_KERNEL_DS, vcpu_guest_context.user_regs_fs);
    store<u16>(at, <u16>xen.FLAT_KERNEL_DS, vcpu_guest_context.user_regs_gs);
    store<u64>(at, xen.FLAT_KERNEL_SS, vcpu_guest_context.kernel_ss);
    store<u64>(at, top, vcpu_guest_context.kernel_sp);
    store<u64>(at + 3 * 8, this.p2m[<i32>this.plan.tables] * PAGE_BYTES, vcpu_guest_context.ctrlreg);
    hyper.begin();
    store<u64>(hyper.domctlPart(), at, xen_domctl_vcpucontext.ctxt);
    return hyper.domctl(xen.XEN_DOMCTL_setvcpucontext, this.domid);
  }
}
