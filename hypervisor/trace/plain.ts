/** Structures of Xen's interface as plain values, for whoever is told of them: no bytes of a guest's are kept. */
import type { Composite, Fields, Scalar, Type } from '../abi/layout.ts';
import type { Plain, PlainValue } from './values.ts';

/** A structure whatever it is. */
export type AnyLayout = Composite<Fields>;

interface Member {
  readonly path: string;
  readonly at: number;
  readonly size: number;
  readonly isSigned: boolean;
}

const known = new WeakMap<object, readonly Member[]>();

/** A structure's members in order. */
export function membersOf(layout: AnyLayout): readonly Member[] {
  let members = known.get(layout);
  if (members === undefined) {
    members = Object.entries<Type>(layout.type).flatMap(([path, type]) =>
      isScalar(type) ? [memberAt(path, layout.offset[path]!, type)] : [],
    );
    known.set(layout, members);
  }
  return members;
}

function isScalar(type: Type): type is Scalar {
  return type.kind !== 'array' && type.kind !== 'struct' && type.kind !== 'union';
}

function memberAt(path: string, at: number, { kind, size }: Scalar): Member {
  return { path, at, size, isSigned: kind.startsWith('i') };
}

/** The structure that lies at `start` in these bytes, as far as they go. */
export function plainOf(layout: AnyLayout, bytes: DataView, start = 0): Plain {
  const plain: Record<string, PlainValue> = {};
  for (const { path, at, size, isSigned } of membersOf(layout))
    if (start + at + size <= bytes.byteLength) plain[path] = scalarAt(bytes, start + at, size, isSigned);
  return plain;
}

function scalarAt(bytes: DataView, at: number, size: number, isSigned: boolean): PlainValue {
  if (size === 1) return isSigned ? bytes.getInt8(at) : bytes.getUint8(at);
  if (size === 2) return isSigned ? bytes.getInt16(at, true) : bytes.getUint16(at, true);
  if (size === 4) return isSigned ? bytes.getInt32(at, true) : bytes.getUint32(at, true);
  const [low, high] = [bytes.getUint32(at, true), bytes.getUint32(at + 4, true)];
  return isSigned ? plainSigned(low, high) : plainWide(low, high);
}

const EXACT_HIGH = 0x20_0000;

/** 64 bits, unsigned. */
export function plainWide(low: number, high: number): PlainValue {
  if (high < EXACT_HIGH) return high * 0x1_0000_0000 + low;
  return `0x${high.toString(16).padStart(8, '0')}${low.toString(16).padStart(8, '0')}`;
}

function plainSigned(low: number, high: number): PlainValue {
  const value = (high | 0) * 0x1_0000_0000 + low;
  return Number.isSafeInteger(value) ? value : plainWide(low, high);
}
