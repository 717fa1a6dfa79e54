/**
 * Restores a domain from libxc's stream (xg_sr_restore.c, xg_sr_restore_x86_pv.c) into one that has just been made and has no
 * memory. Pages (restored-pages.ts) get frames as they come; at the end the vcpus get their registers, and start_info says what is true now.
 *
 * Nothing in a stream is believed: what does not fit ends it, and whoever has made the domain destroys it.
 */
import * as xen from 'xen';
import { shared_info, start_info, vcpu_guest_context, vcpu_info } from 'xen';
import { xen_cpuid_leaf, xen_domctl_cpu_policy, xen_domctl_getdomaininfo, xen_msr_entry } from 'xen';
import { xen_domctl_tsc_info } from 'xen';
import { describe } from 'programs/lib/errno';
import { copy, load64, store32, store64 } from 'programs/lib/intrinsics';
import { hex } from 'programs/lib/text';
import * as hyper from '../hypercalls';
import { PAGE_BYTES } from '../pages';
import { seedGrants } from '../new-domain';
import * as format from './format';
import { Reader } from './reader';
import { RestoredPages } from './restored-pages';
import { levelOf } from './types';
import { SavedVcpu } from './saved-vcpu';
import { shortness } from './xl-file';

const PAGE_SHIFT: u64 = 12;
/** What CPUID and MSR policies may have at most. */
const MAX_POLICY_BYTES: u32 = 1 << 16;

export class Restorer {
  /** Why there is no domain; empty: it is there. */
  problem: string = '';
  storeMfn: u64 = 0;
  consoleMfn: u64 = 0;
  pages: RestoredPages;
  /** Post-copy: where its pages are is still to be known; who has it disposes of them. */
  comesLater: bool = false;
  private vcpus: SavedVcpu[] = [];
  private leaves: ArrayBuffer = new ArrayBuffer(0);
  private msrs: ArrayBuffer = new ArrayBuffer(0);
  private sharedInfoMfn: u64 = 0;
  private page: ArrayBuffer = new ArrayBuffer(<i32>PAGE_BYTES);
  private hasInfo: bool = false;
  private isStatic: bool = true;
  private hasSharedInfo: bool = false;

  /** `mostPages`: how many pages the domain may have. */
  constructor(
    private domid: u32,
    vcpus: u32,
    mostPages: u64,
    private storePort: u32,
    private consolePort: u32,
    private reader: Reader,
  ) {
    this.pages = new RestoredPages(domid, mostPages, reader);
    for (let n: u32 = 0; n < vcpus; n++) this.vcpus.push(new SavedVcpu());
  }

  /** Reads it all. False: `problem`. */
  run(): bool {
    const isDone = this.readHeaders() && this.readRecords() && this.finish();
    if (this.reader.isShort) this.problem = shortness(this.reader);
    if (!this.comesLater) this.pages.dispose();
    return isDone && this.problem == '';
  }

  private fail(what: string): bool {
    if (this.problem == '') this.problem = what;
    return false;
  }
  private ofPages(isDone: bool): bool {
    return isDone || this.fail(this.pages.problem);
  }
  private refused(what: string, failed: i64): bool {
    return this.fail(what + ': ' + describe(failed));
  }

  private readHeaders(): bool {
    const reader = this.reader;
    const marker = reader.word64();
    const id = format.bigEndian32(reader.word32());
    const version = format.bigEndian32(reader.word32());
    const options = reader.word64();
    const kind = reader.word32();
    const shift = reader.word32();
    reader.word64();
    if (reader.isShort) return false;
    if (marker != format.IMAGE_MARKER || id != format.IMAGE_ID)
      return this.fail('what follows its configuration is no saved domain');
    if (version < 2 || version > format.IMAGE_VERSION)
      return this.fail('the stream is of version ' + version.toString() + ', and 2 and 3 are known');
    if ((options & 0x100) != 0) return this.fail('the stream is a big-endian one');
    if (kind != format.DOMAIN_X86_PV) return this.fail('it is no paravirtualized domain');
    return (shift & 0xffff) == <u32>PAGE_SHIFT || this.fail('its pages are not of 4 KiB');
  }

