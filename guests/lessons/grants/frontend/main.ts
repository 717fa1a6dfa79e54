/** The kernel that has a page to share: it is made second, and is domain 2. */
import { initKernel } from 'kernel/boot';
import { print, printNumber } from 'kernel/console/print';
import { now, SECOND } from 'kernel/events/clock';
import { endAccess, grantAccess } from 'kernel/grants/grants';
import { allocatePage, PAGE_SIZE } from 'kernel/memory/pages';
import { sleepUntil } from 'kernel/threads/wait';

/** Domain ids. */
const DOM0: u32 = 0;
const BACKEND: u32 = 1;

/** What stands in the page, at which byte: whose turn it is, how long the data are, the answer, the data. */
const STATE: usize = 0;
const LENGTH: usize = 4;
const ANSWER: usize = 8;
const DATA: usize = 16;

/** Values of the state. */
const REQUEST: u32 = 1;
const ANSWERED: u32 = 2;
const LET_GO: u32 = 3;

/** Lets others run for so many milliseconds. */
function wait(milliseconds: u64): void {
  sleepUntil(now() + (milliseconds * SECOND) / 1000);
}

export function main(): void {
  initKernel();
  const page = allocatePage();
  memory.fill(page, 0, PAGE_SIZE);
  for (let n: u32 = 0; n < 16; n++) store<u8>(page + DATA + n, <u8>(n + 1));
  store<u32>(page + LENGTH, 16);

  // Here the page is granted.

  for (;;) wait(1000);
}
