/** What keys change in `xm top`, as in xentop: what is shown below each domain, how often its headings stand there, and the order. */
import { POLLIN, SYS_poll } from 'mote/abi';
import { read } from 'programs/lib/calls';
import { syscall3 } from 'programs/lib/intrinsics';
import { flush, print } from 'programs/lib/io';

export let showsNetworks: bool = false;
export let showsDisks: bool = false;
export let showsVcpus: bool = false;
export let repeatsHeader: bool = false;
/** By which column domains are sorted: as they come, or the greatest first. */
export let sortColumn: i32 = -1;
/** Between two looks. */
export let delaySeconds: i64 = 3;

export function setDelay(seconds: i64): void {
  delaySeconds = seconds;
}

/** The line at the foot of the screen: a key is its first capital letter. */
export const KEYS = '  Delay  Networks  vBds  VCPUs  Repeat header  Sort order  Quit  ';

/** Columns that are numbers in a domain's row. */
const SORTABLE: i32[] = [-1, 2, 3, 4, 5, 8, 9, 10, 11, 12];
const MS_PER_SECOND: i64 = 1000;
const MOST_DELAY: i64 = 1_000_000;
const ENTER: u8 = 13;
const NEWLINE: u8 = 10;
const ESCAPE: u8 = 0x1b;
const CTRL_C: u8 = 3;

/** struct pollfd */
const polled = new ArrayBuffer(8);
const byte = new ArrayBuffer(1);

/** A key, in small letters; 0: none came within so many seconds; -1: none will. Negative seconds: for ever. */
function key(seconds: i64): i32 {
  const at = changetype<usize>(polled);
  store<i32>(at, 0);
  store<u16>(at, <u16>POLLIN, 4);
  if (<i32>syscall3(SYS_poll, at, 1, seconds < 0 ? -1 : seconds * MS_PER_SECOND) <= 0) return 0;
  if (read(0, byte, 1) <= 0) return -1;
  const code = load<u8>(changetype<usize>(byte));
  return code >= 65 && code <= 90 ? code + 32 : code;
}

/** Waits for a key or until it is time to look again. False: it is to end. */
export function awaitKey(): bool {
  const code = key(delaySeconds);
  if (code < 0 || code == 'q'.charCodeAt(0) || code == ESCAPE || code == CTRL_C) return false;
  if (code == 'n'.charCodeAt(0)) showsNetworks = !showsNetworks;
  else if (code == 'b'.charCodeAt(0)) showsDisks = !showsDisks;
  else if (code == 'v'.charCodeAt(0)) showsVcpus = !showsVcpus;
  else if (code == 'r'.charCodeAt(0)) repeatsHeader = !repeatsHeader;
  else if (code == 's'.charCodeAt(0))
    sortColumn = SORTABLE[(SORTABLE.indexOf(sortColumn) + 1) % SORTABLE.length];
  else if (code == 'd'.charCodeAt(0)) askDelay();
  return true;
}

/** A number, up to Enter. One that cannot be changes nothing. */
function askDelay(): void {
  print('\nDelay(sec): ');
  flush();
  let seconds: i64 = 0;
  for (let code = key(-1); code > 0 && code != ENTER && code != NEWLINE; code = key(-1)) {
    seconds = code >= 48 && code <= 57 && seconds < MOST_DELAY ? seconds * 10 + (code - 48) : MOST_DELAY;
    print(String.fromCharCode(code));
    flush();
  }
  if (seconds > 0 && seconds < MOST_DELAY) delaySeconds = seconds;
}
