/** The manual of a system's programs, which `help` and `man` of the shell read: what each says of itself at the head of its source. */
import type { Sources } from './compile.ts';

/** Where the ramdisk has it. */
export const MANUAL_PATH = 'usr/share/manual';

/** The first comment of a file: up to its end, or to its first empty line. */
const HEAD = /^\/\*\*(?:\n \*)? ([^]*?)(?:\s*\*\/|\n \*\n)/;

/** Of a script: the line behind that which names the shell. */
const SCRIPT_HEAD = /^#!.*\n# (.+)/;

/** A line for each program that has a source: `NAME ARGUMENTS: what it does`. */
export function manual(sources: Sources, programs: Iterable<string>): string {
  return [...programs]
    .sort()
    .map((name) => headOf(sources, name))
    .filter((head) => head !== '')
    .map((head) => `${head}\n`)
    .join('');
}

/** What a program says of itself, or a script of domain 0's /bin; empty: nothing. */
function headOf(sources: Sources, name: string): string {
  const script = sources.get(`dom0/root/bin/${name}`);
  if (script !== undefined) return SCRIPT_HEAD.exec(script)?.[1] ?? '';
  const source = sources.get(`programs/${name}.ts`) ?? sources.get(`dom0/${name}.ts`);
  const head = source === undefined ? null : HEAD.exec(source);
  return head === null ? '' : head[1]!.replace(/\s*\n \* ?/g, ' ');
}
