import { AssemblyError } from './errors.ts';

export type Token =
  | { readonly kind: 'name'; readonly text: string }
  | { readonly kind: 'number'; readonly value: bigint }
  | { readonly kind: 'string'; readonly text: string }
  | { readonly kind: 'punctuation'; readonly text: string };

const TOKEN =
  /\s*(?:([A-Za-z_.?@$][\w.$@?]*)|([0-9][\w]*)|("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(<<|>>|[-+*/%&|^~()[\],:]))/y;

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '0': '\0' };

/** The tokens of one line; `;` starts a comment. Names keep their case, strings are unescaped. */
export function tokenize(line: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  for (;;) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(line);
    if (match === null) break;
    at = TOKEN.lastIndex;
    const [, name, number, string, punctuation] = match;
    if (name !== undefined) tokens.push({ kind: 'name', text: name });
    else if (number !== undefined) tokens.push({ kind: 'number', value: parseNumber(number) });
    else if (string !== undefined) tokens.push({ kind: 'string', text: unescape(string.slice(1, -1)) });
    else tokens.push({ kind: 'punctuation', text: punctuation! });
  }
  const rest = line.slice(at).trimStart();
  if (rest !== '' && !rest.startsWith(';')) throw new AssemblyError(`unexpected '${rest}'`);
  return tokens;
}

function unescape(text: string): string {
  return text.replace(/\\(x[0-9a-fA-F]{2}|.)/g, (_, escape: string) =>
    escape.length === 3 ? String.fromCharCode(parseInt(escape.slice(1), 16)) : (ESCAPES[escape] ?? escape),
  );
}

function parseNumber(text: string): bigint {
  const plain = text.replaceAll('_', '').toLowerCase();
  if (/^(?:0x[0-9a-f]+|0b[01]+|0o[0-7]+|[0-9]+)$/.test(plain)) {
    return BigInt(/^0[0-9]/.test(plain) ? plain.replace(/^0+(?=.)/, '') : plain);
  }
  if (/^[0-9][0-9a-f]*h$/.test(plain)) return BigInt(`0x${plain.slice(0, -1)}`);
  throw new AssemblyError(`bad number '${text}'`);
}
