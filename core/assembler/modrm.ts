/** Memory operands to ModRM, SIB and displacement (Intel SDM vol. 2, tables 2-1 to 2-3). */
import { AssemblyError } from './errors.ts';
import type { Memory, Mode } from './operand.ts';

const REX_X = 2;
const REX_B = 1;
const NO_INDEX = 4;
const SIB_FOLLOWS = 4;
const DISPLACEMENT_ONLY = 5;

export interface ModrmBytes {
  readonly bytes: readonly number[];
  readonly rex: number;
  /** The last four bytes are a RIP-relative displacement, to fill in once the length is known. */
  readonly relative: boolean;
}

/** ModRM with `reg`, SIB and displacement; null where an absolute address does not fit 32 signed bits. */
export function encodeMemory(memory: Memory, reg: number, mode: Mode): ModrmBytes | null {
  if (memory.relative) {
    if (mode !== 64) throw new AssemblyError('RIP-relative addressing exists in 64-bit mode only');
    return { bytes: [(reg << 3) | DISPLACEMENT_ONLY, 0, 0, 0, 0], rex: 0, relative: true };
  }
  const bits = memory.addressBits || mode;
  if (bits === 16) return encode16(memory, reg);
  if (memory.base < 0 && memory.index < 0) return absolute(memory, reg, mode, bits);
  const displacement = BigInt.asIntN(bits, memory.displacement);
  if (displacement !== BigInt.asIntN(32, displacement)) throw new AssemblyError('displacement out of range');

  const { mod, size } = displacementForm(memory, displacement);
  const rex = (memory.base >= 8 ? REX_B : 0) | (memory.index >= 8 ? REX_X : 0);
  const needsSib = memory.index >= 0 || memory.base < 0 || (memory.base & 7) === 4;
  if (!needsSib) {
    const bytes = [(mod << 6) | (reg << 3) | (memory.base & 7), ...little(displacement, size)];
    return { bytes, rex, relative: false };
  }
  if (memory.index === 4) throw new AssemblyError('rsp cannot be an index');
  const scale = [1, 2, 4, 8].indexOf(memory.scale);
  const index = memory.index < 0 ? NO_INDEX : memory.index & 7;
  const base = memory.base < 0 ? DISPLACEMENT_ONLY : memory.base & 7;
  const bytes = [(mod << 6) | (reg << 3) | SIB_FOLLOWS, (scale << 6) | (index << 3) | base];
  return { bytes: [...bytes, ...little(displacement, size)], rex, relative: false };
}

function displacementForm(memory: Memory, displacement: bigint): { mod: number; size: number } {
  if (memory.base < 0) return { mod: 0, size: 4 };
  if (memory.symbolic) return { mod: 2, size: 4 };
  if (displacement === 0n && (memory.base & 7) !== DISPLACEMENT_ONLY) return { mod: 0, size: 0 };
  return displacement === BigInt.asIntN(8, displacement) ? { mod: 1, size: 1 } : { mod: 2, size: 4 };
}

function absolute(memory: Memory, reg: number, mode: Mode, bits: number): ModrmBytes | null {
  const address = BigInt.asIntN(bits, memory.displacement);
  if (bits === 64 && address !== BigInt.asIntN(32, address)) return null;
  const field = little(address, 4);
  // In 64-bit mode ModRM alone means RIP-relative, so the absolute form takes a SIB with neither register.
  if (mode === 64) return { bytes: [(reg << 3) | SIB_FOLLOWS, 0x25, ...field], rex: 0, relative: false };
  return { bytes: [(reg << 3) | DISPLACEMENT_ONLY, ...field], rex: 0, relative: false };
}

const [BX, BP, SI, DI] = [3, 5, 6, 7];
/** ModRM.rm of 16-bit addressing: base and index registers. */
export const RM16: readonly (readonly [base: number, index: number])[] = [
  ...([[BX, SI] as const, [BX, DI] as const, [BP, SI] as const, [BP, DI] as const] as const),
  ...([[SI, -1] as const, [DI, -1] as const, [BP, -1] as const, [BX, -1] as const] as const),
];

function encode16(memory: Memory, reg: number): ModrmBytes {
  const displacement = BigInt.asIntN(16, memory.displacement);
  if (memory.base < 0 && memory.index < 0) {
    return { bytes: [(reg << 3) | 6, ...little(displacement, 2)], rex: 0, relative: false };
  }
  const rm = RM16.findIndex(
    ([base, index]) =>
      (base === memory.base && index === memory.index) || (base === memory.index && index === memory.base),
  );
  if (rm < 0 || memory.scale !== 1) throw new AssemblyError('not a 16-bit address');
  const small = displacement === BigInt.asIntN(8, displacement) && !memory.symbolic;
  const mod = displacement === 0n && rm !== 6 && !memory.symbolic ? 0 : small ? 1 : 2;
  return { bytes: [(mod << 6) | (reg << 3) | rm, ...little(displacement, mod)], rex: 0, relative: false };
}

function little(value: bigint, count: number): number[] {
  const raw = BigInt.asUintN(64, value);
  return Array.from({ length: count }, (_, n) => Number((raw >> BigInt(8 * n)) & 0xffn));
}
