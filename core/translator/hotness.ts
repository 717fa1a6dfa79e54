/**
 * How hot code is by default when machines made of a module translate it (MachineOptions.hotEntries): a custom section of the
 * module says so, and goes wherever that goes, to threads too. Without one it is what is usual (pace.ts).
 */
import { Reader, unsigned } from './bytes.ts';

const SECTION = 'xenoscope.hot';

/** The same processor with another default; 0: nothing is translated. */
export function withHotEntries(wasm: Uint8Array, hotEntries: number): Uint8Array<ArrayBuffer> {
  const name = new TextEncoder().encode(SECTION);
  const content: number[] = [];
  unsigned(content, name.length);
  content.push(...name);
  unsigned(content, hotEntries);
  const section = [0];
  unsigned(section, content.length);
  section.push(...content);
  const out = new Uint8Array(wasm.length + section.length);
  out.set(wasm);
  out.set(section, wasm.length);
  return out;
}

export function hotEntriesOf(core: WebAssembly.Module): number | undefined {
  const section = WebAssembly.Module.customSections(core, SECTION)[0];
  return section === undefined ? undefined : new Reader(new Uint8Array(section)).unsigned();
}
