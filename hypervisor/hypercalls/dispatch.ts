/**
 * Making a hypercall: number in RAX, arguments in RDI RSI RDX R10 R8 R9, result to RAX. One that continues later is made
 * again: RIP goes back onto the `syscall`, with the new arguments in the registers (hypercall_create_continuation). So is one that
 * needs a page that is not here, when it is.
 */
import * as layout from '../../core/wasm/layout.ts';
import { ENOSYS } from '../abi/errno.ts';
import type { Vcpu } from '../state/vcpu.ts';
import { upcallDue } from '../state/vcpu-info.ts';
import { decodeArguments } from '../trace/arguments.ts';
import type { TraceDetail } from '../trace/event.ts';
import { answered, givenTo } from '../trace/given.ts';
import type { Peek } from '../trace/given.ts';
import { peekAtGuest } from '../memory/guest-access.ts';
import { DR6_BS, trapAfter } from '../traps/single-step.ts';
import type { Hypercall, HypercallContext } from './hypercall.ts';
import { hypercallOf, NR_HYPERCALLS } from './table.ts';
import { awaitFrame, tellPagers } from '../domain/paging.ts';

/** The registers of the arguments: RDI RSI RDX R10 R8 R9. */
const REGISTERS = [layout.RDI, layout.RSI, layout.RDX, 10, 8, 9] as const;
type CallDetail = Extract<TraceDetail, { kind: 'hypercall' }>;

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
  // What needs no page any more is done.
  const waits = context.mustWait && !context.replaced;
  if (context.continued) repeat(context);
  else if (waits) processor.rip = processor.rip - SYSCALL_BYTES;
  else if (!context.replaced)
    processor.setHalves(layout.RAX, result >>> 0, Math.floor(result / 0x1_0000_0000) >>> 0);
  if (waits) awaitFrame(context.hypervisor, vcpu, context.hypervisor.frames.paging.missed);
  else if ((processor.flags & layout.TF) !== 0) stepOver(context);
  tellPagers(context.hypervisor);
}

/** SYSRET, unlike IRET, raises the #DB of a TF that it restores at once, unless something else comes before. */
function stepOver({ hypervisor, vcpu, byIret }: HypercallContext): void {
  const interrupted = vcpu.nmiPending || upcallDue(hypervisor, vcpu) || hypervisor.pcpu.mustSchedule;
  if (!byIret && !interrupted) trapAfter(hypervisor, vcpu, DR6_BS);
}

/** Makes the hypercall with the arguments in `context.words`, and tells the trace. */
export function perform(context: HypercallContext, number: number): number {
  const { trace, counts } = context.hypervisor;
  const call = hypercallOf(number);
  const counters = context.inMulticall ? counts.multicallEntries : counts.hypercalls;
  // The last counter is of numbers that do not exist.
  const counter = call === null ? NR_HYPERCALLS - 1 : number;
  counters[counter] = counters[counter]! + 1;
  if (!trace.on) return handle(context, call);
  const name = call?.name ?? `unknown ${String(number)}`;
  // Loops and one literal: spreading either took a sixth of a run that is watched.
  const words: number[] = [];
  for (const word of context.words) words.push(word);
  const args = call === null ? '' : decodeArguments(call.args, context.words);
  const peek: Peek = (va, bytes) => peekAtGuest(context.hypervisor.frames, context.vcpu, va, bytes);
  const given = givenTo(name, context.words, peek);
  const detail: CallDetail = {
    kind: 'hypercall',
    number,
    name,
    words,
    args,
    given,
    result: null,
    gave: [],
    refusal: null,
  };
  const span = trace.begin(detail);
  const result = handle(context, call);
  if (!context.continued && !context.mustWait) {
    detail.result = result;
    detail.gave = answered(name, given, words, peek);
  }
  trace.end(span);
  return result;
}

function handle(context: HypercallContext, call: Hypercall | null): number {
  if (call === null) return -ENOSYS;
  const a1 = context.argument(0);
  const a2 = context.argument(1);
  const a3 = context.argument(2);
  const a4 = context.argument(3);
  return call.handler(context, a1, a2, a3, a4, context.argument(4));
}

/** The guest makes the call again, with what `continueWith` left in the arguments. */
function repeat(context: HypercallContext): void {
  const { processor } = context.hypervisor;
  for (let index = 0; index < 6; index++)
    processor.setHalves(REGISTERS[index]!, context.words[index * 2]!, context.words[index * 2 + 1]!);
  processor.setHalves(layout.RAX, context.number, 0);
  processor.rip = processor.rip - SYSCALL_BYTES;
}
