/** Where quotes and substitutions end. */
import {
  BACKQUOTE,
  BACKSLASH,
  CLOSE_PARENTHESIS,
  CLOSE_BRACE,
  DOLLAR,
  DOUBLE_QUOTE,
  OPEN_PARENTHESIS,
  OPEN_BRACE,
  SINGLE_QUOTE,
} from 'programs/lib/codes';

/** One has no end. */
export let isOpen: bool = false;

export function beginQuotes(): void {
  isOpen = false;
}

/** Behind a quoted text that begins at `at`. */
export function endOfQuote(text: string, at: i32): i32 {
  const quote = text.charCodeAt(at++);
  while (at < text.length && text.charCodeAt(at) != quote) {
    if (quote == DOUBLE_QUOTE && text.charCodeAt(at) == BACKSLASH) at++;
    at++;
  }
  if (at >= text.length) isOpen = true;
  return at + 1;
}

/** Behind the `}` of a `${`. */
export function endOfBraces(text: string, at: i32): i32 {
  for (at += 2; at < text.length; at++) {
    const c = text.charCodeAt(at);
    if (c == CLOSE_BRACE) return at + 1;
    if (c == BACKSLASH) at++;
    else if (c == SINGLE_QUOTE || c == DOUBLE_QUOTE) at = endOfQuote(text, at) - 1;
    else if (c == DOLLAR && text.charCodeAt(at + 1) == OPEN_BRACE) at = endOfBraces(text, at) - 1;
    else if (c == DOLLAR && text.charCodeAt(at + 1) == OPEN_PARENTHESIS) at = endOfSubstitution(text, at) - 1;
  }
  isOpen = true;
  return text.length;
}

/** Behind the second one of two backquotes. */
export function endOfBackquotes(text: string, at: i32): i32 {
  for (at++; at < text.length && text.charCodeAt(at) != BACKQUOTE; at++)
    if (text.charCodeAt(at) == BACKSLASH) at++;
  if (at >= text.length) isOpen = true;
  return min(at + 1, text.length);
}

/** Behind the `)` of a `$(`. */
export function endOfSubstitution(text: string, at: i32): i32 {
  let depth = 0;
  for (at++; at < text.length; at++) {
    const c = text.charCodeAt(at);
    if (c == OPEN_PARENTHESIS) depth++;
    else if (c == CLOSE_PARENTHESIS && --depth == 0) return at + 1;
    else if (c == SINGLE_QUOTE || c == DOUBLE_QUOTE) at = endOfQuote(text, at) - 1;
  }
  isOpen = true;
  return text.length;
}
