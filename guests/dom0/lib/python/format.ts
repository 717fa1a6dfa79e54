/** The text that `%` makes ("String formatting operations" in the library reference of Python). */
import { raise } from './raising';
import { DICT, literalOf, TEXT, textOf, text as textValue, TUPLE, Value } from './values';
import { isDigit } from './tokens';

const FLAGS: string = '#0- +';
const WIDEST: i32 = 1 << 16;

export function format(pattern: string, given: Value): Value {
  const made = new Formatting(pattern, given).run();
  return textValue(made);
}

class Formatting {
  private at: i32 = 0;
  /** How many values have been taken. */
  private taken: i32 = 0;

  constructor(
    private readonly pattern: string,
    private readonly given: Value,
  ) {}

  run(): string {
    let said = '';
    while (this.at < this.pattern.length) {
      const percent = this.pattern.indexOf('%', this.at);
      const end = percent < 0 ? this.pattern.length : percent;
      said += this.pattern.substring(this.at, end);
      this.at = end + 1;
      if (percent >= 0) said += this.one();
    }
    const isLeft = this.given.kind == TUPLE ? this.taken < this.given.items.length : this.taken == 0;
    if (isLeft && this.given.kind != DICT)
      raise('TypeError', 'not all arguments converted during string formatting');
    return said;
  }

  private get letter(): string {
    return this.pattern.charAt(this.at);
  }

  private one(): string {
    let key: Value | null = null;
    if (this.letter == '(') {
      const end = this.pattern.indexOf(')', this.at);
      key = textValue(this.pattern.substring(this.at + 1, max(end, this.at + 1)));
      this.at = max(end, this.at) + 1;
    }
    let flags = '';
    while (this.letter != '' && FLAGS.includes(this.letter)) flags += this.pattern.charAt(this.at++);
    const width = this.number();
    let precision = -1;
    if (this.letter == '.') {
      this.at++;
      precision = max(this.number(), 0);
    }
    while (this.letter != '' && 'hlL'.includes(this.letter)) this.at++;
    const type = this.pattern.charAt(this.at++);
    if (type == '%') return '%';
    const value = this.value(key);
    return value == null ? '' : pad(convert(type, value, flags, precision), width, flags);
  }

  /** -1: there is none. A star takes a value. */
  private number(): i32 {
    if (this.letter == '*') {
      this.at++;
      const value = this.value(null);
      return value == null ? -1 : <i32>min(value.int, WIDEST);
    }
    const from = this.at;
    while (this.letter != '' && isDigit(this.letter.charCodeAt(0))) this.at++;
    return from == this.at ? -1 : <i32>min(I64.parseInt(this.pattern.substring(from, this.at)), WIDEST);
  }

  /** Null: there is none, which has been raised. */
  private value(key: Value | null): Value | null {
    const given = this.given;
    if (key != null) {
      if (given.kind != DICT) raise('TypeError', 'format requires a mapping');
      const at = given.kind == DICT ? given.indexOfKey(key) : -1;
      if (at < 0) raise('KeyError', literalOf(key));
      return at < 0 ? null : given.items[at];
    }
    const n = this.taken++;
    if (given.kind == TUPLE ? n < given.items.length : n == 0)
      return given.kind == TUPLE ? given.items[n] : given;
    raise('TypeError', 'not enough arguments for format string');
    return null;
  }
}

function convert(type: string, value: Value, flags: string, precision: i32): string {
  if (type == 's' || type == 'r') {
    const said = type == 's' ? textOf(value) : literalOf(value);
    return precision < 0 ? said : said.substring(0, precision);
  }
  if (type == 'c' && value.kind == TEXT) return value.text;
  if (!'diuxXoc'.includes(type) || type == '') {
    raise('ValueError', "unsupported format character '" + type + "'");
    return '';
  }
  if (!value.isNumber) {
    raise('TypeError', '%' + type + ' format: a number is required, not ' + value.typeName);
    return '';
  }
  if (type == 'c') return String.fromCharCode(<i32>value.int);
  const size = value.int < 0 ? -value.int : value.int;
  let digits = size.toString();
  if (type == 'x' || type == 'X') digits = (flags.includes('#') ? '0x' : '') + size.toString(16);
  if (type == 'X') digits = digits.toUpperCase();
  if (type == 'o') digits = (flags.includes('#') ? '0' : '') + size.toString(8);
  const plus = flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '';
  return (value.int < 0 ? '-' : plus) + digits.padStart(max(precision, 0), '0');
}

function pad(said: string, width: i32, flags: string): string {
  if (said.length >= width) return said;
  if (flags.includes('-')) return said.padEnd(width);
  if (!flags.includes('0')) return said.padStart(width);
  const sign = said.startsWith('-') || said.startsWith('+') ? said.charAt(0) : '';
  return sign + said.substring(sign.length).padStart(width - sign.length, '0');
}
