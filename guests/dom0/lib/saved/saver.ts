/**
 * Saves a domain that has suspended itself: libxc's stream (xg_sr_save.c, xg_sr_save_x86_pv.c). First what does not change (its
 * width, what CPUID tells it), where its p2m list lies, its pages, of which page tables tell pfns and no longer machine frames;
 * then its clock, what it shares with Xen, its vcpus.
 */
import * as xen from 'xen';
import { vcpu_guest_context, xen_cpuid_leaf, xen_domctl_cpu_policy, xen_domctl_ext_vcpucontext } from 'xen';
import { xen_domctl_getdomaininfo, xen_domctl_getvcpuinfo } from 'xen';
import { xen_domctl_tsc_info, xen_domctl_vcpu_msr, xen_domctl_vcpu_msrs } from 'xen';
import { xen_domctl_vcpuextstate, xen_msr_entry } from 'xen';
import { describe } from 'programs/lib/errno';
import * as hyper from '../hypercalls';
import { PAGE_BYTES } from '../pages';
import { Limits } from '../migration/limits';
import { Course } from '../migration/progress';
import { gdtFramesOf, getVcpuContext } from '../vcpu-context';
import * as format from './format';
import { NO_FRAME } from './format';
import { Frames } from './frames';
import { Later } from './later';
import { Pages } from './pages';
import { Reader } from './reader';
import { Rounds } from './rounds';
import { Writer } from './writer';

const PAGE_SHIFT: u64 = 12;

export class Saver {
  /** What is wrong; empty: nothing. */
  problem: string = '';
  /** Of post-copy: pages that wait, and that have gone. */
  later: Later | null = null;
  private frames: Frames;
  private pages: Pages | null = null;

  constructor(
    private domid: u32,
    private writer: Writer,
  ) {
    this.frames = new Frames(domid);
  }

  /** Writes all of one that has suspended itself. False: `problem`; then what was written is of no use. */
  run(): bool {
    return this.end(this.begin() && this.sendAll() && this.sendState());
  }

  /** Writes one that runs, within limits, and lets it suspend itself at last. */
  runLive(limits: Limits, course: Course): bool {
    return this.end(this.begin() && this.sendLive(limits, course) && this.sendState());
  }

  /**
   * Writes one that runs without the contents of its ordinary pages, and lets it suspend itself at last; `serveLater` sends them when it
   * runs elsewhere. Whoever is done with that, or whom this has failed, releases.
   */
  runPostCopy(limits: Limits, course: Course): bool {
    if (!this.begin()) return false;
    const later = new Later(this.domid, this.frames);
    this.later = later;
    this.pages!.later = later;
    if (!this.sendLive(limits, course) || !this.sendState()) return this.fail(describe(this.writer.failed));
    this.pages!.later = null;
    return true;
  }

  /** False: not all could be sent. */
  serveLater(reader: Reader, connection: i32, course: Course): bool {
    return this.later!.serve(this.pages!, reader, this.writer, connection, course);
  }

  release(): void {
    this.frames.release();
  }

  private end(isDone: bool): bool {
    this.frames.release();
    if (this.problem == '' && this.writer.failed < 0) this.problem = describe(this.writer.failed);
    return isDone && this.problem == '';
  }

  private fail(what: string): bool {
    if (this.problem == '') this.problem = what;
    return false;
  }
  private refused(what: string, failed: i64): bool {
    return this.fail(what + ': ' + describe(failed));
  }
  private get mayGoOn(): bool {
    return this.problem == '' && this.writer.failed == 0;
  }

  private begin(): bool {
    if (!this.frames.map()) return this.fail(this.frames.problem);
    this.pages = new Pages(this.domid, this.frames, this.writer);
    const writer = this.writer;
    writer.put64(format.IMAGE_MARKER);
    writer.put32(format.bigEndian32(format.IMAGE_ID));
    writer.put32(format.bigEndian32(format.IMAGE_VERSION));
    writer.put64(0);
    writer.put32(format.DOMAIN_X86_PV);
    writer.put32(<u32>PAGE_SHIFT);
    const version = <u32>hyper.xenVersion(xen.XENVER_version, 0);
    writer.put32(version >> 16);
    writer.put32(version & 0xffff);
    writer.beginRecord(format.X86_PV_INFO, 8);
    writer.put64(format.GUEST_WIDTH | ((<u64>format.GUEST_LEVELS) << 8));
    writer.endRecord();
    if (!this.sendPolicy()) return false;
    writer.record(format.STATIC_DATA_END, 0, 0);
    const list = this.frames.listPfns;
    writer.beginRecord(format.X86_PV_P2M_FRAMES, format.P2M_HEADER_BYTES + list.length * 8);
    writer.put32(0);
    writer.put32(<u32>(this.frames.pages - 1));
    writer.put(changetype<usize>(list), list.length * 8);
    writer.endRecord();
    return this.mayGoOn;
  }

