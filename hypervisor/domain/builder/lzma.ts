/**
 * LZMA alone, as Linux packs kernels with it: a byte of properties, how large the dictionary was, how much it unpacks to, and
 * one stream of literals and matches, each bit told by a range coder with the probability that it has had so far. Linux's
 * build packs from a pipe, so that the size is not known (all ones), and the end is marked.
 * Source: lzma-specification.txt of the LZMA SDK.
 */
import { ImageError } from './image-error.ts';
import { hex, ImageReader } from './image-reader.ts';

const SIZE = 5;
const HEADER_BYTES = 13;
const CODER_BYTES = 5;
const UNKNOWN = 0xffff_ffff;

/** Bits of a probability, and how fast it learns. */
const MODEL_BITS = 11;
const MODEL_TOTAL = 1 << MODEL_BITS;
const MOVE_BITS = 5;
/** Below this the range takes in another byte. */
const TOP = 2 ** 24;

const STATES = 12;
/** In states below this the last thing was a literal. */
const AFTER_MATCH = 7;
const MAX_POSITION_BITS = 4;
const LITERAL_CODER = 0x300;
const MIN_LENGTH = 2;
const SLOT_TREES = 4;
const SLOT_BITS = 6;
const FIRST_LONG_SLOT = 4;
const FIRST_ALIGNED_SLOT = 14;
const ALIGN_BITS = 4;
/** The distance, less 1, that says that there is nothing more. */
const END_MARK = 0xffff_ffff;

function models(count: number): Uint16Array {
  return new Uint16Array(count).fill(MODEL_TOTAL / 2);
}

/** Bits by their probabilities. Behind the end are zeroes: `isOverrun`. */
class RangeDecoder {
  private range = 0xffff_ffff;
  private code = 0;
  private readonly bytes: Uint8Array;
  private at: number;

  constructor(bytes: Uint8Array, from: number) {
    this.bytes = bytes;
    this.at = from + 1;
    while (this.at < from + CODER_BYTES) this.code = ((this.code << 8) | bytes[this.at++]!) >>> 0;
  }

  get isOverrun(): boolean {
    return this.at > this.bytes.length;
  }

  private normalize(): void {
    if (this.range >= TOP) return;
    this.range = (this.range << 8) >>> 0;
    this.code = ((this.code << 8) | (this.bytes[this.at++] ?? 0)) >>> 0;
  }

  bit(probabilities: Uint16Array, index: number): 0 | 1 {
    this.normalize();
    const probability = probabilities[index]!;
    const bound = (this.range >>> MODEL_BITS) * probability;
    if (this.code < bound) {
      this.range = bound;
      probabilities[index] = probability + ((MODEL_TOTAL - probability) >> MOVE_BITS);
      return 0;
    }
    this.range -= bound;
    this.code -= bound;
    probabilities[index] = probability - (probability >> MOVE_BITS);
    return 1;
  }

  /** A number of so many bits, the highest first, with a 1 before it. */
  tree(probabilities: Uint16Array, bits: number, from = 0): number {
    let symbol = 1;
    while (symbol < 1 << bits) symbol = (symbol << 1) | this.bit(probabilities, from + symbol);
    return symbol;
  }

  /** A number of so many bits, the lowest first. */
  reverseTree(probabilities: Uint16Array, bits: number, from: number): number {
    let symbol = 1;
    let value = 0;
    for (let n = 0; n < bits; n++) {
      const next = this.bit(probabilities, from + symbol);
      symbol = (symbol << 1) | next;
      value |= next << n;
    }
    return value;
  }

  /** A number of bits that are as likely 0 as 1. */
  direct(bits: number): number {
    let value = 0;
    for (let n = 0; n < bits; n++) {
      this.normalize();
      this.range >>>= 1;
      const isSet = this.code >= this.range;
      if (isSet) this.code -= this.range;
      value = value * 2 + (isSet ? 1 : 0);
    }
    return value;
  }
}

/** A match's length, by three trees: of short, of middle and of long ones. */
class LengthDecoder {
  private readonly choice = models(2);
  private readonly low = models(8 << MAX_POSITION_BITS);
  private readonly middle = models(8 << MAX_POSITION_BITS);
  private readonly high = models(256);

  read(coder: RangeDecoder, position: number): number {
    if (coder.bit(this.choice, 0) === 0) return MIN_LENGTH + coder.tree(this.low, 3, position << 3) - 8;
    if (coder.bit(this.choice, 1) === 0) return MIN_LENGTH + coder.tree(this.middle, 3, position << 3);
    return MIN_LENGTH + 16 + coder.tree(this.high, 8) - 256;
  }
}

class LzmaDecoder {
  private readonly isMatch = models(STATES << MAX_POSITION_BITS);
  private readonly isRepeated = models(STATES);
  private readonly isOlder = [models(STATES), models(STATES), models(STATES)] as const;
  private readonly isLongRepeat = models(STATES << MAX_POSITION_BITS);
  private readonly slots = models(SLOT_TREES << SLOT_BITS);
  private readonly special = models(115);
  private readonly align = models(1 << ALIGN_BITS);
  private readonly lengths = new LengthDecoder();
  private readonly repeatLengths = new LengthDecoder();
  private readonly literals: Uint16Array;
  private readonly positionMask: number;
  private readonly literalMask: number;
  private readonly contextBits: number;
  private state = 0;
  /** The last four distances, less 1. */
  private readonly distances = [0, 0, 0, 0];

