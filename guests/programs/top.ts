/** top [SECONDS [TIMES]]: who uses the processor, anew every two seconds (or SECONDS), until Ctrl-C or so many times. */
import { CLOCK_MONOTONIC, sysinfo } from 'mote/abi';
import { clock, sleepNs, systemInformation } from 'programs/lib/calls';
import { complain, flush, print } from 'programs/lib/io';
import { allProcesses, ProcessInfo, TICKS } from 'programs/lib/processes';
import { bad, number, table } from 'programs/lib/text';
import { NS_PER_SECOND } from 'programs/lib/time';

const PAGE_KIB: u64 = 4;
const MAX_ROWS = 20;
const CLEAR = '\x1b[H\x1b[J';

/** By process: its ticks at the last look. */
const before = new Map<i64, u64>();

export function main(args: string[]): i32 {
  const seconds = args.length > 1 ? number(args[1]) : 2;
  const wrong = bad;
  const times = args.length > 2 ? number(args[2]) : -1;
  if (wrong || bad || seconds <= 0) {
    complain('usage: top [SECONDS [TIMES]]');
    return 2;
  }
  let last: u64 = 0;
  for (let n: i64 = 0; n != times; n++) {
    if (n > 0) sleepNs(<u64>seconds * NS_PER_SECOND);
    const list = allProcesses();
    if (list == null) {
      complain('/proc is not there');
      return 1;
    }
    const now = clock(CLOCK_MONOTONIC);
    show(list, now - last);
    last = now;
  }
  return 0;
}

function show(list: ProcessInfo[], ns: u64): void {
  const total = systemInformation(sysinfo.totalram) >> 10;
  const unused = systemInformation(sysinfo.freeram) >> 10;
  const memory = total.toString() + ' KiB of memory, ' + unused.toString() + ' free';
  print(CLEAR + list.length.toString() + ' processes, ' + memory + '\n\n');
  const elapsed = max<u64>((ns * TICKS) / NS_PER_SECOND, 1);
  list.sort((a, b) => <i32>(used(b) - used(a)));
  const rows: string[][] = [['PID', 'CPU', 'KIB', 'TIME', 'COMMAND']];
  for (let n = 0; n < min(list.length, MAX_ROWS); n++) {
    const each = list[n];
    const share = ((used(each) * 100) / elapsed).toString() + '%';
    rows.push([each.pid.toString(), share, (each.pages * PAGE_KIB).toString(), each.time, each.name]);
  }
  print(table(rows, 0b01111));
  flush();
  before.clear();
  for (let n = 0; n < list.length; n++) before.set(list[n].pid, list[n].ticks);
}

/** Ticks since the last look. */
function used(process: ProcessInfo): u64 {
  return process.ticks - (before.has(process.pid) ? before.get(process.pid) : 0);
}