  private readRecords(): bool {
    const reader = this.reader;
    let type: u32 = 0;
    do {
      type = reader.word32();
      const bytes = reader.word32();
      if (reader.isShort) return false;
      if (bytes > format.MAX_RECORD_BYTES) return this.fail('a record is too large');
      const end = reader.at + bytes;
      if (!this.readRecord(type, bytes) || reader.isShort) return false;
      if (reader.at > end) return this.fail('record ' + type.toString() + ' is too short');
      const padding = (format.RECORD_ALIGN - (<u64>bytes % format.RECORD_ALIGN)) % format.RECORD_ALIGN;
      if (!reader.take(0, end - reader.at + padding)) return false;
    } while (type != format.END);
    return true;
  }

  private readRecord(type: u32, bytes: u32): bool {
    switch (type) {
      case format.END:
        return bytes == 0 || this.fail('the last record has a content');
      case format.X86_PV_INFO:
        return this.readInfo(bytes);
      case format.X86_CPUID_POLICY:
      case format.X86_MSR_POLICY:
        return this.readPolicy(type, bytes);
      case format.STATIC_DATA_END:
        return this.endStatic();
      case format.X86_PV_P2M_FRAMES:
        return this.endStatic() && this.ofPages(this.pages.readList(bytes));
      case format.PAGE_DATA:
        return this.endStatic() && this.ofPages(this.pages.readPages(bytes));
      case format.X86_TSC_INFO:
        return this.readTsc(bytes);
      case format.SHARED_INFO:
        return this.readSharedInfo(bytes);
      case format.X86_PV_VCPU_BASIC:
      case format.X86_PV_VCPU_EXTENDED:
      case format.X86_PV_VCPU_XSAVE:
      case format.X86_PV_VCPU_MSRS:
        return this.readVcpu(type, bytes);
      default:
        return (type & format.OPTIONAL) != 0 || this.fail('record ' + hex(type, 1) + ' is not known');
    }
  }

  private readInfo(bytes: u32): bool {
    if (bytes < 8 || this.hasInfo) return this.fail("the record of the domain's width is not right");
    const word = this.reader.word64();
    const width = <u8>word;
    const levels = <u8>(word >> 8);
    this.hasInfo = true;
    if (width == format.GUEST_WIDTH && levels == format.GUEST_LEVELS) return true;
    return this.fail(
      'it is a domain of ' + (<u32>width * 8).toString() + ' bits, and 64 are what this host has',
    );
  }

  private readPolicy(type: u32, bytes: u32): bool {
    const each = <u32>(type == format.X86_CPUID_POLICY ? xen_cpuid_leaf.SIZE : xen_msr_entry.SIZE);
    if (bytes == 0 || bytes % each != 0 || bytes > MAX_POLICY_BYTES || !this.isStatic)
      return this.fail('the record of what CPUID tells it is not right');
    const entries = new ArrayBuffer(bytes);
    if (type == format.X86_CPUID_POLICY) this.leaves = entries;
    else this.msrs = entries;
    return this.reader.take(changetype<usize>(entries), bytes);
  }

  /** All is known that does not change. A stream of version 2 does not say so. */
  private endStatic(): bool {
    if (!this.isStatic) return true;
    this.isStatic = false;
    if (!this.hasInfo) return this.fail("it does not tell the domain's width");
    if (this.leaves.byteLength == 0 && this.msrs.byteLength == 0) return true;
    hyper.begin();
    const at = hyper.domctlPart();
    store<u32>(at, this.leaves.byteLength / <i32>xen_cpuid_leaf.SIZE, xen_domctl_cpu_policy.nr_leaves);
    store<u32>(at, this.msrs.byteLength / <i32>xen_msr_entry.SIZE, xen_domctl_cpu_policy.nr_msrs);
    store<u64>(at, changetype<usize>(this.leaves), xen_domctl_cpu_policy.leaves);
    store<u64>(at, changetype<usize>(this.msrs), xen_domctl_cpu_policy.msrs);
    const failed = hyper.domctl(xen.XEN_DOMCTL_set_cpu_policy, this.domid);
    if (failed == 0) return true;
    const leaf = load<u32>(at, xen_domctl_cpu_policy.err_leaf);
    const msr = load<u32>(at, xen_domctl_cpu_policy.err_msr);
    const what = leaf != ~(<u32>0) ? 'CPUID leaf ' + hex(leaf, 8) : 'MSR ' + hex(msr, 8);
    return this.refused('it wants more of the processor than this host has: ' + what, failed);
  }

