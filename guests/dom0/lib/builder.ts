/**
 * Building a domain from inside domain 0: each step a hypercall that a student can watch. What is here is what libxc does
 * (xg_dom_boot.c, xg_dom_x86.c): create, populate, fill through foreign mappings, page tables, rings, the first vcpu.
 */
import * as xen from 'xen';
import { mmuext_op, shared_info, start_info } from 'xen';
import { vcpu_guest_context, vcpu_info, xen_domctl_getdomaininfo } from 'xen';
import { describe } from 'programs/lib/errno';
import { CpuidBits, levelCpuid } from './cpuid';
import { DomainMemory, setMemoryMap, writeFrame } from './domain-memory';
import { FarBytes } from './far';
import * as hyper from './hypercalls';
import { PAGE_BYTES } from './pages';
import { Kernel } from './kernel';
import { KernelFile } from './kernel-file';
import { copySegments, unloaded, unpackKernel } from './load-kernel';
import { createDomain, newDomid, openPort, seedGrants } from './new-domain';
import { writeTables } from './page-tables';
import { Plan } from './plan';
import { Ramdisk } from './ramdisk';
import { PACKED_NONE } from './unpack/packed';
import { setVcpuContext } from './vcpu-context';

const MAX_COMMAND_LINE: i32 = 1024;
const PAGES_PER_MB: u64 = 256;
const IF_FLAG: u64 = 1 << 9;
const DR6_DEFAULT: u64 = 0xffff_0ff0;
const DR7_DEFAULT: u64 = 0x400;

/** What a domain is to be. */
export class Wanted {
  kernel: KernelFile | null = null;
  ramdisk: FarBytes | null = null;
  commandLine: string = '';
  memoryMb: u64 = 0;
  maxMemoryMb: u64 = 0;
  vcpus: u32 = 1;
  cpuid: CpuidBits[] = [];
  /** Sixteen bytes. */
  handle: StaticArray<u8> = new StaticArray<u8>(16);

  /** Gives back the memory of its files. */
  release(): void {
    const kernel = this.kernel;
    const ramdisk = this.ramdisk;
    if (kernel != null) kernel.file.release();
    if (ramdisk != null) ramdisk.release();
  }
}

export class Builder {
  domid: u32 = 0;
  storeMfn: u64 = 0;
  storePort: u32 = 0;
  consoleMfn: u64 = 0;
  consolePort: u32 = 0;
  /** Why there is no domain. */
  problem: string = '';
  private step: string = '';
  private sharedInfo: u64 = 0;
  private memory: DomainMemory;
  private ramdisk: Ramdisk;
  /** There as soon as the kernel's ELF image can be read. */
  private kernel: Kernel | null = null;
  private plan: Plan | null = null;

  constructor(private wanted: Wanted) {
    this.memory = new DomainMemory(wanted.memoryMb * PAGES_PER_MB);
    this.ramdisk = new Ramdisk(wanted.ramdisk);
  }

  /** Makes the domain, paused. False: there is none, and `problem` says why. */
  run(): bool {
    const file = this.wanted.kernel!;
    // Of a packed kernel more is known when it is unpacked.
    if (file.packing == PACKED_NONE && !this.readKernel(file)) return false;
    let failed = this.create();
    if (failed == 0) failed = this.build();
    if (failed == 0) return true;
    if (this.problem == '') this.problem = this.step + ': ' + describe(failed);
    hyper.begin();
    if (this.domid != 0) hyper.domctl(xen.XEN_DOMCTL_destroydomain, this.domid);
    return false;
  }

  private readKernel(file: KernelFile): bool {
    const kernel = new Kernel(file.file);
    if (kernel.parse()) return this.makePlan(kernel);
    this.problem = kernel.problem;
    return false;
  }

  private makePlan(kernel: Kernel): bool {
    this.kernel = kernel;
    this.plan = Plan.of(kernel, this.ramdisk.bytes, this.memory.pages);
    if (this.plan == null)
      this.problem = 'its kernel and ramdisk do not fit in ' + this.wanted.memoryMb.toString() + ' MiB';
    return this.plan != null;
  }

  private build(): i32 {
    let failed = this.openPorts();
    if (failed == 0) failed = this.getMemory();
    if (failed == 0) failed = this.loadKernel();
    if (failed == 0) failed = this.fill();
    if (failed == 0) failed = this.writeStartInfo();
    if (failed == 0) failed = this.prepareSharedInfo();
    if (failed == 0) failed = this.seedGrants();
    if (failed == 0) failed = this.pin();
    return failed == 0 ? this.makeVcpu() : failed;
  }

