/** Patterns of file names: `*`, `?`, `[a-z]`. A quoted character stands for itself: a backslash is before it here. */
import { BACKSLASH, OPEN_BRACKET, QUESTION, STAR } from 'programs/lib/codes';

export function isPattern(text: string): bool {
  for (let n = 0; n < text.length; n++) {
    const c = text.charCodeAt(n);
    if (c == BACKSLASH) n++;
    else if (c == STAR || c == QUESTION || c == OPEN_BRACKET) return true;
  }
  return false;
}

export function unquote(text: string): string {
  if (!text.includes('\\')) return text;
  let plain = '';
  for (let n = 0; n < text.length; n++) {
    if (text.charAt(n) == '\\' && n + 1 < text.length) n++;
    plain += text.charAt(n);
  }
  return plain;
}

export function matches(pattern: string, text: string, p: i32 = 0, t: i32 = 0): bool {
  while (p < pattern.length) {
    const c = pattern.charCodeAt(p);
    if (c == STAR) {
      for (let end = t; end <= text.length; end++) if (matches(pattern, text, p + 1, end)) return true;
      return false;
    }
    if (t >= text.length) return false;
    if (c == OPEN_BRACKET) {
      const close = pattern.indexOf(']', p + 2);
      if (close > 0) {
        if (!inSet(pattern.substring(p + 1, close), text.charCodeAt(t))) return false;
        p = close + 1;
        t++;
        continue;
      }
    }
    if (c == BACKSLASH) p++;
    if (c != QUESTION && pattern.charCodeAt(p) != text.charCodeAt(t)) return false;
    p++;
    t++;
  }
  return t == text.length;
}

function inSet(set: string, code: i32): bool {
  const negated = set.startsWith('!');
  let found = false;
  for (let n = negated ? 1 : 0; n < set.length; n++) {
    const from = set.charCodeAt(n);
    let to = from;
    if (n + 2 < set.length && set.charAt(n + 1) == '-') {
      to = set.charCodeAt(n + 2);
      n += 2;
    }
    if (code >= from && code <= to) found = true;
  }
  return found != negated;
}
