/**
 * As much of ACPI's machine language as the tables here are written in (ACPI 6.4, section 20.2): names, scopes, devices, packages,
 * integers, and the descriptors of resources (section 6.4).
 */

/** A piece of a definition block. */
export type Aml = readonly number[];

const NAME_OP = 0x08;
const BYTE_PREFIX = 0x0a;
const WORD_PREFIX = 0x0b;
const DWORD_PREFIX = 0x0c;
const SCOPE_OP = 0x10;
const BUFFER_OP = 0x11;
const PACKAGE_OP = 0x12;
const EXTENDED_PREFIX = 0x5b;
const DEVICE_OP = 0x82;
const SEGMENT_CHARACTERS = 4;

function littleEndian(value: number, bytes: number): number[] {
  return Array.from({ length: bytes }, (_, index) => Math.floor(value / 2 ** (8 * index)) % 256);
}

/** A name of one segment, or `\` and one: padded by underscores to four characters. */
function nameString(name: string): Aml {
  const root = name.startsWith('\\') ? '\\' : '';
  const segment = name.slice(root.length).padEnd(SEGMENT_CHARACTERS, '_');
  return [...new TextEncoder().encode(root + segment)];
}

/** PkgLength and what it is of. The length counts itself. */
function withLength(body: Aml): Aml {
  if (body.length + 1 < 0x40) return [body.length + 1, ...body];
  const bytes = body.length + 2 < 2 ** 12 ? 2 : 3;
  const length = body.length + bytes;
  return [((bytes - 1) << 6) | (length & 15), ...littleEndian(length >>> 4, bytes - 1), ...body];
}

/** An integer below 2^32, in the shortest form. */
export function integer(value: number): Aml {
  if (value <= 1) return [value];
  if (value < 2 ** 8) return [BYTE_PREFIX, value];
  if (value < 2 ** 16) return [WORD_PREFIX, ...littleEndian(value, 2)];
  return [DWORD_PREFIX, ...littleEndian(value, 4)];
}

export function named(name: string, value: Aml): Aml {
  return [NAME_OP, ...nameString(name), ...value];
}

export function scope(name: string, ...terms: readonly Aml[]): Aml {
  return [SCOPE_OP, ...withLength([...nameString(name), ...terms.flat()])];
}

export function device(name: string, ...terms: readonly Aml[]): Aml {
  return [EXTENDED_PREFIX, DEVICE_OP, ...withLength([...nameString(name), ...terms.flat()])];
}

export function packageOf(...elements: readonly Aml[]): Aml {
  return [PACKAGE_OP, ...withLength([elements.length, ...elements.flat()])];
}

/** The number of a plug-and-play id, as `PNP0A03` (section 19.3.4, EISAID). */
export function eisaId(id: string): Aml {
  const letters = [...id.slice(0, 3)].map((letter) => letter.charCodeAt(0) - 0x40);
  const vendor = (letters[0]! << 10) | (letters[1]! << 5) | letters[2]!;
  const product = Number.parseInt(id.slice(3), 16);
  return [DWORD_PREFIX, vendor >>> 8, vendor & 0xff, product >>> 8, product & 0xff];
}

/** Resources in their buffer, which ends with a tag whose checksum is left out. */
export function resources(...descriptors: readonly Aml[]): Aml {
  const bytes = [...descriptors.flat(), 0x79, 0];
  return [BUFFER_OP, ...withLength([...integer(bytes.length), ...bytes])];
}

/** Ports of a fixed range. */
export function ports(first: number, count: number): Aml {
  return [0x47, 1, ...littleEndian(first, 2), ...littleEndian(first, 2), 1, count];
}

/** An edge-triggered line of the PC's interrupt controllers, 0 to 15. */
export function line(number: number): Aml {
  return [0x22, ...littleEndian(2 ** number, 2)];
}

/** Bus numbers, or ports, that a bridge passes on: from first to last. */
export function busNumbers(first: number, last: number): Aml {
  return wordRange(2, 0, first, last);
}
export function portWindow(first: number, last: number): Aml {
  return wordRange(1, 3, first, last);
}

function wordRange(type: number, typeFlags: number, first: number, last: number): Aml {
  const fixedProducer = 0x0c;
  const words = [0, first, last, 0, last - first + 1].flatMap((word) => littleEndian(word, 2));
  return [0x88, ...littleEndian(3 + words.length, 2), type, fixedProducer, typeFlags, ...words];
}

/** Memory that a bridge passes on, not cached and writable: from first to last. */
export function memoryWindow(first: number, last: number): Aml {
  const fixedProducer = 0x0c;
  const words = [0, first, last, 0, last - first + 1].flatMap((word) => littleEndian(word, 4));
  return [0x87, ...littleEndian(3 + words.length, 2), 0, fixedProducer, 1, ...words];
}