  private create(): i32 {
    this.step = 'creating the domain';
    const wanted = this.wanted;
    const failed = createDomain(wanted.handle, wanted.vcpus, wanted.maxMemoryMb * 1024);
    this.domid = newDomid;
    this.memory.domid = newDomid;
    if (failed == 0) this.problem = levelCpuid(newDomid, wanted.cpuid);
    return this.problem == '' ? failed : -xen.EINVAL;
  }

  private openPorts(): i32 {
    this.step = 'opening its event channels';
    const first = openPort(this.domid);
    if (first < 0) return first;
    this.storePort = first;
    const second = openPort(this.domid);
    this.consolePort = second;
    return min(second, 0);
  }

  private getMemory(): i32 {
    this.step = 'getting its memory';
    const failed = setMemoryMap(this.domid, this.wanted.maxMemoryMb << 20);
    return failed < 0 ? failed : this.memory.populate();
  }

  private loadKernel(): i32 {
    this.step = 'loading the kernel';
    const file = this.wanted.kernel!;
    if (file.packing == PACKED_NONE) copySegments(this.kernel!, this.memory);
    else {
      const kernel = unpackKernel(file, this.memory);
      if (kernel != null && !this.makePlan(kernel)) return -xen.ENOMEM;
    }
    if (unloaded == '') return this.writeHypercallPage();
    this.problem = this.step + ': ' + unloaded;
    return -xen.EINVAL;
  }

  private writeHypercallPage(): i32 {
    const kernel = this.kernel!;
    if (kernel.hypercallPage == 0) return 0;
    hyper.begin();
    store<u64>(hyper.domctlPart(), this.mfn((kernel.hypercallPage - kernel.virtBase) / PAGE_BYTES));
    return hyper.domctl(xen.XEN_DOMCTL_hypercall_init, this.domid);
  }

  private fill(): i32 {
    const plan = this.plan!;
    this.step = 'loading the ramdisk';
    const failed = this.ramdisk.load(this.memory, plan.ramdisk);
    if (failed < 0) return failed;
    this.step = 'making its page tables';
    const list = changetype<usize>(this.memory.p2m);
    const listed = this.memory.write(plan.p2m * PAGE_BYTES, list, this.memory.pages * 8);
    return listed < 0 ? listed : writeTables(plan, this.memory);
  }

  private mfn(pfn: u64): u64 {
    return this.memory.mfn(pfn);
  }

  private address(pfn: u64): u64 {
    return this.kernel!.virtBase + pfn * PAGE_BYTES;
  }

  private writeStartInfo(): i32 {
    this.step = 'writing its start info';
    hyper.begin();
    const failed = hyper.domctl(xen.XEN_DOMCTL_getdomaininfo, this.domid);
    if (failed < 0) return failed;
    this.sharedInfo = load<u64>(hyper.domctlPart(), xen_domctl_getdomaininfo.shared_info_frame);
    const info = new ArrayBuffer(<i32>start_info.SIZE);
    const at = changetype<usize>(info);
    const plan = this.plan!;
    const magic = String.UTF8.encode('xen-3.0-x86_64', true);
    memory.copy(at + start_info.magic, changetype<usize>(magic), magic.byteLength);
    store<u64>(at, this.memory.pages, start_info.nr_pages);
    store<u64>(at, this.sharedInfo * PAGE_BYTES, start_info.shared_info);
    store<u32>(at, xen.SIF_VIRT_P2M_4TOOLS, start_info.flags);
    this.storeMfn = this.mfn(plan.xenstore);
    store<u64>(at, this.storeMfn, start_info.store_mfn);
    store<u32>(at, this.storePort, start_info.store_evtchn);
    this.consoleMfn = this.mfn(plan.console);
    store<u64>(at, this.consoleMfn, start_info.console_domU_mfn);
    store<u32>(at, this.consolePort, start_info.console_domU_evtchn);
    store<u64>(at, this.address(plan.tables), start_info.pt_base);
    store<u64>(at, plan.first.tables, start_info.nr_pt_frames);
    this.tellP2m(at);
    this.tellRamdisk(at);
    const line = String.UTF8.encode(this.wanted.commandLine);
    memory.copy(
      at + start_info.cmd_line,
      changetype<usize>(line),
      min(line.byteLength, MAX_COMMAND_LINE - 1),
    );
    return this.memory.write(plan.startInfo * PAGE_BYTES, at, start_info.SIZE);
  }

