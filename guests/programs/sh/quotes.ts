/** Where quotes and substitutions end. */

/** One has no end. */
export let isOpen: bool = false;

export function beginQuotes(): void {
  isOpen = false;
}

/** Behind a quoted text that begins at `at`. */
export function endOfQuote(text: string, at: i32): i32 {
  const quote = text.charAt(at++);
  while (at < text.length && text.charAt(at) != quote) {
    if (quote == '"' && text.charAt(at) == '\\') at++;
    at++;
  }
  if (at >= text.length) isOpen = true;
  return at + 1;
}

/** Behind the `}` of a `${`. */
export function endOfBraces(text: string, at: i32): i32 {
  for (at += 2; at < text.length; at++) {
    const c = text.charAt(at);
    if (c == '}') return at + 1;
    if (c == '\\') at++;
    else if (c == "'" || c == '"') at = endOfQuote(text, at) - 1;
    else if (c == '$' && text.charAt(at + 1) == '{') at = endOfBraces(text, at) - 1;
    else if (c == '$' && text.charAt(at + 1) == '(') at = endOfSubstitution(text, at) - 1;
  }
  isOpen = true;
  return text.length;
}

/** Behind the second one of two backquotes. */
export function endOfBackquotes(text: string, at: i32): i32 {
  for (at++; at < text.length && text.charAt(at) != '`'; at++) if (text.charAt(at) == '\\') at++;
  if (at >= text.length) isOpen = true;
  return min(at + 1, text.length);
}

/** Behind the `)` of a `$(`. */
export function endOfSubstitution(text: string, at: i32): i32 {
  let depth = 0;
  for (at++; at < text.length; at++) {
    const c = text.charAt(at);
    if (c == '(') depth++;
    else if (c == ')' && --depth == 0) return at + 1;
    else if (c == "'" || c == '"') at = endOfQuote(text, at) - 1;
  }
  isOpen = true;
  return text.length;
}
