/** What costs the hostile domain its life: where Xen cannot enter it any more, or it gives up. Nobody else's. */
import * as xen from 'xen';
import { XEN_DOMINF_shutdown } from 'xen';
import { bindVirq } from 'kernel/events/events';
import { check, checkNumber } from '../check';
import {
  arguments,
  ARGUMENTS,
  build,
  destroy,
  EMPTY,
  hostile,
  hypercall,
  Piece,
  piece,
  run,
  state,
} from './agent';
import { SILENT, va, watchEnds } from './agent';
import { extended } from './frames';

const XENS: u64 = 0xffff_8300_0000_0000;

/** Each case is tried by a domain of its own. */
export function fatal(): void {
  bindVirq(xen.VIRQ_DOM_EXC, watchEnds);
  dies("a trap with a stack in Xen's memory", () => run(hostile, Piece.pushThere, XENS));
  dies('iret from there', () => run(hostile, Piece.iretFrom, XENS));
  dies('iret from where nothing is', () => run(hostile, Piece.iretFrom, 0x1000));
  dies("a user's trap to a stack of Xen's", () => {
    hypercall(hostile, xen.HYPERVISOR_stack_switch, xen.FLAT_KERNEL_SS, XENS);
    return run(hostile, Piece.user, piece(Piece.userHalt));
  });
  dies('a trap without handlers', () => {
    hypercall(hostile, xen.HYPERVISOR_set_trap_table, 0);
    return run(hostile, Piece.readMemory, XENS);
  });
  dies('a root without anything', () => {
    extended(xen.MMUEXT_PIN_L4_TABLE, hostile.mfn(EMPTY));
    return extended(xen.MMUEXT_NEW_BASEPTR, hostile.mfn(EMPTY));
  });
  dies('its own crash', () => {
    store<u32>(arguments(hostile), xen.SHUTDOWN_crash);
    return hypercall(hostile, xen.HYPERVISOR_sched_op, xen.SCHEDOP_shutdown, va(ARGUMENTS));
  });
}

function dies(what: string, attempt: () => i64): void {
  build(hostile, 1);
  checkNumber(what, attempt(), SILENT);
  const flags = state(hostile);
  check('     it has ended', (flags & XEN_DOMINF_shutdown) != 0);
  checkNumber(
    '     the reason',
    (flags >> xen.XEN_DOMINF_shutdownshift) & xen.XEN_DOMINF_shutdownmask,
    xen.SHUTDOWN_crash,
  );
  check('     and nothing is left of it', destroy(hostile));
}