  /** Where the p2m list is, and where it has a place of its own, in which pages, the tables for that included. */
  private tellP2m(at: usize): void {
    const plan = this.plan!;
    const isOwn = plan.own != null;
    store<u64>(at, isOwn ? this.kernel!.p2mBase : this.address(plan.p2m), start_info.mfn_list);
    if (!isOwn) return;
    store<u64>(at, plan.p2m, start_info.first_p2m_pfn);
    store<u64>(at, plan.p2mPages, start_info.nr_p2m_frames);
  }

  /** The ramdisk is found by its address, or where it is not mapped by its pfn, in whole pages. */
  private tellRamdisk(at: usize): void {
    const plan = this.plan!;
    if (!this.ramdisk.isThere) return;
    const isUnmapped = this.kernel!.takesUnmappedRamdisk;
    const bytes = isUnmapped ? plan.ramdiskPages * PAGE_BYTES : this.ramdisk.bytes;
    store<u64>(at, isUnmapped ? plan.ramdisk : this.address(plan.ramdisk), start_info.mod_start);
    store<u64>(at, bytes, start_info.mod_len);
    if (isUnmapped) store<u32>(at, xen.SIF_VIRT_P2M_4TOOLS | xen.SIF_MOD_START_PFN, start_info.flags);
  }

  /** All vcpus start with their events masked. */
  private prepareSharedInfo(): i32 {
    this.step = 'preparing its shared info';
    const page = new ArrayBuffer(<i32>PAGE_BYTES);
    const at = changetype<usize>(page);
    for (let vcpu: usize = 0; vcpu < <usize>xen.XEN_LEGACY_MAX_VCPUS; vcpu++)
      store<u8>(at + shared_info.vcpu_info + vcpu * vcpu_info.SIZE, 1, vcpu_info.evtchn_upcall_mask);
    return writeFrame(this.domid, this.sharedInfo, at, PAGE_BYTES);
  }

  private seedGrants(): i32 {
    this.step = 'granting its rings';
    return seedGrants(this.domid, this.consoleMfn, this.storeMfn);
  }

  private pin(): i32 {
    this.step = 'pinning its page tables';
    const operation = new ArrayBuffer(<i32>mmuext_op.SIZE);
    const at = changetype<usize>(operation);
    store<u32>(at, xen.MMUEXT_PIN_L4_TABLE, mmuext_op.cmd);
    store<u64>(at, this.mfn(this.plan!.tables), mmuext_op.arg1_mfn);
    return hyper.mmuextOp(at, this.domid);
  }

  private makeVcpu(): i32 {
    this.step = 'making its first vcpu';
    const context = new ArrayBuffer(<i32>vcpu_guest_context.SIZE);
    const at = changetype<usize>(context);
    const top = this.address(this.plan!.bootStack + 1);
    store<u64>(at, xen.VGCF_in_kernel | xen.VGCF_online, vcpu_guest_context.flags);
    store<u64>(at, this.kernel!.entry, vcpu_guest_context.user_regs_rip);
    store<u64>(at, top, vcpu_guest_context.user_regs_rsp);
    store<u64>(at, this.address(this.plan!.startInfo), vcpu_guest_context.user_regs_rsi);
    store<u64>(at, IF_FLAG, vcpu_guest_context.user_regs_rflags);
    store<u16>(at, xen.FLAT_KERNEL_CS, vcpu_guest_context.user_regs_cs);
    store<u16>(at, xen.FLAT_KERNEL_SS, vcpu_guest_context.user_regs_ss);
    store<u16>(at, <u16>xen.FLAT_KERNEL_DS, vcpu_guest_context.user_regs_ds);
    store<u16>(at, <u16>xen.FLAT_KERNEL_DS, vcpu_guest_context.user_regs_es);
    store<u16>(at, <u16>xen.FLAT_KERNEL_DS, vcpu_guest_context.user_regs_fs);
    store<u16>(at, <u16>xen.FLAT_KERNEL_DS, vcpu_guest_context.user_regs_gs);
    store<u64>(at, xen.FLAT_KERNEL_SS, vcpu_guest_context.kernel_ss);
    store<u64>(at, top, vcpu_guest_context.kernel_sp);
    store<u64>(at + 3 * 8, this.mfn(this.plan!.tables) * PAGE_BYTES, vcpu_guest_context.ctrlreg);
    store<u64>(at + 6 * 8, DR6_DEFAULT, vcpu_guest_context.debugreg);
    store<u64>(at + 7 * 8, DR7_DEFAULT, vcpu_guest_context.debugreg);
    return setVcpuContext(this.domid, 0, at);
  }
}
