/**
 * Making a hypercall: number in RAX, arguments in RDI RSI RDX R10 R8 R9, result to RAX. One that continues later is made
 * again: RIP goes back onto the `syscall`, with the new arguments in the registers (hypercall_create_continuation).
 */
import { fromHalves } from '../../core/machine.ts';
import * as layout from '../../core/wasm/layout.ts';
import { ENOSYS } from '../abi/errno.ts';
import type { Vcpu } from '../state/vcpu.ts';
import { upcallDue } from '../state/vcpu-info.ts';
import { decodeArguments } from '../trace/arguments.ts';
import { DR6_BS, trapAfter } from '../traps/single-step.ts';
import type { HypercallContext } from './hypercall.ts';
import { hypercallOf, NR_HYPERCALLS } from './table.ts';

/** The registers of the arguments: RDI RSI RDX R10 R8 R9. */
const REGISTERS = [layout.RDI, layout.RSI, layout.RDX, 10, 8, 9] as const;
/** Length of SYSCALL. */
const SYSCALL_BYTES = 2;

/** The hypercall that the current vcpu makes by SYSCALL, RIP behind the instruction. */
export function makeHypercall(context: HypercallContext, vcpu: Vcpu): void {
  const { processor } = context.hypervisor;
  const { words } = context;
  for (let index = 0; index < 6; index++) {
    words[index * 2] = processor.low(REGISTERS[index]!);
    words[index * 2 + 1] = processor.high(REGISTERS[index]!);
  }
  const number = processor.high(layout.RAX) === 0 ? processor.low(layout.RAX) : 0xffffffff;
  context.vcpu = vcpu;
  context.domain = vcpu.domain;
  context.number = number;
  context.inMulticall = false;
  context.startWork();
  const result = perform(context, number);
  if (context.continued) repeat(context);
  else if (!context.replaced)
    processor.setHalves(layout.RAX, result >>> 0, Math.floor(result / 0x1_0000_0000) >>> 0);
  if ((processor.flags & layout.TF) !== 0) stepOver(context);
}

/** SYSRET, unlike IRET, raises the #DB of a TF that it restores at once, unless something else comes before. */
function stepOver({ hypervisor, vcpu, byIret }: HypercallContext): void {
  const interrupted = vcpu.nmiPending || upcallDue(hypervisor, vcpu) || hypervisor.pcpu.mustSchedule;
  if (!byIret && !interrupted) trapAfter(hypervisor, vcpu, DR6_BS);
}

/** Calls the handler with the arguments in `context.words`, and tells the trace. */
export function perform(context: HypercallContext, number: number): number {
  const { hypervisor, words } = context;
  const call = hypercallOf(number);
  const counts = context.inMulticall ? hypervisor.counts.multicallEntries : hypervisor.counts.hypercalls;
  // The last counter is of numbers that do not exist.
  const counter = call === null ? NR_HYPERCALLS - 1 : number;
  counts[counter] = counts[counter]! + 1;
  if (hypervisor.trace.on) return performTraced(context, number);
  if (call === null) return -ENOSYS;
  return call.handler(
    context,
    fromHalves(words[0]!, words[1]!),
    fromHalves(words[2]!, words[3]!),
    fromHalves(words[4]!, words[5]!),
    fromHalves(words[6]!, words[7]!),
    fromHalves(words[8]!, words[9]!),
  );
}

function performTraced(context: HypercallContext, number: number): number {
  const { trace } = context.hypervisor;
  const { words } = context;
  const call = hypercallOf(number);
  const name = call?.name ?? `unknown ${String(number)}`;
  const args = call === null ? '' : decodeArguments(call.args, words);
  const detail = {
    kind: 'hypercall' as const,
    number,
    name,
    words: [...words],
    args,
    result: null as number | null,
  };
  const span = trace.begin(detail);
  const [a1, a2, a3, a4, a5] = [0, 1, 2, 3, 4].map((index) => context.argument(index)) as [
    number,
    number,
    number,
    number,
    number,
  ];
  const result = call === null ? -ENOSYS : call.handler(context, a1, a2, a3, a4, a5);
  detail.result = context.continued ? null : result;
  trace.end(span);
  return result;
}

/** The guest makes the call again, with what `continueWith` left in the arguments. */
function repeat(context: HypercallContext): void {
  const { processor } = context.hypervisor;
  for (let index = 0; index < 6; index++)
    processor.setHalves(REGISTERS[index]!, context.words[index * 2]!, context.words[index * 2 + 1]!);
  processor.setHalves(layout.RAX, context.number, 0);
  processor.rip = processor.rip - SYSCALL_BYTES;
}
