/** What a stream tells of a vcpu: kept until all pages are there, then given to Xen. */
import * as xen from 'xen';
import {
  vcpu_guest_context,
  xen_domctl_ext_vcpucontext,
  xen_domctl_vcpu_msr,
  xen_domctl_vcpu_msrs,
} from 'xen';
import { xen_domctl_vcpuextstate } from 'xen';
import { describe } from 'programs/lib/errno';
import * as hyper from '../hypercalls';
import { setVcpuContext } from '../vcpu-context';
import * as format from './format';

const MAX_EXTENDED_BYTES: u32 = 104;
const MIN_XSAVE_BYTES: u32 = 16;
const MAX_BLOB_BYTES: u32 = 1 << 16;

export class SavedVcpu {
  basic: ArrayBuffer | null = null;
  private extended: ArrayBuffer | null = null;
  private xsave: ArrayBuffer | null = null;
  private msrs: ArrayBuffer | null = null;

  /** Room for a record's content; null: it cannot be so long. */
  make(type: u32, bytes: u32): ArrayBuffer | null {
    if (!mayBe(type, bytes)) return null;
    const blob = new ArrayBuffer(bytes);
    if (type == format.X86_PV_VCPU_BASIC) this.basic = blob;
    else if (type == format.X86_PV_VCPU_EXTENDED) this.extended = blob;
    else if (type == format.X86_PV_VCPU_XSAVE) this.xsave = blob;
    else this.msrs = blob;
    return blob;
  }

  /** Gives it all to Xen: empty, or what is wrong. */
  set(domid: u32, vcpu: u32): string {
    let failed = setVcpuContext(domid, vcpu, changetype<usize>(this.basic));
    if (failed < 0) return 'its registers: ' + describe(failed);
    failed = this.setExtended(domid, vcpu);
    if (failed < 0) return 'its extended context: ' + describe(failed);
    failed = this.setXsave(domid, vcpu);
    if (failed < 0) return 'its XSAVE area: ' + describe(failed);
    failed = this.setMsrs(domid, vcpu);
    return failed < 0 ? 'its MSRs: ' + describe(failed) : '';
  }

  private setExtended(domid: u32, vcpu: u32): i32 {
    const blob = this.extended;
    if (blob == null) return 0;
    hyper.begin();
    memory.copy(hyper.domctlPart(), changetype<usize>(blob), blob.byteLength);
    store<u32>(hyper.domctlPart(), vcpu, xen_domctl_ext_vcpucontext.vcpu);
    return hyper.domctl(xen.XEN_DOMCTL_set_ext_vcpucontext, domid);
  }

  private setXsave(domid: u32, vcpu: u32): i32 {
    const blob = this.xsave;
    if (blob == null) return 0;
    hyper.begin();
    const at = hyper.domctlPart();
    store<u32>(at, vcpu, xen_domctl_vcpuextstate.vcpu);
    store<u64>(at, blob.byteLength, xen_domctl_vcpuextstate.size);
    store<u64>(at, changetype<usize>(blob), xen_domctl_vcpuextstate.buffer);
    return hyper.domctl(xen.XEN_DOMCTL_setvcpuextstate, domid);
  }

  private setMsrs(domid: u32, vcpu: u32): i32 {
    const blob = this.msrs;
    if (blob == null) return 0;
    hyper.begin();
    const at = hyper.domctlPart();
    store<u32>(at, vcpu, xen_domctl_vcpu_msrs.vcpu);
    store<u32>(at, blob.byteLength / <i32>xen_domctl_vcpu_msr.SIZE, xen_domctl_vcpu_msrs.msr_count);
    store<u64>(at, changetype<usize>(blob), xen_domctl_vcpu_msrs.msrs);
    return hyper.domctl(xen.XEN_DOMCTL_set_vcpu_msrs, domid);
  }
}

function mayBe(type: u32, bytes: u32): bool {
  if (type == format.X86_PV_VCPU_BASIC) return bytes == <u32>vcpu_guest_context.SIZE;
  if (type == format.X86_PV_VCPU_EXTENDED) return bytes <= MAX_EXTENDED_BYTES;
  if (type == format.X86_PV_VCPU_XSAVE) return bytes >= MIN_XSAVE_BYTES && bytes <= MAX_BLOB_BYTES;
  return bytes % <u32>xen_domctl_vcpu_msr.SIZE == 0 && bytes <= MAX_BLOB_BYTES;
}
