/** Pages by content: each is there once. */
import { PAGE_BYTES } from '../../../core/machine.ts';
import { ZERO_PAGE } from './machine-saver.ts';

/** The number of the page without content; the others count from 1. */
export const ZERO = 0;

const WORDS = PAGE_BYTES / 4;

export class PageStore {
  readonly pages: Uint8Array[] = [];
  private readonly byIdentity = new Map<Uint8Array, number>([[ZERO_PAGE, ZERO]]);
  private readonly byDigest = new Map<number, number[]>();

  /** The number of a page of PAGE_BYTES that nobody writes to. */
  add(page: Uint8Array): number {
    let number = this.byIdentity.get(page);
    if (number !== undefined) return number;
    const words = wordsOf(page);
    number = words.some((word) => word !== 0) ? this.find(page, words) : ZERO;
    this.byIdentity.set(page, number);
    return number;
  }

  /** The numbers of the pages that so many bytes are, the last one filled up with zeroes. */
  addBytes(bytes: Uint8Array): number[] {
    const numbers: number[] = [];
    for (let at = 0; at < bytes.length; at += PAGE_BYTES) {
      const page = new Uint8Array(PAGE_BYTES);
      page.set(bytes.subarray(at, at + PAGE_BYTES));
      numbers.push(this.add(page));
    }
    return numbers;
  }

  private find(page: Uint8Array, words: Uint32Array): number {
    const digest = digestOf(words);
    const alike = this.byDigest.get(digest) ?? [];
    const known = alike.find((number) => isSame(wordsOf(this.pages[number - 1]!), words));
    if (known !== undefined) return known;
    this.pages.push(page);
    alike.push(this.pages.length);
    this.byDigest.set(digest, alike);
    return this.pages.length;
  }
}

function wordsOf(page: Uint8Array): Uint32Array {
  const aligned = page.byteOffset % 4 === 0 ? page : page.slice();
  return new Uint32Array(aligned.buffer, aligned.byteOffset, WORDS);
}

/** FNV-1a over words. */
function digestOf(words: Uint32Array): number {
  let digest = 0x811c9dc5;
  for (let at = 0; at < WORDS; at++) digest = Math.imul(digest ^ words[at]!, 0x01000193);
  return digest >>> 0;
}

function isSame(one: Uint32Array, other: Uint32Array): boolean {
  for (let at = 0; at < WORDS; at++) if (one[at] !== other[at]) return false;
  return true;
}
