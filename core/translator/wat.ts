/** WebAssembly's text, folded: what fits on a line stands on one. */

interface List {
  /** What stands behind the parenthesis: words alone. */
  readonly head: string;
  readonly inside: readonly List[];
}

const WIDTH = 92;
const INDENT = 2;
/** Says nothing: all accesses may be at any address. */
const ALIGNMENT = / align=1\b/g;

/**
 * Lines of lists; those whose head begins with `mark` stand on lines of their own. Strings with parentheses or blanks are not expected.
 */
export function foldText(text: string, mark: string): string[] {
  const out: string[] = [];
  for (const list of parse(text.replace(ALIGNMENT, ''))) write(list, 0, mark, out);
  return out;
}

function parse(text: string): List[] {
  const open: { head: string; inside: List[] }[] = [{ head: '', inside: [] }];
  for (const [token] of text.matchAll(/[()]|[^()\s]+/g)) {
    const top = open.at(-1)!;
    if (token === '(') open.push({ head: '', inside: [] });
    else if (token === ')') {
      open.pop();
      const isEmpty = top.head === 'else' && top.inside.length === 0;
      if (!isEmpty) open.at(-1)!.inside.push(top);
    } else top.head = top.head === '' ? token : `${top.head} ${token}`;
  }
  return open[0]!.inside;
}

/** On one line; undefined: there is a mark in it, or it is too long. */
function flat({ head, inside }: List, room: number, mark: string): string | undefined {
  if (head.startsWith(mark)) return undefined;
  let text = `(${head}`;
  for (const each of inside) {
    const part = flat(each, room - text.length, mark);
    if (part === undefined) return undefined;
    text += ` ${part}`;
  }
  return text.length < room ? `${text})` : undefined;
}

function write(list: List, indent: number, mark: string, out: string[]): void {
  const before = ' '.repeat(indent);
  if (list.head.startsWith(mark)) {
    out.push(`${before}(${list.head})`);
    return;
  }
  const line = flat(list, WIDTH - indent, mark);
  if (line !== undefined) {
    out.push(before + line);
    return;
  }
  out.push(`${before}(${list.head}`);
  for (const each of list.inside) write(each, indent + INDENT, mark, out);
  // A mark's line is no code's.
  const last = list.inside.at(-1);
  if (last === undefined || !last.head.startsWith(mark)) out.push(`${out.pop()!})`);
  else out.push(`${before})`);
}
