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
  const starts = assembler.map((_, n) =>
    assembler.slice(0, n).reduce((sum, file) => sum + countLines(file.text), 1),
  );
  for (const { line, address } of assembled) {
    const file = starts.findLastIndex((start) => start <= line);
    table.add(address, assembler[file]!.name, line - starts[file]! + 1);
  }
  return { lines: table.lines, files: table.files };
}

function countLines(text: string): number {
  return text.split('\n').length;
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
