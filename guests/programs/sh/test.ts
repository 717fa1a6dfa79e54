/** test: conditions on files, texts and numbers, combined by `!`, `-a` and `-o`. */
import { S_IFDIR, S_IFLNK, S_IFREG } from 'mote/abi';
import { Stat } from 'programs/lib/calls';
import { bad, number } from 'programs/lib/text';

const status = new Stat();
let words: string[] = [];
let at: i32 = 0;

/** 0: true; 1: false; 2: it cannot be understood. */
export function test(args: string[]): i32 {
  words = args;
  at = 0;
  if (args.length == 0) return 1;
  const result = either();
  return at < words.length ? 2 : result;
}

function either(): i32 {
  let result = both();
  while (at < words.length && words[at] == '-o') {
    at++;
    const other = both();
    result = result == 0 || other == 0 ? 0 : 1;
  }
  return result;
}

function both(): i32 {
  let result = single();
  while (at < words.length && words[at] == '-a') {
    at++;
    const other = single();
    result = result == 0 && other == 0 ? 0 : 1;
  }
  return result;
}

function single(): i32 {
  if (at >= words.length) return 2;
  if (words[at] == '!' && at + 1 < words.length) {
    at++;
    const result = single();
    return result == 2 ? 2 : 1 - result;
  }
  if (at + 2 < words.length && isBinary(words[at + 1])) {
    at += 3;
    return compare(words[at - 3], words[at - 2], words[at - 1]);
  }
  if (words[at].length == 2 && words[at].startsWith('-') && at + 1 < words.length) {
    at += 2;
    return unary(words[at - 2].charAt(1), words[at - 1]);
  }
  return words[at++] != '' ? 0 : 1;
}

function isBinary(text: string): bool {
  return text == '=' || text == '==' || text == '!=' || NUMERIC.includes(text);
}
const NUMERIC: string[] = ['-eq', '-ne', '-lt', '-le', '-gt', '-ge'];

function compare(left: string, operator: string, right: string): i32 {
  if (operator == '=' || operator == '==') return left == right ? 0 : 1;
  if (operator == '!=') return left != right ? 0 : 1;
  const a = number(left);
  const first = bad;
  const b = number(right);
  if (first || bad) return 2;
  let result = a == b;
  if (operator == '-ne') result = a != b;
  else if (operator == '-lt') result = a < b;
  else if (operator == '-le') result = a <= b;
  else if (operator == '-gt') result = a > b;
  else if (operator == '-ge') result = a >= b;
  return result ? 0 : 1;
}

function unary(operator: string, operand: string): i32 {
  if (operator == 'n') return operand != '' ? 0 : 1;
  if (operator == 'z') return operand == '' ? 0 : 1;
  const found = operator == 'L' || operator == 'h' ? status.ofLink(operand) : status.of(operand);
  if (found < 0) return 1;
  if (operator == 'd') return status.type == S_IFDIR ? 0 : 1;
  if (operator == 'f') return status.type == S_IFREG ? 0 : 1;
  if (operator == 'L' || operator == 'h') return status.type == S_IFLNK ? 0 : 1;
  if (operator == 's') return status.size > 0 ? 0 : 1;
  return operator == 'e' || operator == 'r' || operator == 'w' || operator == 'x' ? 0 : 2;
}
