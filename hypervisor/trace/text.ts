/** Trace events in words: what a list or a file shows of each. */
import { hex64 } from '../../core/machine.ts';
import { XEN_DOMCTL_PFINFO_LTAB_SHIFT, XEN_DOMCTL_PFINFO_LTABTYPE_MASK } from '../abi/domctl.ts';
import { wide } from './arguments.ts';
import type { TraceDetail, TraceEvent } from './event.ts';

/** An event's name, what it was about, and its result (empty where there is none). */
interface TraceWords {
  readonly name: string;
  readonly args: string;
  readonly result: string;
}

const TRAPS = [
  '#DE',
  '#DB',
  'NMI',
  '#BP',
  '#OF',
  '#BR',
  '#UD',
  '#NM',
  '#DF',
  '',
  '#TS',
  '#NP',
  '#SS',
  '#GP',
  '#PF',
];

/** Of a page's type, what says of which level a table it is. */
const LEVELS = XEN_DOMCTL_PFINFO_LTABTYPE_MASK >>> XEN_DOMCTL_PFINFO_LTAB_SHIFT;

const hex = (value: number): string => `0x${value.toString(16)}`;

type Teller<K extends TraceDetail['kind']> = (
  detail: Extract<TraceDetail, { kind: K }>,
) => [args: string, result?: string];

/** One row for each kind of event. */
const TELLERS: { readonly [K in TraceDetail['kind']]: Teller<K> } = {
  hypercall: (d) => [d.args, d.result === null ? 'continued' : String(d.result)],
  refusal: (d) => [d.why, String(d.error)],
  emulated: (d) => [`${d.instruction} at ${hex64(d.rip)}`],
  cpuid: (d) => [`leaf ${hex(d.leaf)}, subleaf ${hex(d.subleaf)}`],
  failsafe: (d) => [`a segment cannot be loaded, at ${hex64(d.rip)}`],
  trap: (d) => [
    `${TRAPS[d.vector] ?? `vector ${String(d.vector)}`} error ${hex(d.error)} at ${hex64(d.rip)}`,
  ],
  page_fault: (d) => [`${hex64(d.address)} error ${hex(d.error)} at ${hex64(d.rip)}`],
  ptwr: (d) => [`entry at ${hex64(d.address)} from ${hex64(d.rip)}`],
  math_state_restore: () => [''],
  upcall: () => [''],
  port: (d) => [`domain ${String(d.domain)} port ${String(d.port)}`],
  grant: (d) => [
    `${d.change} domain ${String(d.granter)} ref ${String(d.ref)} mfn ${hex(d.mfn)} by domain ${String(d.domain)}${d.bytes === 0 ? '' : `: ${String(d.bytes)} bytes`}`,
  ],
  channel: (d) => [`domain ${String(d.domain)} port ${String(d.port)}: ${d.from} -> ${d.to}`],
  virq: (d) => [`VIRQ ${String(d.virq)} to vcpu ${String(d.vcpu)}`],
  timer: (d) => [`${d.timer} of vcpu ${String(d.vcpu)}`],
  variation: (d) => [`${d.name}: ${String(d.amount)}`],
  schedule: (d) => [`processor ${String(d.processor)}: ${d.from} -> ${d.to}, ${d.reason}`],
  vcpu: (d) => [`vcpu ${String(d.vcpu)} ${d.change}`],
  shutdown: (d) => [`domain ${String(d.domain)} reason ${String(d.reason)}`],
  crash: (d) => [`domain ${String(d.domain)}: ${d.message}`],
  console: (d) => [JSON.stringify(d.text)],
  page_type: (d) => [`mfn ${hex(d.mfn)}: ${d.from} -> ${d.to}`],
  validate: (d) => [`mfn ${hex(d.mfn)} as L${String(d.level)}`],
  invalidate: (d) => [`mfn ${hex(d.mfn)} as L${String(d.level)}`],
  entry: (d) => [
    `L${String(d.level)} table mfn ${hex(d.mfn)} slot ${String(d.slot)} := ${wide(d.low, d.high)}`,
  ],
  mmuext: (d) => [`${d.command} ${hex(d.argument)}`],
  platform_op: (d) => [d.command],
  domctl: (d) => [`${d.command} domain ${String(d.domain)}`],
  shadow_op: (d) => [`${d.command} domain ${String(d.domain)}: ${String(d.dirty)} pages dirty`],
  page_info: (d) => [
    `domain ${String(d.domain)}: ${String(d.pfns.length)} pages, ${String(d.types.filter((type) => (type & LEVELS) !== 0).length)} of them tables`,
  ],
  paging: (d) => [`${d.change} pfn ${hex(d.pfn)} (mfn ${hex(d.mfn)}) of domain ${String(d.domain)}`],
  pin: (d) => [`mfn ${hex(d.mfn)} as L${String(d.level)}`],
  unpin: (d) => [`mfn ${hex(d.mfn)}`],
  page: (d) => [`mfn ${hex(d.mfn)} ${d.change}, domain ${String(d.domain)}`],
  device: (d) => [
    `${d.device} ${d.action} ${String(d.bytes)} bytes${d.text === '' ? ` at sector ${String(d.sector)}` : `: ${d.text}`}`,
  ],
  ring: (d) => [
    `domain ${String(d.domain)} ${d.ring} ${String(d.device)} ${d.way} ${String(d.index)}: ${d.text}${d.refs.length === 0 ? '' : ` refs ${d.refs.join(' ')}`}`,
  ],
  xenstore: (d) => [storeWords(d)],
  tlb: (d) => [d.what === 'flush' ? 'flush' : `page ${hex64(d.address)}`],
};

/** `domain 1 WRITE /local/domain/1/device/vif/0/state "4"`; `<-`: to the domain. */
function storeWords(detail: Extract<TraceDetail, { kind: 'xenstore' }>): string {
  const { domain, way, message, isError, transaction, path, text } = detail;
  return [
    `domain ${String(domain)}`,
    ...(way === 'request' ? [] : ['<-']),
    message,
    ...(path === '' ? [] : [path]),
    ...(text === '' ? [] : [isError ? text : JSON.stringify(text)]),
    ...(transaction === 0 ? [] : [`in transaction ${String(transaction)}`]),
  ].join(' ');
}

/** All kinds of events. */
export const EVENT_KINDS = Object.keys(TELLERS) as readonly TraceDetail['kind'][];

/** Tells an event. A hypercall's result is there once its span has ended. */
export function traceWords(detail: TraceDetail): TraceWords {
  const teller = TELLERS[detail.kind] as (detail: TraceDetail) => [args: string, result?: string];
  const [args, result] = teller(detail);
  return { name: detail.kind === 'hypercall' ? detail.name : detail.kind, args, result: result ?? '' };
}

/** One line of a trace file: time, vcpu, event; indented by the spans around it. */
export function traceLine(event: TraceEvent, periodNs: number): string {
  const { name, args, result } = traceWords(event.detail);
  const seconds = ((event.ticks * periodNs) / 1e9).toFixed(9);
  const who = event.domain < 0 ? 'xen ' : `d${String(event.domain)}v${String(event.vcpu)}`;
  const call = event.detail.kind === 'hypercall' ? `${name}(${args})` : `${name} ${args}`.trimEnd();
  return `${seconds} ${who} ${'  '.repeat(event.depth)}${call}${result === '' ? '' : ` = ${result}`}`;
}