  /** What CPUID and RDMSR tell it. */
  private sendPolicy(): bool {
    hyper.begin();
    const at = hyper.domctlPart();
    let failed = hyper.domctl(xen.XEN_DOMCTL_get_cpu_policy, this.domid);
    if (failed < 0) return this.refused('what CPUID tells it', failed);
    const leaves = new ArrayBuffer(load<i32>(at, xen_domctl_cpu_policy.nr_leaves) * <i32>xen_cpuid_leaf.SIZE);
    const msrs = new ArrayBuffer(load<i32>(at, xen_domctl_cpu_policy.nr_msrs) * <i32>xen_msr_entry.SIZE);
    store<u64>(at, changetype<usize>(leaves), xen_domctl_cpu_policy.leaves);
    store<u64>(at, changetype<usize>(msrs), xen_domctl_cpu_policy.msrs);
    failed = hyper.domctl(xen.XEN_DOMCTL_get_cpu_policy, this.domid);
    if (failed < 0) return this.refused('what CPUID tells it', failed);
    const leafBytes = load<u32>(at, xen_domctl_cpu_policy.nr_leaves) * <u64>xen_cpuid_leaf.SIZE;
    this.writer.record(format.X86_CPUID_POLICY, changetype<usize>(leaves), leafBytes);
    const msrBytes = load<u32>(at, xen_domctl_cpu_policy.nr_msrs) * <u64>xen_msr_entry.SIZE;
    if (msrBytes > 0) this.writer.record(format.X86_MSR_POLICY, changetype<usize>(msrs), msrBytes);
    return true;
  }

  private sendAll(): bool {
    const pages = this.pages!;
    for (let pfn: u64 = 0; pfn < this.frames.pages && pages.mayGoOn; pfn++) pages.add(pfn);
    return this.flush();
  }

  private sendLive(limits: Limits, course: Course): bool {
    const rounds = new Rounds(this.domid, this.frames, this.pages!, this.writer, limits, course);
    return rounds.run() || this.fail(rounds.problem != '' ? rounds.problem : this.pages!.problem);
  }

  private flush(): bool {
    const pages = this.pages!;
    return pages.flush() || this.fail(pages.problem);
  }

  private sendState(): bool {
    const writer = this.writer;
    hyper.begin();
    const at = hyper.domctlPart();
    let failed = hyper.domctl(xen.XEN_DOMCTL_gettscinfo, this.domid);
    if (failed < 0) return this.refused('its TSC', failed);
    writer.beginRecord(format.X86_TSC_INFO, format.TSC_INFO_BYTES);
    writer.put32(load<u32>(at, xen_domctl_tsc_info.tsc_mode));
    writer.put32(load<u32>(at, xen_domctl_tsc_info.gtsc_khz));
    writer.put64(load<u64>(at, xen_domctl_tsc_info.elapsed_nsec));
    writer.put64(load<u32>(at, xen_domctl_tsc_info.incarnation));
    writer.endRecord();
    writer.record(format.SHARED_INFO, this.frames.sharedInfo, PAGE_BYTES);
    hyper.begin();
    failed = hyper.domctl(xen.XEN_DOMCTL_getdomaininfo, this.domid);
    if (failed < 0) return this.refused('its vcpus', failed);
    const last = load<i32>(at, xen_domctl_getdomaininfo.max_vcpu_id);
    for (let vcpu = 0; vcpu <= last && this.mayGoOn; vcpu++) this.sendVcpu(vcpu);
    writer.record(format.END, 0, 0);
    writer.flush();
    return this.mayGoOn;
  }

  private sendVcpu(vcpu: u32): bool {
    hyper.begin();
    const at = hyper.domctlPart();
    store<u32>(at, vcpu, xen_domctl_getvcpuinfo.vcpu);
    const failed = hyper.domctl(xen.XEN_DOMCTL_getvcpuinfo, this.domid);
    if (failed < 0) return this.refused('vcpu ' + vcpu.toString(), failed);
    if (load<u8>(at, xen_domctl_getvcpuinfo.online) == 0) return true;
    return this.sendBasic(vcpu) && this.sendExtended(vcpu) && this.sendXsave(vcpu) && this.sendMsrs(vcpu);
  }

  private sendOfVcpu(type: u32, vcpu: u32, from: usize, bytes: u64): bool {
    this.writer.beginRecord(type, format.VCPU_HEADER_BYTES + bytes);
    this.writer.put64(vcpu);
    this.writer.put(from, bytes);
    this.writer.endRecord();
    return true;
  }