  private readTsc(bytes: u32): bool {
    if (bytes != <u32>format.TSC_INFO_BYTES) return this.fail('the record of its TSC is not right');
    hyper.begin();
    const at = hyper.domctlPart();
    store<u32>(at, this.reader.word32(), xen_domctl_tsc_info.tsc_mode);
    store<u32>(at, this.reader.word32(), xen_domctl_tsc_info.gtsc_khz);
    store<u64>(at, this.reader.word64(), xen_domctl_tsc_info.elapsed_nsec);
    store<u32>(at, <u32>this.reader.word64(), xen_domctl_tsc_info.incarnation);
    if (this.reader.isShort) return false;
    const failed = hyper.domctl(xen.XEN_DOMCTL_settscinfo, this.domid);
    return failed == 0 || this.refused('its TSC', failed);
  }

  /** What it shares with Xen: what is the vcpus' and the architecture's of it; no event is pending, and all are masked. */
  private readSharedInfo(bytes: u32): bool {
    if (bytes != <u32>PAGE_BYTES || !this.hasInfo)
      return this.fail('the record of what it shares with Xen is not right');
    const saved = changetype<usize>(this.page);
    if (!this.reader.take(saved, PAGE_BYTES)) return false;
    hyper.begin();
    const failed: i64 = hyper.domctl(xen.XEN_DOMCTL_getdomaininfo, this.domid);
    if (failed < 0) return this.refused('what it shares with Xen', failed);
    const frame = new StaticArray<u64>(1);
    this.sharedInfoMfn = load<u64>(hyper.domctlPart(), xen_domctl_getdomaininfo.shared_info_frame);
    frame[0] = this.sharedInfoMfn;
    const mapped = hyper.mapForeign(this.domid, changetype<usize>(frame), 1);
    if (mapped < 0) return this.refused('what it shares with Xen', mapped);
    for (let vcpu: usize = 0; vcpu < <usize>xen.XEN_LEGACY_MAX_VCPUS; vcpu++)
      store<u64>(saved + vcpu * vcpu_info.SIZE, 0, vcpu_info.evtchn_pending_sel);
    copy(mapped, saved, shared_info.evtchn_pending);
    for (let at = shared_info.evtchn_pending; at < shared_info.evtchn_mask; at += 8) store64(mapped + at, 0);
    for (let at = shared_info.evtchn_mask; at < shared_info.wc_version; at += 8)
      store64(mapped + at, ~(<u64>0));
    copy(
      mapped + shared_info.arch_max_pfn,
      saved + shared_info.arch_max_pfn,
      shared_info.SIZE - shared_info.arch_max_pfn,
    );
    store64(mapped + shared_info.arch_pfn_to_mfn_frame_list_list, 0);
    hyper.unmap(mapped, 1);
    this.hasSharedInfo = true;
    return true;
  }

  private readVcpu(type: u32, bytes: u32): bool {
    const name = 'the record of a vcpu (' + type.toString() + ')';
    if (bytes < <u32>format.VCPU_HEADER_BYTES) return this.fail(name + ' is too short');
    const id = <u32>this.reader.word64();
    const rest = bytes - format.VCPU_HEADER_BYTES;
    if (rest == 0) return true;
    if (id >= <u32>this.vcpus.length)
      return this.fail(name + ' is of vcpu ' + id.toString() + ', which it does not have');
    const blob = this.vcpus[id].make(type, rest);
    if (blob == null) return this.fail(name + ' has not the length that it should have');
    return this.reader.take(changetype<usize>(blob), rest);
  }

