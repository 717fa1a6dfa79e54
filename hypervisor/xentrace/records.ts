/** What Xen records of an event in its trace buffers: by its kind, as Xen's own sources record it; others it does not. */
import * as abi from '../abi/trace.ts';
import * as xen from '../abi/xen.ts';
import { highHalf, lowHalf } from '../../core/machine.ts';
import type { TraceDetail, TraceEvent } from '../trace/event.ts';
import type { TraceRecord } from './buffers.ts';

type Detail<K extends TraceDetail['kind']> = Extract<TraceDetail, { kind: K }>;
type Records = {
  readonly [K in TraceDetail['kind']]?: (detail: Detail<K>, event: TraceEvent) => TraceRecord;
};

const VCPU = /^d(\d+)v(\d+)$/;
/** Exceptions that push an error code: #DF, #TS, #NP, #SS, #GP, #PF, #AC. */
const WITH_ERROR: ReadonlySet<number> = new Set([8, 10, 11, 12, 13, 14, 17]);
const USES_ERROR = 1 << 15;

/** Arguments that are recorded with a hypercall: counts and commands. */
const RECORDED_ARGUMENTS: Readonly<Record<number, readonly number[]>> = {
  [xen.HYPERVISOR_mmu_update]: [1],
  [xen.HYPERVISOR_multicall]: [1],
  [xen.HYPERVISOR_grant_table_op]: [0, 2],
  [xen.HYPERVISOR_vcpu_op]: [0, 1],
  [xen.HYPERVISOR_mmuext_op]: [1],
  [xen.HYPERVISOR_sched_op]: [0],
};

function wide(value: number): [number, number] {
  return [lowHalf(value), highHalf(value)];
}

/** A domain and a vcpu of the trace's names; of who idles, a processor. */
function whose(name: string, processor: number): [number, number] {
  const [, domain, vcpu] = VCPU.exec(name) ?? [];
  return domain === undefined ? [xen.DOMID_IDLE, processor] : [Number(domain), Number(vcpu)];
}

const GRANTS = {
  mapped: abi.TRC_MEM_PAGE_GRANT_MAP,
  unmapped: abi.TRC_MEM_PAGE_GRANT_UNMAP,
  transferred: abi.TRC_MEM_PAGE_GRANT_TRANSFER,
  copied: 0,
} as const;
const VCPUS = {
  wake: abi.TRC_SCHED_WAKE,
  block: abi.TRC_SCHED_BLOCK,
  poll: abi.TRC_SCHED_BLOCK,
  page: abi.TRC_SCHED_BLOCK,
  down: abi.TRC_SCHED_SLEEP,
  up: 0,
} as const;

const NOTHING: TraceRecord = { event: 0, extra: [] };

const RECORDS: Records = {
  trap: ({ vector, error, rip }) => ({
    event: abi.TRC_PV_TRAP | abi.TRC_PV_64_FLAG,
    extra: [...wide(rip), (vector | (WITH_ERROR.has(vector) ? USES_ERROR : 0) | (error << 16)) >>> 0],
  }),
  page_fault: ({ rip, address, error }) => ({
    event: abi.TRC_PV_PAGE_FAULT | abi.TRC_PV_64_FLAG,
    extra: [...wide(rip), ...wide(address), error],
  }),
  emulated: ({ rip }) => ({ event: abi.TRC_PV_EMULATE_PRIVOP | abi.TRC_PV_64_FLAG, extra: wide(rip) }),
  math_state_restore: () => ({ event: abi.TRC_PV_MATH_STATE_RESTORE, extra: [] }),
  ptwr: ({ rip, address, entry }) => ({
    event: abi.TRC_PV_PTWR_EMULATION | abi.TRC_PV_64_FLAG,
    extra: [...entry, ...wide(address), ...wide(rip)],
  }),
  grant: ({ change, granter }) => ({ event: GRANTS[change], extra: [granter] }),
  vcpu: ({ change, domain, vcpu }) => ({ event: VCPUS[change], extra: [domain, vcpu] }),
  shutdown: ({ domain, reason }, { vcpu }) => ({
    event: abi.TRC_SCHED_SHUTDOWN,
    extra: [domain, Math.max(0, vcpu), reason],
  }),
  schedule: ({ processor, from, to }) => ({
    event: abi.TRC_SCHED_SWITCH,
    extra: [...whose(from, processor), ...whose(to, processor)],
  }),
};

/** A hypercall: its number, and what of its arguments is worth it. `isWithin`: it is one of a multicall's. */
export function hypercallRecord({ number, words }: Detail<'hypercall'>, isWithin: boolean): TraceRecord {
  const recorded = RECORDED_ARGUMENTS[number] ?? [];
  const op = recorded.reduce((op, n) => op | abi.TRC_PV_HYPERCALL_V2_ARG_32(n), number);
  return {
    event: isWithin ? abi.TRC_PV_HYPERCALL_SUBCALL : abi.TRC_PV_HYPERCALL_V2,
    extra: [op >>> 0, ...recorded.map((n) => words[2 * n]!)],
  };
}

/** `event` 0: Xen records nothing of it. */
export function recordOf(event: TraceEvent): TraceRecord {
  const record = RECORDS[event.detail.kind] as
    | ((detail: TraceDetail, event: TraceEvent) => TraceRecord)
    | undefined;
  return record === undefined ? NOTHING : record(event.detail, event);
}
