/**
 * A probe: one instruction (or a short program), and how its inputs are made. recorder.c and generator.h
 * know the same numbers.
 */

/**
 * Where the recorder puts things: the code page, two data pages, and the part of them that holds generated
 * data.
 */
export const CODE = 0x20000000;
export const CODE_AT = 0x400;
export const PAGE = 0x30000000;
export const PAGE_BYTES = 8192;
/** Around the end of the first page, so that operands cross it. */
export const WINDOW = 0xe00;
export const WINDOW_BYTES = 1024;

/** Parts of the state that get generated values; the others start as a processor after FNINIT has them. */
export const USES_VECTORS = 1;
export const USES_X87 = 2;
export const USES_MEMORY = 4;
/** DF may be set. */
export const USES_DIRECTION = 8;
/** As X87, with packed integers in the registers. */
export const USES_MMX = 16;

/** What is done to one register (or to memory at it) after the random values are in place. */
export const FIX = {
  pointer: 1,
  stack: 2,
  code: 3,
  count: 4,
  index: 5,
  bit: 6,
  dividend: 7,
  gsOffset: 8,
  sameRegister: 9,
  sameMemory: 10,
  wordCode: 11,
  wordCs: 12,
  wordSs: 13,
  wordFlags: 14,
  wordStack: 15,
  fxsaveImage: 16,
  x87Image: 17,
  mxcsrImage: 18,
  /** A fixed aligned address with generated data around. */
  window: 19,
  selector: 20,
  wordSelector: 21,
} as const;

/** Kinds of generated data: general words, packed integers, floats, doubles, extended, BCD, a mix. */
export type DataKind = 'g' | 'i' | 's' | 'd' | 'x' | 'b' | 'm';

export type Fixup = readonly [kind: number, register: number, parameter: number];

export interface Probe {
  /** The form's row in the assembler's table, for reports and for the table of undefined flags. */
  readonly form: string;
  /** The instruction as text. */
  readonly text: string;
  readonly mode: 64 | 32;
  readonly code: Uint8Array;
  readonly uses: number;
  readonly trials: number;
  readonly vectors: DataKind;
  readonly memory: DataKind;
  readonly fixups: readonly Fixup[];
}
