/**
 * A structure of Xen's interface as a guest handed it over or gets it back: a copy of its bytes, read and written by the
 * names of its members, at the places and in the sizes that `abi/` says. `Caller.readStruct` makes one.
 *
 * The bytes are put together one by one, without a DataView: V8 keeps arrays of up to 64 bytes among its own objects as long
 * as nobody asks for their buffer, and so a structure costs no more than the array of words that it replaces.
 */
import type { Composite, Path, ScalarPath } from '../abi/layout.ts';
import { fromHalves, highHalf, lowHalf } from '../../core/machine.ts';
import { bug } from '../bug.ts';

/** The structure of a layout: `StructOf<typeof evtchn_send>`. */
export type StructOf<L> = L extends Composite<infer F> ? GuestStruct<F> : never;

export class GuestStruct<F> {
  readonly layout: Composite<F>;
  /** The guest's virtual address of it. */
  readonly address: number;
  private readonly memory: Uint8Array;
  private readonly base: number;

  /** One of zeros; or, of bytes that are there, those at `base`. */
  constructor(
    layout: Composite<F>,
    address: number,
    memory: Uint8Array = new Uint8Array(layout.size),
    base = 0,
  ) {
    this.layout = layout;
    this.address = address;
    this.memory = memory;
    this.base = base;
  }

  /** All its bytes: not a copy. */
  get bytes(): Uint8Array {
    return this.memory.subarray(this.base, this.base + this.layout.size);
  }

  /** The bytes of a member: not a copy. */
  bytesOf(path: Path<F>): Uint8Array {
    const start = this.base + this.layout.offset[path];
    return this.memory.subarray(start, start + this.layout.type[path].size);
  }

  /**
   * A member as a number. One of 8 bytes is signed, whatever its type (addresses of the upper half are negative), and exact
   * below 2^53 on either side of 0: beyond, it is rounded, and stays beyond, so that any check of a range holds.
   */
  get(path: ScalarPath<F>): number {
    const { kind, size } = this.scalar(path);
    const at = this.base + this.layout.offset[path as Path<F>];
    if (size === 8) return fromHalves(this.word(at), this.word(at + 4));
    if (size === 4) return kind === 'i32' ? this.word(at) : this.word(at) >>> 0;
    const { memory } = this;
    if (size === 1) return kind === 'i8' ? (memory[at]! << 24) >> 24 : memory[at]!;
    const halfword = memory[at]! | (memory[at + 1]! << 8);
    return kind === 'i16' ? (halfword << 16) >> 16 : halfword;
  }

  /** A member of 8 bytes to the last bit, unsigned: where more than 53 bits have a meaning. */
  getBig(path: ScalarPath<F>): bigint {
    const at = this.base + this.layout.offset[path as Path<F>];
    return (BigInt(this.word(at + 4) >>> 0) << 32n) | BigInt(this.word(at) >>> 0);
  }

  /** Sets a member, as a C assignment does: what does not fit is cut off above. */
  set(path: ScalarPath<F>, value: number): void {
    const { memory } = this;
    const { size } = this.scalar(path);
    const at = this.base + this.layout.offset[path as Path<F>];
    const low = lowHalf(value);
    for (let byte = 0; byte < size && byte < 4; byte++) memory[at + byte] = low >>> (byte * 8);
    if (size < 8) return;
    const high = highHalf(value);
    for (let byte = 0; byte < 4; byte++) memory[at + 4 + byte] = high >>> (byte * 8);
  }

  /** A member as a structure of its own, over the same bytes: one of `layout`, where the interface leaves that open. */
  part<G>(path: Path<F>, layout: Composite<G>): GuestStruct<G> {
    const start = this.layout.offset[path];
    if (this.base + start + layout.size > this.memory.length)
      bug(`a part at ${path} is larger than what is there`);
    return new GuestStruct(layout, this.address + start, this.memory, this.base + start);
  }

  private scalar(path: ScalarPath<F>): { kind: string; size: number } {
    return this.layout.type[path as Path<F>];
  }

  /** 32 bits, signed. */
  private word(at: number): number {
    const { memory } = this;
    return memory[at]! | (memory[at + 1]! << 8) | (memory[at + 2]! << 16) | (memory[at + 3]! << 24);
  }
}
