/** Text for people: columns, numbers, times. */

/** Columns padded to their widest, two spaces between; those named in `right` (a bit each) stand at the right. */
export function table(rows: string[][], right: u32 = 0): string {
  const widths: i32[] = [];
  for (let r = 0; r < rows.length; r++)
    for (let c = 0; c < rows[r].length; c++) {
      if (c == widths.length) widths.push(0);
      widths[c] = max(widths[c], rows[r][c].length);
    }
  let text = '';
  for (let r = 0; r < rows.length; r++) {
    let line = '';
    for (let c = 0; c < rows[r].length; c++) {
      const cell = rows[r][c];
      const last = c == rows[r].length - 1;
      if ((right >> c) & 1) line += cell.padStart(widths[c]);
      else line += last ? cell : cell.padEnd(widths[c]);
      if (!last) line += '  ';
    }
    text += line + '\n';
  }
  return text;
}

/** A number of a program's arguments, decimal or 0x; `bad` says whether it is none. */
export let bad: bool = false;
export function number(text: string): i64 {
  bad = false;
  let value: i64 = 0;
  const hexadecimal = text.startsWith('0x');
  const base = hexadecimal ? 16 : 10;
  let at = hexadecimal ? 2 : text.startsWith('-') ? 1 : 0;
  if (at == text.length) bad = true;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    const letter = code | 0x20;
    const digit =
      code >= 0x30 && code <= 0x39 ? code - 0x30 : letter >= 0x61 && letter <= 0x66 ? letter - 0x61 + 10 : 99;
    if (digit >= base) bad = true;
    value = value * base + digit;
  }
  return text.startsWith('-') ? -value : value;
}

export function hex(value: u64, digits: i32 = 0): string {
  return value.toString(16).padStart(digits, '0');
}

function two(value: u64): string {
  return value.toString().padStart(2, '0');
}

const DAY: u64 = 86400;
const MONTHS: StaticArray<string> = [
  'Jan',
  'Feb',
  'Mar',
  'Apr',
  'May',
  'Jun',
  'Jul',
  'Aug',
  'Sep',
  'Oct',
  'Nov',
  'Dec',
];
const WEEKDAYS: StaticArray<string> = ['Thu', 'Fri', 'Sat', 'Sun', 'Mon', 'Tue', 'Wed'];

/** Seconds since 1970 as a date, in UTC: the proleptic Gregorian calendar counted from 1 March. */
export class DateText {
  year: u64;
  month: i32;
  day: u64;
  time: string;
  weekday: string;

  constructor(seconds: u64) {
    const days = seconds / DAY;
    const rest = seconds % DAY;
    this.time = two(rest / 3600) + ':' + two((rest / 60) % 60) + ':' + two(rest % 60);
    this.weekday = WEEKDAYS[<i32>(days % 7)];
    const shifted = days + 719468;
    const era = shifted / 146097;
    const ofEra = shifted % 146097;
    const yearOfEra = (ofEra - ofEra / 1460 + ofEra / 36524 - ofEra / 146096) / 365;
    const ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
    const month = (5 * ofYear + 2) / 153;
    this.day = ofYear - (153 * month + 2) / 5 + 1;
    this.month = <i32>(month < 10 ? month + 3 : month - 9);
    this.year = yearOfEra + era * 400 + (this.month <= 2 ? 1 : 0);
  }

  get monthName(): string {
    return MONTHS[this.month - 1];
  }
  /** As `date` has it. */
  whole(): string {
    const day = this.day.toString().padStart(2);
    return this.weekday + ' ' + this.monthName + ' ' + day + ' ' + this.time + ' UTC ' + this.year.toString();
  }
  /** As `ls -l` has it. */
  short(): string {
    return this.monthName + ' ' + this.day.toString().padStart(2) + ' ' + this.time.substring(0, 5);
  }
}
