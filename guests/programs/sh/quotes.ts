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
  SEMICOLON,
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

/** Behind the `)` of a `$(`. One that ends a pattern of a `case` in there has none that opens it. */
export function endOfSubstitution(text: string, at: i32): i32 {
  const patterns = new Patterns();
  let depth = 0;
  for (at++; at < text.length; at++) {
    const c = text.charCodeAt(at);
    patterns.see(text, at);
    if (c == OPEN_PARENTHESIS) {
      depth++;
      patterns.isNext = false;
    } else if (c == CLOSE_PARENTHESIS && patterns.isNext) patterns.isNext = false;
    else if (c == CLOSE_PARENTHESIS && --depth == 0) return at + 1;
    else if (c == SINGLE_QUOTE || c == DOUBLE_QUOTE) at = endOfQuote(text, at) - 1;
  }
  isOpen = true;
  return text.length;
}

/** What `case`, `in` and `esac` begin with. */
const LETTER_C: i32 = 0x63;
const LETTER_I: i32 = 0x69;
const LETTER_E: i32 = 0x65;

/** Behind these a word is a command, or the shell's own. */
const BEFORE_COMMANDS = ';&|(){\n';
const BEFORE_WORDS: string[] = ['do', 'then', 'else'];

/** Where patterns of `case` are, as a text is gone through. */
class Patterns {
  /** The next `)` ends one. */
  isNext: bool = false;
  private cases: i32 = 0;
  /** A `case` has no `in` yet. */
  private awaitsIn: bool = false;

  see(text: string, at: i32): void {
    const c = text.charCodeAt(at);
    if (c == SEMICOLON && text.charCodeAt(at + 1) == SEMICOLON) this.isNext = this.cases > 0;
    else if (c == LETTER_C && isWord(text, at, 'case') && isCommand(text, at)) {
      this.cases++;
      this.awaitsIn = true;
    } else if (c == LETTER_I && this.awaitsIn && isWord(text, at, 'in')) {
      this.awaitsIn = false;
      this.isNext = true;
    } else if (c == LETTER_E && this.cases > 0 && isWord(text, at, 'esac')) {
      this.cases--;
      this.isNext = false;
    }
  }
}

function isWord(text: string, at: i32, word: string): bool {
  return text.substr(at, word.length) == word && isEdge(text, at - 1) && isEdge(text, at + word.length);
}

function isEdge(text: string, at: i32): bool {
  return at < 0 || at >= text.length || (BEFORE_COMMANDS + ' \t').includes(text.charAt(at));
}

function isCommand(text: string, at: i32): bool {
  const before = text.substring(0, at).trimEnd();
  if (before == '' || BEFORE_COMMANDS.includes(before.charAt(before.length - 1))) return true;
  if (text.substring(before.length, at).includes('\n')) return true;
  for (let n = 0; n < BEFORE_WORDS.length; n++) if (before.endsWith(' ' + BEFORE_WORDS[n])) return true;
  return false;
}
