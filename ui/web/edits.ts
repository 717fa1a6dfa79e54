/** What somebody has changed in the editor: kept by the browser until it is reset. */
import { signal } from '@preact/signals';

const KEY = 'xenoscope.edits';

type Texts = ReadonlyMap<string, string>;

/** Changed files by path below guests/. */
export const edits = signal<Texts>(stored());
/** The changes that the running guest was built with. */
export const booted = signal<Texts>(new Map());

function stored(): Texts {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]');
    if (!Array.isArray(value)) return new Map();
    return new Map(value.filter(isText));
  } catch {
    // Not ours, or no storage: nothing is changed.
    return new Map();
  }
}

function isText(value: unknown): value is [string, string] {
  return Array.isArray(value) && value.length === 2 && value.every((part) => typeof part === 'string');
}

function keep(texts: Texts): void {
  edits.value = texts;
  try {
    localStorage.setItem(KEY, JSON.stringify([...texts]));
  } catch {
    // No storage, or it is full: the changes live as long as the page.
  }
}

/** The file has this text now; it is no change when that is what it was. */
export function change(path: string, text: string, original: string | undefined): void {
  const texts = new Map(edits.value);
  if (text === original) texts.delete(path);
  else texts.set(path, text);
  keep(texts);
}

/** Gives up the changes of one file, or of all. */
export function reset(path?: string): void {
  const texts = new Map(edits.value);
  if (path === undefined) texts.clear();
  else texts.delete(path);
  keep(texts);
}
