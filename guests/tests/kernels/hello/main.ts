/** A kernel of fifty lines: it greets, counts three seconds by the timer, and echoes what is typed; `q` ends it, `c` crashes. */
import { SHUTDOWN_poweroff, start_info } from 'xen';
import { initKernel } from 'kernel/boot';
import { startInfo } from 'kernel/xen/start-info';
import { print, printNumber } from 'kernel/console/print';
import { pumpInput, setInputSink } from 'kernel/console/input';
import { shutdown } from 'kernel/traps/panic';
import { now, SECOND } from 'kernel/events/clock';
import { sleepUntil, WaitQueue } from 'kernel/threads/wait';

const SECONDS = 3;
const Q: u8 = 0x71;
const C: u8 = 0x63;

/** The last key, 0 once it is seen to, and who waits for one. */
let key: u8 = 0;
const keys = new WaitQueue();

export function main(): void {
  initKernel();
  print('Hello from a kernel in TypeScript, with ');
  printNumber(load<u64>(startInfo(), start_info.nr_pages));
  print(' pages of memory.\n');

  for (let second = 1; second <= SECONDS; second++) {
    sleepUntil(now() + SECOND);
    print('tick ');
    printNumber(second);
    print('\n');
  }

  setInputSink((byte: u8): bool => {
    if (key != 0) return false;
    key = byte;
    keys.wake();
    return true;
  });
  print('Type something; q ends, c crashes.\n');
  while (key != Q) {
    if (key != 0) {
      assert(key != C, 'a c was typed');
      print('You typed ' + String.fromCharCode(key) + '\n');
      key = 0;
      pumpInput();
    } else keys.sleep();
  }
  print('Good bye.\n');
  shutdown(SHUTDOWN_poweroff);
}