  /** Its registers and tables, with pfns. */
  private sendBasic(vcpu: u32): bool {
    const context = new ArrayBuffer(<i32>vcpu_guest_context.SIZE);
    const at = changetype<usize>(context);
    const failed = getVcpuContext(this.domid, vcpu, at);
    if (failed < 0) return this.refused('the context of vcpu ' + vcpu.toString(), failed);
    // Vcpu 0 has told where its start_info is, when it suspended.
    if (vcpu == 0 && !this.toPfn(at + vcpu_guest_context.user_regs_rdx, 0, 0)) return false;
    for (let n: u64 = 0; n < gdtFramesOf(at); n++)
      if (!this.toPfn(at + vcpu_guest_context.gdt_frames + <usize>n * 8, 0, 0)) return false;
    if (!this.toPfn(at + vcpu_guest_context.ctrlreg + 3 * 8, PAGE_SHIFT, 0)) return false;
    const user = at + vcpu_guest_context.ctrlreg + 1 * 8;
    if (load<u64>(user) != 0 && !this.toPfn(user, PAGE_SHIFT, 1)) return false;
    return this.sendOfVcpu(format.X86_PV_VCPU_BASIC, vcpu, at, vcpu_guest_context.SIZE);
  }

  /** Replaces a frame, `shift` bits up in its word, by its pfn, and adds bits. */
  private toPfn(at: usize, shift: u64, bits: u64): bool {
    const pfn = this.frames.pfnOf(load<u64>(at) >> shift);
    if (pfn == NO_FRAME) return this.fail('a vcpu names a frame that is not its own');
    store<u64>(at, (pfn << shift) | bits);
    return true;
  }

  private sendExtended(vcpu: u32): bool {
    hyper.begin();
    const at = hyper.domctlPart();
    store<u32>(at, vcpu, xen_domctl_ext_vcpucontext.vcpu);
    const failed = hyper.domctl(xen.XEN_DOMCTL_get_ext_vcpucontext, this.domid);
    if (failed < 0) return this.refused('the extended context of vcpu ' + vcpu.toString(), failed);
    const bytes = load<u32>(at, xen_domctl_ext_vcpucontext.size);
    return bytes == 0 || this.sendOfVcpu(format.X86_PV_VCPU_EXTENDED, vcpu, at, bytes);
  }

  private sendXsave(vcpu: u32): bool {
    hyper.begin();
    const at = hyper.domctlPart();
    store<u32>(at, vcpu, xen_domctl_vcpuextstate.vcpu);
    let failed = hyper.domctl(xen.XEN_DOMCTL_getvcpuextstate, this.domid);
    if (failed == 0 && load<u64>(at, xen_domctl_vcpuextstate.xfeature_mask) == 0) return true;
    const buffer = new ArrayBuffer(failed < 0 ? 0 : <i32>load<u64>(at, xen_domctl_vcpuextstate.size));
    store<u64>(at, changetype<usize>(buffer), xen_domctl_vcpuextstate.buffer);
    if (failed == 0) failed = hyper.domctl(xen.XEN_DOMCTL_getvcpuextstate, this.domid);
    if (failed < 0) return this.refused('the XSAVE area of vcpu ' + vcpu.toString(), failed);
    const bytes = load<u64>(at, xen_domctl_vcpuextstate.size);
    return bytes == 0 || this.sendOfVcpu(format.X86_PV_VCPU_XSAVE, vcpu, changetype<usize>(buffer), bytes);
  }

  private sendMsrs(vcpu: u32): bool {
    hyper.begin();
    const at = hyper.domctlPart();
    store<u32>(at, vcpu, xen_domctl_vcpu_msrs.vcpu);
    let failed = hyper.domctl(xen.XEN_DOMCTL_get_vcpu_msrs, this.domid);
    const room = failed < 0 ? 0 : load<i32>(at, xen_domctl_vcpu_msrs.msr_count);
    if (failed == 0 && room == 0) return true;
    const buffer = new ArrayBuffer(room * <i32>xen_domctl_vcpu_msr.SIZE);
    store<u64>(at, changetype<usize>(buffer), xen_domctl_vcpu_msrs.msrs);
    if (failed == 0) failed = hyper.domctl(xen.XEN_DOMCTL_get_vcpu_msrs, this.domid);
    if (failed < 0) return this.refused('the MSRs of vcpu ' + vcpu.toString(), failed);
    const bytes = load<u32>(at, xen_domctl_vcpu_msrs.msr_count) * <u64>xen_domctl_vcpu_msr.SIZE;
    return bytes == 0 || this.sendOfVcpu(format.X86_PV_VCPU_MSRS, vcpu, changetype<usize>(buffer), bytes);
  }
}
