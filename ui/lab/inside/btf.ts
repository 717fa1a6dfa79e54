/**
 * What a Linux kernel says of its own structures: the BPF Type Format (Documentation/bpf/btf.rst), which CONFIG_DEBUG_INFO_BTF puts
 * into its image. Read for one thing: where in a structure a member is.
 */

import { indexOf } from './index-of.ts';

/** Magic, version and flags; a header of 24 bytes. */
const HEADER = Uint8Array.of(0x9f, 0xeb, 1, 0, 24, 0, 0, 0);
const HEADER_BYTES = 24;
const TYPE_BYTES = 12;
const MEMBER_BYTES = 12;
const STRUCT = 4;
const UNION = 5;

/** Bytes behind a type's first twelve, by its kind: so many, and so many for each of what it counts. */
const BEHIND: Readonly<Record<number, readonly [fixed: number, each: number]>> = {
  1: [4, 0], // INT
  3: [12, 0], // ARRAY
  [STRUCT]: [0, MEMBER_BYTES],
  [UNION]: [0, MEMBER_BYTES],
  6: [0, 8], // ENUM
  13: [0, 8], // FUNC_PROTO
  14: [4, 0], // VAR
  15: [0, 12], // DATASEC
  17: [4, 0], // DECL_TAG
  19: [0, 12], // ENUM64
};
const NOTHING_BEHIND = [0, 0] as const;
/** Structures without names in each other; and letters of a name. */
const MOST_DEPTH = 8;
const LONGEST_NAME = 128;
/** BTF_KIND_MAX of Linux 6.1. */
const LAST_KIND = 19;

export class Btf {
  private readonly view: DataView;
  private readonly strings: Uint8Array;
  /** Where each type is, by its id; what is no type's id is 0. */
  private readonly types: readonly number[];

  /** The first in a kernel's image; null: it has none. */
  static in(image: Uint8Array): Btf | null {
    for (let at = indexOf(image, HEADER); at >= 0; at = indexOf(image, HEADER, at + 1)) {
      const found = Btf.at(image, at);
      if (found !== null) return found;
    }
    return null;
  }

  private static at(image: Uint8Array, at: number): Btf | null {
    if (at + HEADER_BYTES > image.length) return null;
    const header = new DataView(image.buffer, image.byteOffset + at, HEADER_BYTES);
    const word = (offset: number): number => header.getUint32(offset, true);
    const types = at + HEADER_BYTES + word(8);
    const strings = at + HEADER_BYTES + word(16);
    const [typesEnd, stringsEnd] = [types + word(12), strings + word(20)];
    if (typesEnd > image.length || stringsEnd > image.length) return null;
    const starts = startsOf(image.subarray(types, typesEnd));
    return starts === null
      ? null
      : new Btf(image.subarray(types, typesEnd), starts, image.subarray(strings, stringsEnd));
  }

  private constructor(types: Uint8Array, starts: readonly number[], strings: Uint8Array) {
    this.view = new DataView(types.buffer, types.byteOffset, types.byteLength);
    this.types = starts;
    this.strings = strings;
  }

  /** Where members of a structure are, in bytes, also those of structures without a name in it; null: one is not there. */
  offsets<Name extends string>(
    structure: string,
    members: readonly Name[],
  ): Readonly<Record<Name, number>> | null {
    const name = this.nameAt(structure);
    const at = this.types.find((each) => this.kind(each) === STRUCT && this.word(each) === name);
    if (at === undefined || name < 0) return null;
    const found = members.map((member) => [member, this.member(at, member)] as const);
    return found.some(([, offset]) => offset === null)
      ? null
      : (Object.fromEntries(found) as Record<Name, number>);
  }

  /** `depth`: of structures in each other; a guest may have put them in a circle. */
  private member(structure: number, wanted: string, depth = 0): number | null {
    if (depth > MOST_DEPTH) return null;
    const info = this.word(structure + 4);
    for (let n = 0; n < (info & 0xffff); n++) {
      const at = structure + TYPE_BYTES + n * MEMBER_BYTES;
      const bits = this.word(at + 8);
      // With its highest bit set, members may be bit fields, and have their widths above their offsets.
      const offset = (info >>> 31 === 1 ? bits & 0xff_ffff : bits) / 8;
      if (this.text(this.word(at)) === wanted) return offset;
      const inner = this.word(at) === 0 ? this.types[this.word(at + 4)] : undefined;
      const within =
        inner !== undefined && this.hasMembers(inner) ? this.member(inner, wanted, depth + 1) : null;
      if (within !== null) return offset + within;
    }
    return null;
  }

  private hasMembers(at: number): boolean {
    return this.kind(at) === STRUCT || this.kind(at) === UNION;
  }

  private kind(at: number): number {
    return (this.word(at + 4) >>> 24) & 31;
  }

  private word(at: number): number {
    return this.view.getUint32(at, true);
  }

  /** Where a name is among the strings; -1: nowhere. */
  private nameAt(name: string): number {
    const found = indexOf(this.strings, new TextEncoder().encode(`\0${name}\0`));
    return found < 0 ? -1 : found + 1;
  }

  private text(at: number): string {
    const name = this.strings.subarray(at, at + LONGEST_NAME);
    const end = name.indexOf(0);
    return String.fromCharCode(...name.subarray(0, end < 0 ? name.length : end));
  }
}

/** Where the types begin, by id; null: they are none. Id 0 is `void`, which stands nowhere: it is told as the first. */
function startsOf(types: Uint8Array): readonly number[] | null {
  const view = new DataView(types.buffer, types.byteOffset, types.byteLength);
  const starts = [0];
  let at = 0;
  while (at + TYPE_BYTES <= types.length) {
    const info = view.getUint32(at + 4, true);
    const kind = (info >>> 24) & 31;
    if (kind === 0 || kind > LAST_KIND) return null;
    starts.push(at);
    const [fixed, each] = BEHIND[kind] ?? NOTHING_BEHIND;
    at += TYPE_BYTES + fixed + each * (info & 0xffff);
  }
  return at === types.length && starts.length > 1 ? starts : null;
}
