/**
 * What a code address means: its function and its line. The table travels in the image, for a kernel that panics and for
 * the lab; numbers are 32 bits, addresses by their lower half:
 *
 *     header     functions: count, address; lines: count, address; files: count, address
 *     function   start, end, bytes of its frame, address of its name (UTF-8, NUL behind it); in order of start
 *     line       address of the first instruction, file << 20 | line; in order of address
 *     file       address of its name
 */

/** The note that tells where in a kernel the table is: its owner, and its type; its value is the address. */
export const SYMBOLS_NOTE = 'Xenoscope';
export const SYMBOLS_ADDRESS = 1;

export interface FunctionSymbol {
  readonly name: string;
  /** Virtual addresses, sign-interpreted. */
  readonly start: number;
  readonly end: number;
  /** Bytes between RSP and the return address once the prologue is over; -1: not known (assembler). */
  readonly frameBytes: number;
}

export interface LineSymbol {
  readonly address: number;
  /** Place in `files`. */
  readonly file: number;
  /** From 1. */
  readonly line: number;
}

export interface Symbols {
  readonly functions: readonly FunctionSymbol[];
  readonly lines: readonly LineSymbol[];
  /** Paths below guests/, or of the kernel's own folder. */
  readonly files: readonly string[];
}

const HEADER_WORDS = 6;
const FUNCTION_WORDS = 4;
const LINE_WORDS = 2;
const LINE_BITS = 20;
const LINE_MASK = (1 << LINE_BITS) - 1;

/** The table as bytes for `address`. */
export function encodeSymbols(symbols: Symbols, address: number): Uint8Array {
  const { functions, lines, files } = symbols;
  const words: number[] = [];
  const names: number[] = [];
  const functionsAt = address + HEADER_WORDS * 4;
  const linesAt = functionsAt + functions.length * FUNCTION_WORDS * 4;
  const filesAt = linesAt + lines.length * LINE_WORDS * 4;
  const namesAt = filesAt + files.length * 4;
  const place = (name: string): number => {
    const at = namesAt + names.length;
    for (const byte of new TextEncoder().encode(name)) names.push(byte);
    names.push(0);
    return at;
  };
  words.push(functions.length, functionsAt, lines.length, linesAt, files.length, filesAt);
  for (const { name, start, end, frameBytes } of functions) words.push(start, end, frameBytes, place(name));
  for (const { address: at, file, line } of lines) words.push(at, (file << LINE_BITS) | line);
  for (const file of files) words.push(place(file));
  const bytes = new Uint8Array(words.length * 4 + names.length);
  new Int32Array(bytes.buffer, 0, words.length).set(words);
  bytes.set(names, words.length * 4);
  return bytes;
}

/**
 * Reads a table back. `read` gives the bytes from a virtual address on, at least as many as asked for.
 * Throws RangeError where what it finds cannot be a table.
 */
export function decodeSymbols(
  read: (address: number, bytes: number) => Uint8Array,
  address: number,
): Symbols {
  const words = (at: number, count: number): Int32Array =>
    new Int32Array(new Uint8Array(read(at, count * 4).subarray(0, count * 4)).buffer);
  const [functionCount, functionsAt, lineCount, linesAt, fileCount, filesAt] = words(address, HEADER_WORDS);
  if (functionCount! > 1 << 20 || lineCount! > 1 << 22 || fileCount! > 1 << 12)
    throw new RangeError('no symbol table');
  const text = (at: number): string => {
    for (let length = 64; ; length *= 4) {
      const bytes = read(at, length);
      const end = bytes.indexOf(0);
      if (end >= 0) return new TextDecoder().decode(bytes.subarray(0, end));
      if (length > 1 << 14) throw new RangeError('no symbol table');
    }
  };
  const functionWords = words(functionsAt!, functionCount! * FUNCTION_WORDS);
  const lineWords = words(linesAt!, lineCount! * LINE_WORDS);
  const fileWords = words(filesAt!, fileCount!);
  return {
    functions: Array.from({ length: functionCount! }, (_, n) => {
      const [start, end, frameBytes, name] = functionWords.subarray(n * FUNCTION_WORDS);
      return { start: start!, end: end!, frameBytes: frameBytes!, name: text(name!) };
    }),
    lines: Array.from({ length: lineCount! }, (_, n) => {
      const packed = lineWords[n * LINE_WORDS + 1]!;
      return { address: lineWords[n * LINE_WORDS]!, file: packed >>> LINE_BITS, line: packed & LINE_MASK };
    }),
    files: Array.from(fileWords, (at) => text(at)),
  };
}

/** The last entry at or before an address; undefined: none. `entries` are in order of `key`. */
function lastAtOrBefore<T>(entries: readonly T[], key: (entry: T) => number, address: number): T | undefined {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (key(entries[middle]!) <= address) low = middle + 1;
    else high = middle;
  }
  return entries[low - 1];
}

/** The function that an address is in. */
export function functionAt(symbols: Symbols, address: number): FunctionSymbol | undefined {
  const found = lastAtOrBefore(symbols.functions, ({ start }) => start, address);
  return found !== undefined && address < found.end ? found : undefined;
}

/** File and line of an address in a function. */
export function lineAt(symbols: Symbols, address: number): { file: string; line: number } | undefined {
  const within = functionAt(symbols, address);
  const found = lastAtOrBefore(symbols.lines, (line) => line.address, address);
  if (within === undefined || found === undefined || found.address < within.start) return undefined;
  return { file: symbols.files[found.file]!, line: found.line };
}

/** Where the code of a line begins: every place, in order. */
export function addressesOf(symbols: Symbols, file: string, line: number): number[] {
  const index = symbols.files.indexOf(file);
  return symbols.lines
    .filter((entry) => entry.file === index && entry.line === line)
    .map(({ address }) => address);
}
