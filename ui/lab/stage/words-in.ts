/** Words in a text that may be addresses: as kernels and Xen print them, 8 to 16 hexadecimal digits. */

export interface WordInText {
  /** 16 digits. */
  readonly value: string;
  /** Where it begins in the text, and how long it is there. */
  readonly at: number;
  readonly length: number;
}

export function wordsIn(text: string): readonly WordInText[] {
  return [...text.matchAll(/\b(?:0x)?([0-9a-f]{8,16})\b/g)].map((found) => ({
    value: wordOf(found[1]!)!,
    at: found.index,
    length: found[0].length,
  }));
}

/** What a person types for a word; null: it is none. */
export function wordOf(typed: string): string | null {
  const digits = /^\s*(?:0x)?([0-9a-f]{1,16})\s*$/i.exec(typed)?.[1];
  return digits === undefined ? null : digits.toLowerCase().padStart(16, '0');
}