  private finish(): bool {
    if (this.pages.count == 0 || !this.hasSharedInfo)
      return this.fail('the stream ends before all of the domain is there');
    if (this.vcpus[0].basic == null) return this.fail('it has no registers of vcpu 0');
    for (let id = 0; id < this.vcpus.length; id++) {
      const basic = this.vcpus[id].basic;
      if (basic == null) continue;
      if (!this.makeContext(changetype<usize>(basic), id == 0)) return false;
      const problem = this.vcpus[id].set(this.domid, id);
      if (problem != '') return this.fail('vcpu ' + id.toString() + ': ' + problem);
    }
    const pages = this.pages;
    if (!this.ofPages(pages.releaseHoles() && pages.pinAll() && pages.writeList())) return false;
    const failed = seedGrants(this.domid, this.consoleMfn, this.storeMfn);
    return failed == 0 || this.refused('granting its rings', failed);
  }

  /** Makes frames of the pfns in a context. */
  private makeContext(at: usize, isFirst: bool): bool {
    if (isFirst && !this.fixStartInfo(at + vcpu_guest_context.user_regs_rdx)) return false;
    store<u64>(at, load<u64>(at, vcpu_guest_context.flags) | xen.VGCF_online, vcpu_guest_context.flags);
    const entries = load<u64>(at, vcpu_guest_context.gdt_ents);
    if (entries > <u64>xen.FIRST_RESERVED_GDT_ENTRY) return this.fail('the GDT of a vcpu is too large');
    for (let n: u64 = 0; n * 512 < entries; n++) {
      const place = at + vcpu_guest_context.gdt_frames + <usize>n * 8;
      if (!this.pages.isOrdinary(load<u64>(place)))
        return this.fail('the GDT of a vcpu lies in no ordinary page');
      store<u64>(place, this.pages.mfnOf(load<u64>(place)));
    }
    const root = at + vcpu_guest_context.ctrlreg + 3 * 8;
    const user = at + vcpu_guest_context.ctrlreg + 1 * 8;
    if (!this.fixRoot(root)) return false;
    return (load<u64>(user) & 1) == 0 || this.fixRoot(user);
  }

  private fixRoot(place: usize): bool {
    const pfn = load<u64>(place) >> PAGE_SHIFT;
    if (this.pages.mfnOf(pfn) == format.NO_FRAME || levelOf(this.pages.typeOf(pfn)) != 4)
      return this.fail('the root of a vcpu is no such page table');
    store<u64>(place, this.pages.mfnOf(pfn) << PAGE_SHIFT);
    return true;
  }

  /** The domain finds its rings by start_info, where it has left their pfns. */
  private fixStartInfo(place: usize): bool {
    const pfn = load<u64>(place);
    if (!this.pages.isOrdinary(pfn)) return this.fail('its start_info is in no ordinary page');
    const frame = new StaticArray<u64>(1);
    frame[0] = this.pages.mfnOf(pfn);
    store<u64>(place, frame[0]);
    const mapped = hyper.mapForeign(this.domid, changetype<usize>(frame), 1);
    if (mapped < 0) return this.refused('its start_info', mapped);
    this.storeMfn = this.pages.mfnOf(load64(mapped + start_info.store_mfn));
    this.consoleMfn = this.pages.mfnOf(load64(mapped + start_info.console_domU_mfn));
    store64(mapped + start_info.store_mfn, this.storeMfn);
    store32(mapped + start_info.store_evtchn, this.storePort);
    store64(mapped + start_info.console_domU_mfn, this.consoleMfn);
    store32(mapped + start_info.console_domU_evtchn, this.consolePort);
    store64(mapped + start_info.nr_pages, this.pages.count);
    store64(mapped + start_info.shared_info, this.sharedInfoMfn << PAGE_SHIFT);
    store32(mapped + start_info.flags, 0);
    hyper.unmap(mapped, 1);
    if (this.storeMfn != format.NO_FRAME && this.consoleMfn != format.NO_FRAME) return true;
    return this.fail('its rings for store and console are not where its start_info says');
  }
}
