/** What the instructions of store-decode.ts compute: the new value of the memory operand, the flags, other registers. */
import type { Processor } from '../../core/machine.ts';
import * as layout from '../../core/wasm/layout.ts';
import type { Store, StoreOperation } from './store-decode.ts';

/** The outcome, to be committed by `commitStore` once memory has taken `value`. */
interface StoreResult {
  /** What memory holds afterwards; null where it is not written (a CMPXCHG that failed writes the old value: also not). */
  readonly value: bigint | null;
  readonly flags: number;
  /** A general register that is written too, or -1. */
  readonly register: number;
  readonly registerValue: bigint;
}

type Arithmetic = (old: bigint, other: bigint, carry: bigint) => bigint;

const ARITHMETIC: Partial<Record<StoreOperation, Arithmetic>> = {
  add: (old, other) => old + other,
  xadd: (old, other) => old + other,
  adc: (old, other, carry) => old + other + carry,
  sub: (old, other) => old - other,
  sbb: (old, other, carry) => old - other - carry,
  or: (old, other) => old | other,
  and: (old, other) => old & other,
  xor: (old, other) => old ^ other,
  inc: (old) => old + 1n,
  dec: (old) => old - 1n,
  neg: (old) => -old,
};
const SUBTRACTIONS: readonly StoreOperation[] = ['sub', 'sbb', 'dec', 'neg'];
const LOGICAL: readonly StoreOperation[] = ['or', 'and', 'xor'];

/** Computes a store whose memory operand holds `old`. */
export function executeStore(processor: Processor, store: Store, old: bigint): StoreResult {
  const { operation, size } = store;
  const bits = size * 8;
  const other = BigInt.asUintN(bits, operand(processor, store));
  const { flags } = processor;
  const plain = { flags, register: -1, registerValue: 0n };
  switch (operation) {
    case 'mov':
    case 'stos':
      return { ...plain, value: other };
    case 'not':
      return { ...plain, value: BigInt.asUintN(bits, ~old) };
    case 'xchg':
      return { ...plain, value: other, register: store.register, registerValue: old };
    case 'cmpxchg':
      return compareExchange(processor, store, old, other);
    case 'bts':
    case 'btr':
    case 'btc':
      return bitTest(store, old, other, flags);
    default:
      return arithmetic(store, old, other, flags);
  }
}

/** Writes the registers and flags of a store and goes on to the next instruction (or iteration). */
export function commitStore(processor: Processor, store: Store, result: StoreResult): void {
  if (result.register >= 0) writeRegister(processor, store, result.register, result.registerValue);
  processor.flags = result.flags & ~layout.RF;
  if (store.operation === 'stos') {
    const step = processor.flags & layout.DF ? -store.size : store.size;
    processor.set(layout.RDI, processor.get(layout.RDI) + step);
    if (store.rep) {
      const left = BigInt.asUintN(64, processor.big(layout.RCX) - 1n);
      setBig(processor, layout.RCX, left);
      if (left !== 0n) return;
    }
  }
  processor.rip += store.length;
}

function operand(processor: Processor, store: Store): bigint {
  if (store.register < 0) return store.immediate;
  const value = processor.big(store.register);
  return store.highByte ? value >> 8n : value;
}

/** Compares with the accumulator; the flags are those of the subtraction. */
function compareExchange(processor: Processor, store: Store, old: bigint, other: bigint): StoreResult {
  const bits = store.size * 8;
  const accumulator = BigInt.asUintN(bits, processor.big(layout.RAX));
  const flags = arithmetic({ ...store, operation: 'sub' }, accumulator, old, processor.flags).flags;
  if (accumulator === old) return { value: other, flags, register: -1, registerValue: 0n };
  return { value: null, flags, register: layout.RAX, registerValue: old };
}

/** Bit tests of a page-table entry: the bit is taken within the operand, as with an immediate. */
function bitTest(store: Store, old: bigint, other: bigint, flags: number): StoreResult {
  const bit = 1n << (other & BigInt(store.size * 8 - 1));
  const value = store.operation === 'bts' ? old | bit : store.operation === 'btr' ? old & ~bit : old ^ bit;
  const carry = old & bit ? layout.CF : 0;
  return { value, flags: (flags & ~layout.CF) | carry, register: -1, registerValue: 0n };
}

function arithmetic(store: Store, old: bigint, other: bigint, flags: number): StoreResult {
  const { operation } = store;
  const bits = store.size * 8;
  const single = operation === 'inc' || operation === 'dec';
  const right = single ? 1n : other;
  const exact = ARITHMETIC[operation]!(old, other, flags & layout.CF ? 1n : 0n);
  const value = BigInt.asUintN(bits, exact);
  const sign = (number: bigint): boolean => (number >> BigInt(bits - 1)) % 2n === 1n;
  const subtracts = SUBTRACTIONS.includes(operation);
  const [from, by] = operation === 'neg' ? [0n, old] : [old, right];
  let status = 0;
  if (!LOGICAL.includes(operation)) {
    if (exact < 0n || exact >> BigInt(bits) !== 0n) status |= layout.CF;
    if ((from ^ by ^ value) & 0x10n) status |= layout.AF;
    const differ = sign(from) !== sign(by);
    if (differ === subtracts && sign(value) !== sign(from)) status |= layout.OF;
  }
  if (single) status = (status & ~layout.CF) | (flags & layout.CF);
  if (value === 0n) status |= layout.ZF;
  if (sign(value)) status |= layout.SF;
  if (evenParity(value)) status |= layout.PF;
  const register = operation === 'xadd' ? store.register : -1;
  return { value, flags: (flags & ~layout.STATUS_FLAGS) | status, register, registerValue: old };
}

function evenParity(value: bigint): boolean {
  let byte = Number(value & 0xffn);
  byte ^= byte >> 4;
  byte ^= byte >> 2;
  byte ^= byte >> 1;
  return (byte & 1) === 0;
}

/** Writes a register of the store's size: 4 bytes clear the upper half, 1 and 2 keep the rest. */
function writeRegister(processor: Processor, store: Store, register: number, value: bigint): void {
  const bits = BigInt(store.size * 8);
  const isAccumulator = register === layout.RAX && store.operation === 'cmpxchg';
  const shift = store.highByte && !isAccumulator ? 8n : 0n;
  if (store.size >= 4) return setBig(processor, register, value);
  const mask = ((1n << bits) - 1n) << shift;
  setBig(processor, register, (processor.big(register) & ~mask) | (value << shift));
}

function setBig(processor: Processor, register: number, value: bigint): void {
  const wide = BigInt.asUintN(64, value);
  processor.setHalves(register, Number(wide & 0xffff_ffffn), Number(wide >> 32n));
}
