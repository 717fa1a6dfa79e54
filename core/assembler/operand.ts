import type { Register } from './registers.ts';

/** A memory operand. Sizes are in bits; 0 where the text does not say. */
export interface Memory {
  readonly kind: 'memory';
  readonly size: number;
  /** `jmp far [x]`: the operand is a far pointer whose offset has `size` bits. */
  readonly far: boolean;
  /** Number of the overriding segment register, or -1. */
  readonly segment: number;
  /** Numbers of the general registers, or -1. */
  readonly base: number;
  readonly index: number;
  readonly scale: number;
  /** Width of the address registers; 0 where there are none and the mode decides. */
  readonly addressBits: number;
  /** The displacement; the target address where `relative`. */
  readonly displacement: bigint;
  readonly relative: boolean;
  /** The displacement names a label: it takes its full width, so that layout does not depend on it. */
  readonly symbolic: boolean;
}

/** A number: an immediate, or the target of a relative branch. */
export interface Immediate {
  readonly kind: 'immediate';
  readonly value: bigint;
  /** Width the text asks for (`byte 5`), 0 where it does not say. */
  readonly size: number;
  readonly distance: 'short' | 'near' | '';
  readonly symbolic: boolean;
}

/** `selector:offset`, the target of a direct far transfer (not in 64-bit mode). */
export interface FarPointer {
  readonly kind: 'far';
  readonly selector: bigint;
  readonly offset: bigint;
  readonly size: number;
}

export type Operand = Register | Memory | Immediate | FarPointer;

/** The mode of the code segment: what an unprefixed instruction means. */
export type Mode = 16 | 32 | 64;
