/**
 * iret(): returns from the guest's kernel by the iret_context at RSP: to its user where CS says ring 3, else within the
 * kernel. With VGCF_in_syscall the return is that of a system call: RCX and R11 get RIP and RFLAGS, and the selectors are
 * Xen's flat ones. IF of RFLAGS is the upcall mask, inverted. A frame that cannot be read crashes the domain.
 */
import * as layout from '../../core/wasm/layout.ts';
import {
  FLAT_RING3_CS64,
  FLAT_RING3_SS64,
  FLAT_USER_CS32,
  iret_context,
  VGCF_in_syscall,
} from '../abi/arch-x86.ts';
import { vcpu_info } from '../abi/shared-info.ts';
import { HYPERVISOR_iret, VMASST_TYPE_architectural_iopl } from '../abi/xen.ts';
import { writeByte } from '../memory/guest-frames.ts';
import { toggleGuestMode } from '../traps/mode.ts';
import { loadSelectors } from '../traps/selectors.ts';
import type { Hypercall, HypercallContext } from './hypercall.ts';
import { crashDomain } from '../domain/life.ts';

const R11 = 11;
const VM = 1 << 17;
const frame = new Uint32Array(iret_context.size / 4);
const { offset } = iret_context;
const AT = {
  rax: offset.rax / 4,
  r11: offset.r11 / 4,
  rcx: offset.rcx / 4,
  flags: offset.flags / 4,
  rip: offset.rip / 4,
  cs: offset.cs / 4,
  rflags: offset.rflags / 4,
  rsp: offset.rsp / 4,
  ss: offset.ss / 4,
} as const;

export const iret: Hypercall = {
  number: HYPERVISOR_iret,
  name: 'iret',
  args: [],
  handler(context) {
    const { hypervisor, vcpu, domain } = context;
    const { processor, frames } = hypervisor;
    if (!context.read(processor.get(layout.RSP), frame)) {
      if (context.mustWait) return 0;
      crashDomain(hypervisor, domain, 'iret: the frame cannot be read');
      return 0;
    }
    if ((frame[AT.cs]! & 3) === 3) {
      if (vcpu.userRoot === 0) {
        crashDomain(hypervisor, domain, 'iret: return to user mode without a user page table');
        return 0;
      }
      toggleGuestMode(hypervisor, vcpu);
    }
    const rflags = frame[AT.rflags]!;
    if ((domain.vmAssist & (1 << VMASST_TYPE_architectural_iopl)) !== 0) vcpu.iopl = (rflags >>> 12) & 3;
    const mask = (rflags & layout.IF) === 0 ? 1 : 0;
    writeByte(frames, vcpu.info + vcpu_info.offset.evtchn_upcall_mask, mask);
    vcpu.inNmi = false;
    context.replaced = true;
    context.byIret = (frame[AT.flags]! & VGCF_in_syscall) === 0;

    processor.setWord(layout.RIP, frame[AT.rip]!);
    processor.setWord(layout.RIP + 4, frame[AT.rip + 1]!);
    processor.flags = (rflags & ~(layout.IOPL | VM)) | layout.IF;
    processor.setHalves(layout.RSP, frame[AT.rsp]!, frame[AT.rsp + 1]!);
    processor.setHalves(layout.RAX, frame[AT.rax]!, frame[AT.rax + 1]!);
    if (context.byIret) returnFromTrap(context);
    else returnFromSyscall(context);
    return 0;
  },
};

/** What IRET to an outer ring does to null selectors: their RPL is gone. SYSRET leaves them alone. */
function dropNullSelectors({ hypervisor: { processor } }: HypercallContext): void {
  for (const segment of [layout.SEG_ES, layout.SEG_DS, layout.SEG_FS, layout.SEG_GS]) {
    const selector = processor.selector(segment);
    if (selector !== 0 && selector <= 3)
      processor.setSegment(segment, 0, processor.segmentBase(segment), 0, 0);
  }
}

/** SYSRET: flat selectors. A RIP that is not canonical faults in the guest, as IRET would. */
function returnFromSyscall(context: HypercallContext): void {
  const { processor } = context.hypervisor;
  const rflags = processor.flags;
  processor.setHalves(layout.RCX, frame[AT.rip]!, frame[AT.rip + 1]!);
  processor.setHalves(R11, rflags, 0);
  const cs = ((frame[AT.cs]! | 3) & 0xffff) === FLAT_USER_CS32 ? FLAT_USER_CS32 : FLAT_RING3_CS64;
  // SYSRET to compatibility mode takes 32 bits of RCX.
  if (cs === FLAT_USER_CS32) processor.setWord(layout.RIP + 4, 0);
  loadSelectors(context.hypervisor, context.vcpu, cs, FLAT_RING3_SS64);
}

function returnFromTrap(context: HypercallContext): void {
  const { processor } = context.hypervisor;
  processor.setHalves(layout.RCX, frame[AT.rcx]!, frame[AT.rcx + 1]!);
  processor.setHalves(R11, frame[AT.r11]!, frame[AT.r11 + 1]!);
  dropNullSelectors(context);
  const [cs, ss] = [(frame[AT.cs]! | 3) & 0xffff, (frame[AT.ss]! | 3) & 0xffff];
  loadSelectors(context.hypervisor, context.vcpu, cs, ss);
}
