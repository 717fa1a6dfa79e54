/**
 * Regular expressions in their simplest form: `.` any character, `*` any number of the one before, `^` the beginning, `$`
 * the end, a backslash before what stands for itself. Matching tries, and goes back where it was wrong.
 */

/** Whether the pattern is found anywhere in the text. */
export function found(pattern: string, text: string): bool {
  if (pattern.startsWith('^')) return matchesAt(pattern, 1, text, 0);
  for (let at = 0; at <= text.length; at++) if (matchesAt(pattern, 0, text, at)) return true;
  return false;
}

/** Whether the pattern from `p` on matches the text at `at`. */
function matchesAt(pattern: string, p: i32, text: string, at: i32): bool {
  while (p < pattern.length) {
    if (p == pattern.length - 1 && pattern.charAt(p) == '$') return at == text.length;
    const next = p + (isQuote(pattern, p) ? 2 : 1);
    if (next < pattern.length && pattern.charAt(next) == '*')
      return matchesMany(pattern, p, next + 1, text, at);
    if (!matchesOne(pattern, p, text, at)) return false;
    p = next;
    at++;
  }
  return true;
}

/** Any number of what stands at `p`, then the pattern from `rest` on: the fewest that do. */
function matchesMany(pattern: string, p: i32, rest: i32, text: string, at: i32): bool {
  while (!matchesAt(pattern, rest, text, at)) {
    if (!matchesOne(pattern, p, text, at)) return false;
    at++;
  }
  return true;
}

function matchesOne(pattern: string, p: i32, text: string, at: i32): bool {
  if (at >= text.length) return false;
  if (isQuote(pattern, p)) return pattern.charCodeAt(p + 1) == text.charCodeAt(at);
  return pattern.charAt(p) == '.' || pattern.charCodeAt(p) == text.charCodeAt(at);
}

function isQuote(pattern: string, p: i32): bool {
  return pattern.charAt(p) == '\\' && p + 1 < pattern.length;
}
