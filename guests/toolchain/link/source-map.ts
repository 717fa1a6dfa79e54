/** From bytes of the wasm file to lines of the sources: the compiler's source map, whose "columns" are byte offsets. */
import { decodedMappings, TraceMap } from '@jridgewell/trace-mapping';
import { sourcePath } from '../compile.ts';

export interface MappedLine {
  /** Byte offset in the wasm file where this line's code begins. */
  readonly wasm: number;
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

/** The map's entries in order of their offsets. */
export function readSourceMap(sourceMap: string): MappedLine[] {
  const map = new TraceMap(sourceMap);
  const entries: MappedLine[] = [];
  for (const [wasm, source, line] of decodedMappings(map)[0] ?? []) {
    if (source === undefined) continue;
    entries.push({ wasm, file: sourcePath(map.sources[source] ?? ''), line: line! + 1 });
  }
  return entries;
}
