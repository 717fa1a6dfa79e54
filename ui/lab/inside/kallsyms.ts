/**
 * The names that a Linux kernel has for its own code, read from its memory. CONFIG_KALLSYMS puts them into .rodata
 * (scripts/kallsyms.c writes, kernel/kallsyms.c reads): names as strings of tokens, each token a byte, a table of what tokens mean,
 * and, by symbol, an offset from a base. Nothing points there; they are found by their form.
 */

import { indexOf } from './index-of.ts';

const TOKENS = 256;
/** A marker, an offset into the names, stands for so many symbols. */
const SYMBOLS_A_MARKER = 256;
/** Digits are tokens of themselves: this is in every table. */
const DIGITS = Uint8Array.from([...'0123456789'].flatMap((digit) => [digit.charCodeAt(0), 0]));
const FIRST_DIGIT = 0x30;
const LONGEST_TOKEN = 64;
/** All tables together are not larger; and of a symbol, they have so many bytes at least. */
const MOST_BYTES = 32 * 2 ** 20;
const LEAST_BYTES = 3;
const TEXT_TYPES = /^[tw]$/i;

export interface KernelSymbol {
  /** Virtual address, sign-interpreted. */
  readonly address: number;
  readonly name: string;
}

export class Kallsyms {
  /** Functions, by their addresses. */
  private readonly symbols: readonly KernelSymbol[];

  constructor(symbols: readonly KernelSymbol[]) {
    this.symbols = symbols;
  }

  get count(): number {
    return this.symbols.length;
  }

  /** The function that an address is in, and how far behind its beginning; null: before the first. */
  at(address: number): { readonly name: string; readonly offset: number } | null {
    let low = 0;
    let high = this.symbols.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.symbols[middle]!.address <= address) low = middle + 1;
      else high = middle;
    }
    const found = this.symbols[low - 1];
    return found === undefined ? null : { name: found.name, offset: address - found.address };
  }

  named(name: string): number | null {
    return this.symbols.find((symbol) => symbol.name === name)?.address ?? null;
  }
}

const align = (at: number): number => Math.ceil(at / 8) * 8;

/** The symbols in a kernel's image, which begins at an address that is a multiple of 8; null: it has none that can be read. */
export function findKallsyms(image: Uint8Array): Kallsyms | null {
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
  for (let at = indexOf(image, DIGITS); at >= 0; at = indexOf(image, DIGITS, at + 1)) {
    const found = new Tables(image, view).from(at);
    if (found !== null) return found;
  }
  return null;
}

/** Where names are, and of how many symbols. */
interface Names {
  readonly start: number;
  readonly count: number;
}

class Tables {
  private readonly image: Uint8Array;
  private readonly view: DataView;

  constructor(image: Uint8Array, view: DataView) {
    this.image = image;
    this.view = view;
  }

  /** `digits`: where the tokens of the digits are. */
  from(digits: number): Kallsyms | null {
    const start = this.tokenTable(digits);
    if (start === null) return null;
    const tokens = this.tokens(start);
    if (tokens === null) return null;
    const names = this.namesBefore(start);
    if (names === null) return null;
    const addresses = this.addresses(names, align(tokens.end) + 2 * TOKENS);
    return addresses === null ? null : this.named(names, tokens.texts, addresses);
  }

  /** Where the table begins in which the digits' tokens are there; null: in none. */
  private tokenTable(digits: number): number | null {
    const first = Math.max(0, digits - FIRST_DIGIT * LONGEST_TOKEN);
    for (let at = Math.floor(digits / 8) * 8; at >= first; at -= 8) {
      let end = at;
      for (let n = 0; n < FIRST_DIGIT && end >= 0 && end < digits; n++) {
        const zero = this.image.indexOf(0, end);
        end = zero < 0 ? -1 : zero + 1;
      }
      // What precedes it is padding, or another table's end: the first that fits is it.
      if (end === digits && this.isTable(at)) return at;
    }
    return null;
  }

