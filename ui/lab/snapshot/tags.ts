/** How a saved graph of objects is written: a tag, then what follows it. Counts and references are LEB128. */

export const UNDEFINED = 0;
export const NULL = 1;
export const FALSE = 2;
export const TRUE = 3;
/** An integer of up to 53 bits: zigzag, then LEB128. */
export const INTEGER = 4;
/** Any other number: IEEE 754 binary64, little-endian. */
export const NUMBER = 5;
/** Bytes of UTF-8, counted. */
export const STRING = 6;
/** An object that came before, by its number: they are numbered as they begin. */
export const REFERENCE = 7;
/** A shape's number, then the values of its keys. */
export const OBJECT = 8;
/** A new shape, which gets the next number: the class (its name; empty: a plain object), the keys; then as OBJECT. */
export const NEW_SHAPE = 9;
/** A count, and values. */
export const ARRAY = 10;
export const SET = 11;
/** A count, and keys with their values. */
export const MAP = 12;
/** An array of numbers, by its kind in ARRAY_KINDS: its bytes, counted; or a block's number. */
export const INLINE_BYTES = 13;
export const BLOCK = 14;
/** A block that is never written to: whoever restores it may share it. Bytes. */
export const FROZEN_BLOCK = 15;

/** Arrays of numbers of more bytes than this are blocks of their own. */
export const INLINE_LIMIT = 256;

export const ARRAY_KINDS = [
  Uint8Array,
  Uint16Array,
  Uint32Array,
  Int8Array,
  Int16Array,
  Int32Array,
  Float32Array,
  Float64Array,
] as const;

export type NumberArray = InstanceType<(typeof ARRAY_KINDS)[number]>;
