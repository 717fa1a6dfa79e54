/** What a guest is made of: the sources that its entry imports, and what of their text the compiler sees. */
import type { Sources } from './compile.ts';

/** A string, a template, or a comment: whichever begins first. */
const QUOTED_OR_COMMENT =
  /'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\[^])*`|\/\/[^\n]*|\/\*[^]*?\*\//g;
/** Assembler: `;` begins a comment. */
const ASSEMBLER_COMMENT = /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|;[^\n]*/g;
const IMPORT =
  /(?:^|[;}\s])(?:import|export)\b[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]|\bimport\s*['"]([^'"]+)['"]/g;

/**
 * A source without its comments, every character of code at the line and column where it was: images built from texts that are
 * alike by this are alike.
 */
export function withoutComments(path: string, text: string): string {
  const pattern = path.endsWith('.asm') ? ASSEMBLER_COMMENT : QUOTED_OR_COMMENT;
  return text
    .replace(pattern, (found) => (/^['"`]/.test(found) ? found : found.replace(/[^\n]/g, ' ')))
    .replace(/[ \t]+$/gm, '');
}

/** The sources by these names, and those that they import, themselves and by others. */
export function importsOf(sources: Sources, roots: readonly string[]): Map<string, string> {
  const found = new Map<string, string>();
  const wanted = [...roots];
  for (let path = wanted.pop(); path !== undefined; path = wanted.pop()) {
    const text = sources.get(path);
    if (text === undefined || found.has(path)) continue;
    found.set(path, text);
    for (const [, from, bare] of withoutComments(path, text).matchAll(IMPORT))
      wanted.push(...candidates(path, (from ?? bare)!));
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