  private isTable(start: number): boolean {
    const tokens = this.tokens(start);
    if (tokens === null) return false;
    const index = align(tokens.end);
    return tokens.starts.every((at, n) => this.view.getUint16(index + 2 * n, true) === at - start);
  }

  private tokens(
    start: number,
  ): { readonly texts: readonly string[]; readonly starts: readonly number[]; readonly end: number } | null {
    const texts: string[] = [];
    const starts: number[] = [];
    let at = start;
    for (let n = 0; n < TOKENS; n++) {
      const zero = this.image.indexOf(0, at);
      if (zero < 0 || zero - at > LONGEST_TOKEN) return null;
      starts.push(at);
      texts.push(String.fromCharCode(...this.image.subarray(at, zero)));
      at = zero + 1;
    }
    return align(at) + 2 * TOKENS > this.image.length ? null : { texts, starts, end: at };
  }

  /**
   * The names before the tokens, their count 8 bytes before them; behind them are markers, and (since Linux 6.2, and in 6.1's later
   * versions) the names' order.
   */
  private namesBefore(end: number): Names | null {
    for (let at = Math.floor(end / 8) * 8 - 8; at >= Math.max(8, end - MOST_BYTES); at -= 8) {
      const count = this.view.getUint32(at - 8, true);
      const bytes = end - at;
      const fits = count >= SYMBOLS_A_MARKER && bytes >= LEAST_BYTES * count && bytes <= 256 * count;
      if (fits && this.view.getUint32(at - 4, true) === 0 && this.areNames(at, count, end))
        return { start: at, count };
    }
    return null;
  }

  /** Whether so many names have behind them the markers that they must have. */
  private areNames(start: number, count: number, end: number): boolean {
    const offsets: number[] = [];
    let at = start;
    for (let n = 0; n < count && at < end; n++) {
      if (n % SYMBOLS_A_MARKER === 0) offsets.push(at - start);
      at = this.nameEnd(at).end;
    }
    const markers = align(at);
    return (
      markers + 4 * offsets.length <= end &&
      offsets.every((offset, n) => this.view.getUint32(markers + 4 * n, true) === offset)
    );
  }

  /** Where the tokens of a name are: its length is one byte, or two, seven bits each. */
  private nameEnd(at: number): { readonly first: number; readonly end: number } {
    const low = this.image[at]!;
    const isLong = low >= 0x80;
    const length = isLong ? (low & 0x7f) | (this.image[at + 1]! << 7) : low;
    const first = at + (isLong ? 2 : 1);
    return { first, end: first + length };
  }

  /** Before the names with the base behind them, or (since Linux 6.4) behind the tokens. Null: neither. */
  private addresses({ start, count }: Names, behind: number): readonly number[] | null {
    const bytes = align(4 * count);
    const base = start - 16;
    return (
      this.offsets(base - bytes, base, count) ?? this.offsets(align(behind), align(behind) + bytes, count)
    );
  }

  private offsets(start: number, baseAt: number, count: number): readonly number[] | null {
    if (start < 0 || baseAt + 8 > this.image.length) return null;
    const base = Number(this.view.getBigInt64(baseAt, true));
    // A kernel's text is in the last 2 GiB.
    if (base >= 0 || base < -(2 ** 31)) return null;
    return Array.from({ length: count }, (_, n) => {
      const offset = this.view.getInt32(start + 4 * n, true);
      // Those of one processor are absolute, all others below the base's -1 (CONFIG_KALLSYMS_ABSOLUTE_PERCPU).
      return offset >= 0 ? offset : base - 1 - offset;
    });
  }

  private named({ start }: Names, tokens: readonly string[], addresses: readonly number[]): Kallsyms {
    const symbols: KernelSymbol[] = [];
    let at = start;
    for (const address of addresses) {
      const { first, end } = this.nameEnd(at);
      const text = Array.from(this.image.subarray(first, end), (token) => tokens[token]!).join('');
      if (TEXT_TYPES.test(text.slice(0, 1)) && address < 0) symbols.push({ address, name: text.slice(1) });
      at = end;
    }
    return new Kallsyms(symbols.sort((one, other) => one.address - other.address));
  }
}
