/**
 * SSE arithmetic goes two ways: the host's, where that is certain to agree, and exact integer arithmetic. Unmasking an
 * exception that does not occur forces the second: both must give the same bits and the same flags.
 */
import { expect, test } from 'vitest';
import { CODE, userMachine } from '../../testing.ts';
import { assemble } from '../../assembler/assemble.ts';
import * as layout from '../../wasm/layout.ts';

const MASKED = 0x1f80;
const DENORMAL_MASK = 0x100;
const [DE, PE] = [2, 0x20];
const TRIALS = 400;

const INSTRUCTIONS = ['addsd', 'subsd', 'mulsd', 'divsd', 'sqrtsd', 'cvtsd2ss', 'addss', 'subss', 'mulss']
  .concat(['divss', 'sqrtss', 'cvtss2sd'])
  .map((name) => `${name} xmm0, xmm1`)
  .concat(['cvtsd2si eax, xmm1', 'cvttsd2si rax, xmm1', 'cvtss2si eax, xmm1', 'cvtsi2sd xmm0, rdx'])
  .concat(['cvtsi2ss xmm0, rdx']);

/** xorshift32. */
function* randomWords(seed: number): Generator<number, never> {
  for (let x = seed; ;) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    yield x >>> 0;
  }
}

/** Exponents near 1, sparse and dense fractions; sometimes anything at all. */
function operand(next: () => number): [number, number] {
  const kind = next() & 7;
  const low = kind < 3 ? 0 : next();
  const high = next();
  if (kind === 7) return [low, high];
  const fraction = kind < 5 ? high & 0xf0000 : high & 0xfffff;
  return [low, (0x3fe00000 + ((high >>> 20) & 3) * 0x100000 + (high & 0x80000000)) | fraction];
}

test.each(INSTRUCTIONS)('%s', (instruction) => {
  const machine = userMachine();
  const { processor } = machine;
  machine.write(CODE, assemble(instruction, { origin: CODE }).bytes);
  const words = randomWords(0x9e3779b9);
  const next = () => words.next().value;
  const run = (mxcsr: number, values: readonly number[]) => {
    values.forEach((value, n) => processor.setWord(layout.XMM + n * 4 + (n > 1 ? 8 : 0), value));
    processor.setHalves(layout.RDX, values[0]!, values[1]! >> (values[2]! & 31));
    processor.setHalves(layout.RAX, 0, 0);
    processor.setWord(layout.MXCSR, mxcsr);
    processor.rip = CODE;
    const exit = processor.run(1);
    const result = [0, 4, 8].map((at) => processor.word(layout.XMM + at));
    return { exit, result, rax: processor.big(layout.RAX), flags: processor.word(layout.MXCSR) & 0x3f };
  };
  for (let trial = 0; trial < TRIALS; trial++) {
    const values = [...operand(next), ...operand(next)];
    const sticky = next() & PE;
    const fast = run(MASKED | sticky, values);
    if (fast.flags & DE) continue;
    expect(run((MASKED & ~DENORMAL_MASK) | sticky, values)).toEqual(fast);
  }
});
