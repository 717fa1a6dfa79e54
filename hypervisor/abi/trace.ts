/** Xen's trace buffers: events, and how records lie in a buffer. Source: xen/include/public/trace.h, Xen 4.17. */
import { struct, u32 } from './layout.ts';

export const TRACE_EXTRA_MAX = 7;
export const TRACE_EXTRA_SHIFT = 28;
/** Of a record's first word: the time follows. */
export const TRC_HD_CYCLE_FLAG = 0x8000_0000;

export const TRC_CLS_SHIFT = 16;
export const TRC_SUBCLS_SHIFT = 12;
export const TRC_ALL = 0x0fff_f000;

export const TRC_LOST_RECORDS = 0x0001_f001;
export const TRC_TRACE_WRAP_BUFFER = 0x0001_f002;

/** What a vcpu was and is (RUNSTATE_*) goes with it, from bit 8 and from bit 4 on. */
export const TRC_SCHED_RUNSTATE_CHANGE = 0x0002_1001;
export const TRC_SCHED_SLEEP = 0x0002_8003;
export const TRC_SCHED_WAKE = 0x0002_8004;
export const TRC_SCHED_BLOCK = 0x0002_8006;
export const TRC_SCHED_SHUTDOWN = 0x0002_8007;
export const TRC_SCHED_SWITCH = 0x0002_800a;
export const TRC_MEM_PAGE_GRANT_MAP = 0x0010_f001;
export const TRC_MEM_PAGE_GRANT_UNMAP = 0x0010_f002;
export const TRC_MEM_PAGE_GRANT_TRANSFER = 0x0010_f003;

/** Addresses of a record are 64 bits wide. */
export const TRC_PV_64_FLAG = 0x100;
export const TRC_PV_TRAP = 0x0020_1003;
export const TRC_PV_PAGE_FAULT = 0x0020_1004;
export const TRC_PV_EMULATE_PRIVOP = 0x0020_1006;
export const TRC_PV_MATH_STATE_RESTORE = 0x0020_1008;
export const TRC_PV_PTWR_EMULATION = 0x0020_100b;
export const TRC_PV_HYPERCALL_V2 = 0x0020_100d;
export const TRC_PV_HYPERCALL_SUBCALL = 0x0020_200e;

/** TRC_PV_HYPERCALL_V2_ARG_32: of the number of a hypercall, that its argument `n` follows, in 32 bits. */
export function TRC_PV_HYPERCALL_V2_ARG_32(n: number): number {
  return 1 << (20 + 2 * n);
}

/** At the beginning of a buffer. Both count bytes of what lies behind, modulo twice its size. */
export const t_buf = struct({ cons: u32, prod: u32 });