  private readonly coder: RangeDecoder;
  private readonly out: Uint8Array;

  constructor(coder: RangeDecoder, out: Uint8Array, properties: number) {
    this.coder = coder;
    this.out = out;
    this.contextBits = properties % 9;
    const literalPositionBits = Math.floor(properties / 9) % 5;
    this.literalMask = (1 << literalPositionBits) - 1;
    this.positionMask = (1 << Math.floor(properties / 45)) - 1;
    this.literals = models(LITERAL_CODER << (this.contextBits + literalPositionBits));
  }

  private literal(at: number): number {
    const before = at === 0 ? 0 : this.out[at - 1]!;
    const context = ((at & this.literalMask) << this.contextBits) + (before >> (8 - this.contextBits));
    const from = LITERAL_CODER * context;
    let symbol = 1;
    // Behind a match: as long as its bits are those of the byte that another match would give, they say more.
    let matched = this.state < AFTER_MATCH ? 0 : this.out[at - this.distances[0]! - 1]!;
    for (let isSame = this.state >= AFTER_MATCH; isSame && symbol < 0x100;) {
      const expected = (matched >> 7) & 1;
      matched <<= 1;
      const next = this.coder.bit(this.literals, from + ((1 + expected) << 8) + symbol);
      symbol = (symbol << 1) | next;
      isSame = next === expected;
    }
    while (symbol < 0x100) symbol = (symbol << 1) | this.coder.bit(this.literals, from + symbol);
    this.state = this.state < 4 ? 0 : this.state - (this.state < 10 ? 3 : 6);
    return symbol & 0xff;
  }

  /** A match's distance, less 1. */
  private distance(length: number): number {
    const tree = Math.min(length - MIN_LENGTH, SLOT_TREES - 1);
    const slot = this.coder.tree(this.slots, SLOT_BITS, tree << SLOT_BITS) - (1 << SLOT_BITS);
    if (slot < FIRST_LONG_SLOT) return slot;
    const bits = (slot >> 1) - 1;
    const base = (2 | (slot & 1)) * 2 ** bits;
    if (slot < FIRST_ALIGNED_SLOT) return base + this.coder.reverseTree(this.special, bits, base - slot);
    const high = this.coder.direct(bits - ALIGN_BITS) * 2 ** ALIGN_BITS;
    return base + high + this.coder.reverseTree(this.align, ALIGN_BITS, 0);
  }

  /** One of the last distances comes to the front: the length of its match; 1: a single byte. */
  private repeat(position: number): number {
    const isNewest = this.coder.bit(this.isOlder[0], this.state) === 0;
    if (isNewest && this.coder.bit(this.isLongRepeat, (this.state << MAX_POSITION_BITS) + position) === 0) {
      this.state = this.state < AFTER_MATCH ? 9 : 11;
      return 1;
    }
    if (!isNewest) {
      const isSecond = this.coder.bit(this.isOlder[1], this.state) === 0;
      const which = isSecond ? 1 : 2 + this.coder.bit(this.isOlder[2], this.state);
      this.distances.unshift(...this.distances.splice(which, 1));
    }
    this.state = this.state < AFTER_MATCH ? 8 : 11;
    return this.repeatLengths.read(this.coder, position);
  }

  private match(position: number): number {
    if (this.coder.bit(this.isRepeated, this.state) === 1) return this.repeat(position);
    const length = this.lengths.read(this.coder, position);
    this.state = this.state < AFTER_MATCH ? 7 : 10;
    this.distances.pop();
    this.distances.unshift(this.distance(length));
    return length;
  }

  /** Fills `out`. How much of it there is; undefined: what it reads is damaged. `isMarked`: behind it the end is to be marked. */
  run(isMarked: boolean): number | undefined {
    let at = 0;
    while ((at < this.out.length || isMarked) && !this.coder.isOverrun) {
      const position = at & this.positionMask;
      if (this.coder.bit(this.isMatch, (this.state << MAX_POSITION_BITS) + position) === 0) {
        if (at >= this.out.length) return undefined;
        this.out[at] = this.literal(at);
        at++;
        continue;
      }
      const length = this.match(position);
      const distance = this.distances[0]! + 1;
      if (distance > END_MARK) return isMarked ? at : undefined;
      if (distance > at || length > this.out.length - at) return undefined;
      for (const end = at + length; at < end; at++) this.out[at] = this.out[at - distance]!;
    }
    return this.coder.isOverrun ? undefined : at;
  }
}

/** Unpacks to `size` bytes at most. */
export function unlzma(bytes: Uint8Array, size: number): Uint8Array {
  const image = new ImageReader(bytes);
  image.require('the LZMA header', 0, HEADER_BYTES + CODER_BYTES);
  const [low, high] = [image.u32('the LZMA header', SIZE), image.u32('the LZMA header', SIZE + 4)];
  const isMarked = low === UNKNOWN && high === UNKNOWN;
  if (!isMarked && (high !== 0 || low !== size))
    throw new ImageError('corrupt', `the LZMA header says ${hex(low)} bytes, Linux's build ${hex(size)}`);
  const out = new Uint8Array(size);
  // Its mark, by which it is known, begins with the properties.
  const decoder = new LzmaDecoder(new RangeDecoder(bytes, HEADER_BYTES), out, bytes[0]!);
  const filled = decoder.run(isMarked);
  if (filled === undefined) throw new ImageError('corrupt', 'the LZMA stream is damaged');
  return out.subarray(0, filled);
}
