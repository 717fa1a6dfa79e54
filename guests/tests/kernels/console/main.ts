/**
 * The console: a ring of 2048 bytes to write, one of 1024 to read. Much more is written than the ring holds, so the
 * producer must wait for the consumer, and both counters pass their ring's size. Then a line is read.
 */
import { start_info, XENCONS_OUT_BYTES, xencons_interface } from 'xen';
import { initKernel } from 'kernel/boot';
import { startInfo } from 'kernel/xen/start-info';
import { print, printNumber } from 'kernel/console/print';
import { setInputSink } from 'kernel/console/input';
import { pageOf } from 'kernel/memory/pagetable';
import { WaitQueue } from 'kernel/threads/wait';
import { check, finish } from '../check';

const LINES = 100;
const NEWLINE: u8 = 10;
const RETURN: u8 = 13;

const line: usize = memory.data(64);
let length = 0;
let complete = false;
const input = new WaitQueue();

function take(byte: u8): bool {
  if (byte == NEWLINE || byte == RETURN) complete = true;
  else if (length < 63) store<u8>(line + length++, byte);
  input.wake();
  return true;
}

export function main(): void {
  initKernel();
  const ring = pageOf(load<u64>(startInfo() + start_info.console_domU_mfn));
  for (let number = 1; number <= LINES; number++) {
    print('line ');
    printNumber(number);
    print(' of many, to fill the ring\n');
  }
  const produced = load<u32>(ring + xencons_interface.out_prod);
  const consumed = load<u32>(ring + xencons_interface.out_cons);
  check('more went through the ring than it holds', produced > <u32>XENCONS_OUT_BYTES);
  check('no more waits in it than it holds', produced - consumed <= <u32>XENCONS_OUT_BYTES);

  setInputSink(take);
  print('type xenoscope:\n');
  while (!complete) input.sleep();
  check('a line is read', length == 9 && String.UTF8.decodeUnsafe(line, 9) == 'xenoscope');
  check('what has been read is given back', load<u32>(ring + xencons_interface.in_cons) == 10);
  finish();
}
