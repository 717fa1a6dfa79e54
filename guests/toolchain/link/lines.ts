/** The line table of an image: from the source map of the wasm part and the lines of the assembler part. */
import type { AssembledLine } from '../../../core/assembler/assemble.ts';
import type { LineMark } from '../translate/context.ts';
import type { AssemblerSource } from './link.ts';
import { readSourceMap } from './source-map.ts';
import type { LineSymbol, Symbols } from './symbols.ts';

/** Lines in order of address: those of translated code at `text`, then the assembler's, whose files were joined. */
export function describeLines(
  sourceMap: string,
  marks: readonly LineMark[],
  text: number,
  assembled: readonly AssembledLine[],
  assembler: readonly AssemblerSource[],
): Pick<Symbols, 'lines' | 'files'> {
  const table = new LineTable();
  const mapped = readSourceMap(sourceMap);
  let next = 0;
  for (const mark of marks) {
    while (next < mapped.length && mapped[next]!.wasm <= mark.wasm) next++;
    const entry = mapped[next - 1];
    if (entry !== undefined) table.add(text + mark.text, entry.file, entry.line);
  }
  for (const { line, address } of assembled) {
    const place = placeOfLine(assembler, line);
    table.add(address, place.name, place.line);
  }
  return { lines: table.lines, files: table.files };
}

/** The file and its own line of a line, from 1, of all files joined. */
export function placeOfLine(
  files: readonly AssemblerSource[],
  line: number,
): { readonly name: string; readonly line: number } {
  let first = 1;
  for (const { name, text } of files) {
    const count = text.split('\n').length;
    if (line < first + count) return { name, line: line - first + 1 };
    first += count;
  }
  return { name: files.at(-1)?.name ?? '', line };
}

class LineTable {
  readonly lines: LineSymbol[] = [];
  readonly files: string[] = [];
  private readonly places = new Map<string, number>();

  /** Adds an entry where the line changes. */
  add(address: number, name: string, line: number): void {
    let file = this.places.get(name);
    if (file === undefined) {
      file = this.files.push(name) - 1;
      this.places.set(name, file);
    }
    const last = this.lines.at(-1);
    if (last?.address === address) this.lines.pop();
    else if (last?.file === file && last.line === line) return;
    this.lines.push({ address, file, line });
  }
}
