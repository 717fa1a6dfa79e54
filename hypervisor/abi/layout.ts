/**
 * C structures as data: `struct({ … })` lays fields out by the System V x86-64 rules and tells size and offsets.
 * Offsets of nested members are reached by dotted paths: `start_info.offset['console.domU.evtchn']`.
 */

/** What a scalar holds. `handle` is a guest virtual address, `pfn` a frame number: both 8 bytes. */
export type ScalarKind =
  | 'u8'
  | 'u16'
  | 'u32'
  | 'u64'
  | 'i8'
  | 'i16'
  | 'i32'
  | 'i64'
  | 'handle'
  | 'pfn'
  | 'domid'
  | 'port'
  | 'gref';

export interface Scalar {
  readonly kind: ScalarKind;
  readonly size: number;
  readonly align: number;
}

/** `count` elements of one type, back to back. */
export interface ArrayOf {
  readonly kind: 'array';
  readonly element: Type;
  readonly count: number;
  readonly size: number;
  readonly align: number;
}

export type Type = Scalar | ArrayOf | Composite<Fields>;

/** The member names of a struct or union, in order, with their types. */
export interface Fields {
  readonly [name: string]: Type;
}

/** Every member of a struct, members of nested structs by dotted path. */
export type Path<F> = {
  [K in keyof F & string]: F[K] extends Composite<infer Nested> ? K | `${K}.${Path<Nested>}` : K;
}[keyof F & string];

/** The scalars among them: what holds one number. */
export type ScalarPath<F> = {
  [K in keyof F & string]: F[K] extends Scalar
    ? K
    : F[K] extends Composite<infer Nested>
      ? `${K}.${ScalarPath<Nested>}`
      : never;
}[keyof F & string];

/** A struct or a union: total size and alignment in bytes, byte offset of each member from its start, and its type. */
export interface Composite<F> {
  readonly kind: 'struct' | 'union';
  readonly fields: F;
  readonly size: number;
  readonly align: number;
  readonly offset: Readonly<Record<Path<F>, number>>;
  readonly type: Readonly<Record<Path<F>, Type>>;
}

function scalar(kind: ScalarKind, size: number): Scalar {
  return { kind, size, align: size };
}

export const u8 = scalar('u8', 1);
export const u16 = scalar('u16', 2);
export const u32 = scalar('u32', 4);
export const u64 = scalar('u64', 8);
export const i8 = scalar('i8', 1);
export const i16 = scalar('i16', 2);
export const i32 = scalar('i32', 4);
export const i64 = scalar('i64', 8);
/** XEN_GUEST_HANDLE: a pointer into the guest's address space. */
export const handle = scalar('handle', 8);
/** xen_pfn_t */
export const pfn = scalar('pfn', 8);
/** domid_t */
export const domid = scalar('domid', 2);
/** evtchn_port_t */
export const port = scalar('port', 4);
/** grant_ref_t */
export const gref = scalar('gref', 4);

export function array(element: Type, count: number): ArrayOf {
  return { kind: 'array', element, count, size: element.size * count, align: element.align };
}

function roundUp(value: number, align: number): number {
  return Math.ceil(value / align) * align;
}

function compose<F extends Fields>(kind: 'struct' | 'union', fields: F): Composite<F> {
  const offset: Record<string, number> = {};
  const types: Record<string, Type> = {};
  let end = 0;
  let align = 1;
  for (const [name, type] of Object.entries(fields)) {
    const start = kind === 'union' ? 0 : roundUp(end, type.align);
    offset[name] = start;
    types[name] = type;
    if (type.kind === 'struct' || type.kind === 'union') {
      for (const [path, inner] of Object.entries(type.offset)) offset[`${name}.${path}`] = start + inner;
      for (const [path, inner] of Object.entries(type.type)) types[`${name}.${path}`] = inner;
    }
    end = Math.max(end, start + type.size);
    align = Math.max(align, type.align);
  }
  return {
    kind,
    fields,
    size: roundUp(end, align),
    align,
    offset: offset as Record<Path<F>, number>,
    type: types as Record<Path<F>, Type>,
  };
}

/** Members one after another, each aligned to its own size. */
export function struct<F extends Fields>(fields: F): Composite<F> {
  return compose('struct', fields);
}

/** Members over one another. */
export function union<F extends Fields>(fields: F): Composite<F> {
  return compose('union', fields);
}
