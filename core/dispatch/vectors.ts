/**
 * Cases of the main loop for the commonest vector instructions and for doubles. Between registers they are executed
 * here; with memory, when it hits the TLB: misses, unaligned operands and faults are left to simd/sse0f.ts.
 * core/wasm/decode/vectors.ts knows which instruction is which case.
 */
import { ABORT, SIZES, U64, loadMemory, storeMemory } from './templates.ts';

export const vectorCases: { readonly name: string; readonly body: string }[] = [];
const add = (name: string, body: string): void => void vectorCases.push({ name, body });

const AVAILABLE = `if (!sseAvailable(p)) ${ABORT}`;

/** With 16 bytes of memory, where the TLB entry's tag at `tag` is `page`. */
const vectorMemory = (tag: number, page: string, access: (pointer: string) => string): string => `
  ${AVAILABLE} const address = addressOf(p); const e = tlbEntry(address);
  if (load<u64>(e, ${tag}) == (${page})) { ${access('(<u32>address + load<u32>(e, 24))')} } else { sse0f(p); if (faulted()) ${ABORT} }`;
const anywhere = '(address + 15) & PAGE_MASK';
const aligned = 'address & (PAGE_MASK | 15)';
const vectorLoad = (pointer: string): string => `v128.store(XMM + regOf(p), v128.load(${pointer}));`;
const vectorStore = (pointer: string): string => `v128.store(${pointer}, v128.load(XMM + regOf(p)));`;
add('SSE_LOAD', vectorMemory(0, anywhere, vectorLoad));
add('SSE_STORE', vectorMemory(8, anywhere, vectorStore));
add('SSE_LOAD_ALIGNED', vectorMemory(0, aligned, vectorLoad));
add('SSE_STORE_ALIGNED', vectorMemory(8, aligned, vectorStore));
for (const [name, size] of [
  ['MOVSS', SIZES[2]!],
  ['MOVSD', U64],
] as const) {
  const load = `${loadMemory('value', size)} v128.store(XMM + regOf(p), i64x2(<i64>value, 0));`;
  add(`${name}_LOAD`, `${AVAILABLE} ${load}`);
  add(`${name}_STORE`, `${AVAILABLE} ${storeMemory(`load<${size.type}>(XMM + regOf(p))`, size)}`);
}
for (const [name, operation] of [
  ['ADDSD', 'sseAdd64'],
  ['MULSD', 'sseMul64'],
  ['SUBSD', 'sseSub64'],
  ['DIVSD', 'sseDiv64'],
]) {
  const compute = (b: string): string => `const r = ${operation!}(load<u64>(XMM + regOf(p)), ${b});
  if (simdException()) ${ABORT} store<u64>(XMM + regOf(p), r);`;
  add(`${name!}_R`, `${AVAILABLE} ${compute('load<u64>(XMM + rmOf(p))')}`);
  add(`${name!}_M`, `${AVAILABLE} ${loadMemory('b', U64)} ${compute('b')}`);
}
add('MOVDQA_R', `${AVAILABLE} ${vectorLoad('XMM + rmOf(p)')}`);
add('PMOVMSKB_R', `${AVAILABLE} store<u64>(REGS + regOf(p), <u32>i8x16.bitmask(v128.load(XMM + rmOf(p))));`);
for (const [name, operation] of [
  ['PAND', 'v128.and'],
  ['POR', 'v128.or'],
  ['PXOR', 'v128.xor'],
  ['PCMPEQB', 'i8x16.eq'],
  ['PMINUB', 'i8x16.min_u'],
  ['PSUBB', 'i8x16.sub'],
]) {
  const compute = (pointer: string): string =>
    `v128.store(XMM + regOf(p), ${operation!}(v128.load(XMM + regOf(p)), v128.load(${pointer})));`;
  add(`${name!}_R`, `${AVAILABLE} ${compute('XMM + rmOf(p)')}`);
  add(`${name!}_M`, vectorMemory(0, aligned, compute));
}
