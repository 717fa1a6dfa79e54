/** What a guest is made of: the sources that its entry imports, and what of their text the compiler sees. */
import type { Sources } from './compile.ts';

/** A string, a template, or a comment: whichever begins first. */
const QUOTED_OR_COMMENT =
  /'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\[^])*`|\/\/[^\n]*|\/\*[^]*?\*\//g;
/** Assembler: `;` begins a comment. */
const ASSEMBLER_COMMENT = /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|;[^\n]*/g;
const IMPORT =
  /(?:^|[;}\s])(?:import|export)\b[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]|\bimport\s*['"]([^'"]+)['"]/g;

interface Scanned {
  readonly text: string;
  readonly code: string;
  /** What it imports, in its own words. */
  readonly imports: readonly string[];
}

/** The text that was last seen by each path: a build meets a file once for each program that it is in. */
const scanned = new Map<string, Scanned>();

function scan(path: string, text: string): Scanned {
  const last = scanned.get(path);
  if (last?.text === text) return last;
  const pattern = path.endsWith('.asm') ? ASSEMBLER_COMMENT : QUOTED_OR_COMMENT;
  const code = text
    .replace(pattern, (found) => (/^['"`]/.test(found) ? found : found.replace(/[^\n]/g, ' ')))
    .replace(/[ \t]+$/gm, '');
  const imports = Array.from(code.matchAll(IMPORT), ([, from, bare]) => (from ?? bare)!);
  const found = { text, code, imports };
  scanned.set(path, found);
  return found;
}

/**
 * A source without its comments, every character of code at the line and column where it was: images built from texts that are
 * alike by this are alike.
 */
export function withoutComments(path: string, text: string): string {
  return scan(path, text).code;
}

/** The sources by these names, and those that they import, themselves and by others. */
export function importsOf(sources: Sources, roots: readonly string[]): Map<string, string> {
  const found = new Map<string, string>();
  const wanted = [...roots];
  for (let path = wanted.pop(); path !== undefined; path = wanted.pop()) {
    const text = sources.get(path);
    if (text === undefined || found.has(path)) continue;
    found.set(path, text);
    for (const module of scan(path, text).imports) wanted.push(...candidates(path, module));
  }
  return found;
}

/** The files that an import may mean, in the compiler's words: a file, or a folder's index. */
function candidates(importer: string, module: string): string[] {
  const path = module.startsWith('.') ? join(importer.split('/').slice(0, -1), module) : module;
  return [`${path}.ts`, `${path}/index.ts`];
}

function join(folder: readonly string[], relative: string): string {
  const parts = [...folder];
  for (const part of relative.split('/'))
    if (part === '..') parts.pop();
    else if (part !== '.') parts.push(part);
  return parts.join('/');
}
