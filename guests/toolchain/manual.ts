/** The manual of a system's programs, which `help` and `man` of the shell read: what each says of itself at the head of its source. */
import type { Sources } from './compile.ts';

/** Where the ramdisk has it. */
export const MANUAL_PATH = 'usr/share/manual';

/** The first comment of a file: up to its end, or to its first empty line. */
const HEAD = /^\/\*\*(?:\n \*)? ([^]*?)(?:\s*\*\/|\n \*\n)/;

/** A line for each program that has a source: `NAME ARGUMENTS: what it does`. */
export function manual(sources: Sources, programs: Iterable<string>): string {
  const lines = [...programs].sort().flatMap((name) => {
    const source = sources.get(`programs/${name}.ts`) ?? sources.get(`dom0/${name}.ts`);
    const head = source === undefined ? null : HEAD.exec(source);
    return head === null ? [] : [`${head[1]!.replace(/\s*\n \* ?/g, ' ')}\n`];
  });
  return lines.join('');
}
