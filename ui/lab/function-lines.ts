/** Where functions end in a source, by the way our formatter lays it out: a closing brace stands below its function's head. */

/** Heads of what has functions inside it: their closing braces are indented. */
const CLASS = /^(?:export )?(?:default )?(?:abstract )?(?:class|namespace)\b/;

/**
 * The last line (from 1) of the function or method that a line is in; of a line between two, such as a comment, of the one
 * that comes next. In what is no TypeScript, the line itself.
 */
export function lastLineOf(file: string, lines: readonly string[], line: number): number {
  if (!file.endsWith('.ts')) return line;
  const brace = inClass(lines, line) ? /^ {0,2}\}/ : /^\}/;
  for (let n = line; n <= lines.length; n++) if (brace.test(lines[n - 1] ?? '')) return n;
  return line;
}

/** Whether the nearest line above that is not indented is the head of a class. */
function inClass(lines: readonly string[], line: number): boolean {
  for (let n = line - 1; n >= 1; n--) {
    const text = lines[n - 1] ?? '';
    if (/^[^\s)\]]/.test(text)) return CLASS.test(text);
  }
  return false;
}
