/** What stands in `$((...))`: whole numbers of 64 bits, names of variables, and C's operators but assignments (POSIX 2.6.4). */
import * as variables from './variables';

/** Binary operators; those of one row bind alike, those of later rows tighter. Longer ones come before those they begin with. */
const OPERATORS: string[][] = [
  ['||'],
  ['&&'],
  ['|'],
  ['^'],
  ['&'],
  ['==', '!='],
  ['<=', '>=', '<', '>'],
  ['<<', '>>'],
  ['+', '-'],
  ['*', '/', '%'],
];

/** What was wrong with the last expression; empty: nothing. */
export let problem: string = '';

let text: string = '';
let at: i32 = 0;
/** How many operands around this one do not count any more, as that behind `0 &&`. */
let decided: i32 = 0;

/** The value of an expression; 0 with a `problem` if it is none. */
export function evaluate(expression: string): i64 {
  text = expression;
  at = 0;
  decided = 0;
  problem = '';
  const value = binary(0);
  if (problem == '' && peek() != '') fail("'" + text.substring(at) + "' is not understood");
  return problem == '' ? value : 0;
}

function fail(what: string): i64 {
  if (problem == '') problem = text.trim() + ': ' + what;
  return 0;
}

/** The next character that is no space; empty: the end. */
function peek(): string {
  while (at < text.length && ' \t\n'.includes(text.charAt(at))) at++;
  return text.charAt(at);
}

/** Takes one of these operators, if one comes next; empty: none does. */
function take(operators: string[]): string {
  peek();
  for (let n = 0; n < operators.length; n++) {
    const operator = operators[n];
    if (text.substr(at, operator.length) != operator) continue;
    // `|` of `||`, `&` of `&&`, `<` of `<<` belong to another row.
    const next = text.charAt(at + operator.length);
    if (operator.length == 1 && '|&<>'.includes(operator) && next == operator) continue;
    at += operator.length;
    return operator;
  }
  return '';
}

function binary(row: i32): i64 {
  if (row == OPERATORS.length) return unary();
  let left = binary(row + 1);
  for (let operator = take(OPERATORS[row]); operator != ''; operator = take(OPERATORS[row])) {
    const decides = (operator == '||' && left != 0) || (operator == '&&' && left == 0);
    if (decides) decided++;
    left = apply(operator, left, binary(row + 1));
    if (decides) decided--;
  }
  return left;
}

function apply(operator: string, left: i64, right: i64): i64 {
  if (operator == '||') return i64(left != 0 || right != 0);
  if (operator == '&&') return i64(left != 0 && right != 0);
  if (operator == '|') return left | right;
  if (operator == '^') return left ^ right;
  if (operator == '&') return left & right;
  if (operator == '==') return i64(left == right);
  if (operator == '!=') return i64(left != right);
  if (operator == '<=') return i64(left <= right);
  if (operator == '>=') return i64(left >= right);
  if (operator == '<') return i64(left < right);
  if (operator == '>') return i64(left > right);
  if (operator == '<<') return left << (right & 63);
  if (operator == '>>') return left >> (right & 63);
  if (operator == '+') return left + right;
  if (operator == '-') return left - right;
  if (operator == '*') return left * right;
  if (right == 0) return decided > 0 ? 0 : fail('division by 0');
  // The one quotient that does not fit wraps, as all else does.
  if (right == -1) return operator == '/' ? 0 - left : 0;
  return operator == '/' ? left / right : left % right;
}

function unary(): i64 {
  const next = peek();
  if ('-+!~'.includes(next) && next != '') {
    at++;
    const value = unary();
    if (next == '-') return 0 - value;
    if (next == '!') return i64(value == 0);
    return next == '~' ? ~value : value;
  }
  if (next != '(') return operand();
  at++;
  const value = binary(0);
  if (peek() != ')') return fail("there is no ')'");
  at++;
  return value;
}

function operand(): i64 {
  const start = at;
  while (at < text.length && variables.isName('_' + text.charAt(at))) at++;
  const word = text.substring(start, at);
  if (word == '') return fail('a number is missing');
  if (!variables.isName(word)) return numberOf(word);
  const value = variables.get(word).trim();
  if (value == '') return 0;
  return value.startsWith('-') ? 0 - numberOf(value.substring(1)) : numberOf(value);
}

/** A constant of C: decimal, octal behind 0, hexadecimal behind 0x. */
function numberOf(word: string): i64 {
  const base = word.startsWith('0x') || word.startsWith('0X') ? 16 : word.startsWith('0') ? 8 : 10;
  let value: i64 = 0;
  for (let n = base == 16 ? 2 : 0; n < word.length; n++) {
    const code = word.charCodeAt(n);
    const letter = code | 0x20;
    const digit =
      code >= 0x30 && code <= 0x39 ? code - 0x30 : letter >= 0x61 && letter <= 0x7a ? letter - 87 : 99;
    if (digit >= base) return fail("'" + word + "' is no number");
    value = value * base + digit;
  }
  return value;
}
