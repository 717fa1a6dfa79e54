/** What the cases of the main loop (dispatch.ts) are made of: operands of every size. */

export interface Size {
  readonly type: string;
  readonly bytes: number;
  readonly shift: number;
}

export const SIZES: readonly [Size, Size, Size, Size] = [
  { type: 'u8', bytes: 1, shift: 56 },
  { type: 'u16', bytes: 2, shift: 48 },
  { type: 'u32', bytes: 4, shift: 32 },
  { type: 'u64', bytes: 8, shift: 0 },
];
export const U64 = SIZES[3];

/** Leaves the loop with the fault that was raised. */
export const ABORT = 'return abort(p, block, remaining);';

/** Loads `name` from the record's memory operand (`address` is declared here), or leaves the loop with its fault. */
export const loadMemory = (name: string, size: Size, address = 'addressOf(p)'): string => `
  const address = ${address}; const e = tlbEntry(address); let ${name}: ${size.type};
  if (load<u64>(e) == ((address + ${size.bytes - 1}) & PAGE_MASK)) ${name} = load<${size.type}>(<u32>address + load<u32>(e, 24));
  else { ${name} = <${size.type}>readSlow(address, ${size.bytes}); if (faulted()) ${ABORT} }`;

/** Stores `value` at `address`, or leaves the loop with its fault. */
export const storeMemory = (value: string, size: Size, address = 'addressOf(p)'): string => `
  const to = ${address}; const w = tlbEntry(to);
  if (load<u64>(w, 8) == ((to + ${size.bytes - 1}) & PAGE_MASK)) store<${size.type}>(<u32>to + load<u32>(w, 24), <${size.type}>(${value}));
  else { writeSlow(to, ${size.bytes}, <u64>(${value})); if (faulted()) ${ABORT} }`;

/** A register operand: `field` is regOf or rmOf. */
export const readReg = (field: string, size: Size): string => `load<${size.type}>(REGS + ${field}(p))`;
export const writeReg = (field: string, size: Size, value: string): string =>
  size.bytes >= 4
    ? `store<u64>(REGS + ${field}(p), <u64>(${value}));`
    : `store<${size.type}>(REGS + ${field}(p), ${value});`;
/** The compiler's optimizer sign-extends `<u64><u32>` of an inlined function's i32: 32-bit immediates are loaded as u32. */
export const immediate = (size: Size): string => {
  if (size.bytes === 4) return 'load<u32>(p, 12)';
  return size.bytes === 8 ? '<u64><i64>immOf(p)' : `<${size.type}>immOf(p)`;
};
