/** All processes, as /proc tells of them. */
import { readDirectory } from './calls';
import { readFile } from './io';
import { bad, number } from './text';

/** Clock ticks of /proc/PID/stat a second. */
export const TICKS: u64 = 100;

/** Places of fields in /proc/PID/stat, counted from the one behind the name. */
const STATE = 0;
const PARENT = 1;
const GROUP = 2;
const USER_TIME = 11;
const RESIDENT = 21;

export class ProcessInfo {
  pid: i64;
  name: string;
  state: string;
  parent: i64;
  group: i64;
  /** Time on the processor. */
  ticks: u64;
  /** Pages in memory. */
  pages: u64;

  constructor(text: string) {
    // The name stands in parentheses and can have anything in it.
    const open = text.indexOf('(');
    const close = text.lastIndexOf(')');
    const fields = text
      .substring(close + 2)
      .trimEnd()
      .split(' ');
    this.pid = number(text.substring(0, open - 1));
    this.name = text.substring(open + 1, close);
    this.state = fields[STATE];
    this.parent = number(fields[PARENT]);
    this.group = number(fields[GROUP]);
    this.ticks = number(fields[USER_TIME]);
    this.pages = number(fields[RESIDENT]);
  }

  /** Minutes, seconds and hundredths on the processor. */
  get time(): string {
    const seconds = ((this.ticks / TICKS) % 60).toString().padStart(2, '0');
    const rest = ((this.ticks % TICKS) * 100) / TICKS;
    return (this.ticks / TICKS / 60).toString() + ':' + seconds + '.' + rest.toString().padStart(2, '0');
  }
}

/** Processes by their numbers; null: /proc is not there. One that ends meanwhile is left out. */
export function allProcesses(): ProcessInfo[] | null {
  const names = readDirectory('/proc');
  if (names == null) return null;
  const list: ProcessInfo[] = [];
  for (let n = 0; n < names.length; n++) {
    number(names[n]);
    if (bad) continue;
    const text = readFile('/proc/' + names[n] + '/stat');
    if (text != null) list.push(new ProcessInfo(text));
  }
  list.sort((a, b) => <i32>(a.pid - b.pid));
  return list;
}
