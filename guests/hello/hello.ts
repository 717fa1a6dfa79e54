/** The built-in guest as an ELF image: source.ts assembled with the ABI's numbers. */
import { assemble } from '../../core/assembler/assemble.ts';
import * as callback from '../../hypervisor/abi/callback.ts';
import { xencons_interface } from '../../hypervisor/abi/console.ts';
import * as note from '../../hypervisor/abi/elfnote.ts';
import * as event from '../../hypervisor/abi/event-channel.ts';
import * as sched from '../../hypervisor/abi/sched.ts';
import { shared_info, vcpu_info } from '../../hypervisor/abi/shared-info.ts';
import { start_info } from '../../hypervisor/abi/start-info.ts';
import * as xen from '../../hypervisor/abi/xen.ts';
import { writeXenKernel } from '../toolchain/elf.ts';
import { HELLO } from './source.ts';

const VIRT_BASE = 0xffffffff80000000n;
const ADDRESS = VIRT_BASE + 0x100000n;
const MACH2PHYS = 0xffff800000000000n;

/** The ELF image of the built-in guest. */
export function helloKernel(): Uint8Array {
  const { bytes } = assemble(HELLO, { origin: ADDRESS, symbols: symbols() });
  return writeXenKernel({
    address: ADDRESS,
    virtBase: VIRT_BASE,
    entry: ADDRESS,
    image: bytes,
    bssBytes: 0,
    notes: [
      { type: note.XEN_ELFNOTE_GUEST_OS, value: 'hello' },
      { type: note.XEN_ELFNOTE_XEN_VERSION, value: 'xen-3.0' },
      { type: note.XEN_ELFNOTE_VIRT_BASE, value: VIRT_BASE },
      { type: note.XEN_ELFNOTE_ENTRY, value: ADDRESS },
      { type: note.XEN_ELFNOTE_PADDR_OFFSET, value: 0n },
      { type: note.XEN_ELFNOTE_PAE_MODE, value: 'yes' },
      { type: note.XEN_ELFNOTE_LOADER, value: 'generic' },
    ],
  });
}

function symbols(): Record<string, number | bigint> {
  return {
    VIRT_BASE,
    MACH2PHYS,
    HYPERVISOR_callback_op: xen.HYPERVISOR_callback_op,
    HYPERVISOR_event_channel_op: xen.HYPERVISOR_event_channel_op,
    HYPERVISOR_iret: xen.HYPERVISOR_iret,
    HYPERVISOR_sched_op: xen.HYPERVISOR_sched_op,
    HYPERVISOR_set_timer_op: xen.HYPERVISOR_set_timer_op,
    HYPERVISOR_update_va_mapping: xen.HYPERVISOR_update_va_mapping,
    HYPERVISOR_xen_version: xen.HYPERVISOR_xen_version,
    VIRQ_TIMER: xen.VIRQ_TIMER,
    CALLBACKTYPE_event: callback.CALLBACKTYPE_event,
    EVTCHNOP_bind_virq: event.EVTCHNOP_bind_virq,
    EVTCHNOP_send: event.EVTCHNOP_send,
    SCHEDOP_block: sched.SCHEDOP_block,
    SCHEDOP_shutdown: sched.SCHEDOP_shutdown,
    SCHEDOP_yield: sched.SCHEDOP_yield,
    SHUTDOWN_poweroff: sched.SHUTDOWN_poweroff,
    NR_PAGES: start_info.offset.nr_pages,
    SHARED_INFO: start_info.offset.shared_info,
    CONSOLE_MFN: start_info.offset['console.domU.mfn'],
    CONSOLE_EVTCHN: start_info.offset['console.domU.evtchn'],
    UPCALL_PENDING: shared_info.offset.vcpu_info + vcpu_info.offset['evtchn_upcall_pending'],
    UPCALL_MASK: shared_info.offset.vcpu_info + vcpu_info.offset['evtchn_upcall_mask'],
    PENDING_SEL: shared_info.offset.vcpu_info + vcpu_info.offset['evtchn_pending_sel'],
    SYSTEM_TIME: shared_info.offset.vcpu_info + vcpu_info.offset['time.system_time'],
    EVTCHN_PENDING: shared_info.offset.evtchn_pending,
    EVTCHN_MASK: shared_info.offset.evtchn_mask,
    IN_CONS: xencons_interface.offset.in_cons,
    IN_PROD: xencons_interface.offset.in_prod,
    OUT_CONS: xencons_interface.offset.out_cons,
    OUT_PROD: xencons_interface.offset.out_prod,
  };
}
