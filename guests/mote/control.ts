/**
 * What the toolstack asks of this domain: it writes `poweroff`, `halt` or `reboot` to control/shutdown, and the domain takes the
 * word away, as a sign that it was heard, and ends. What it can do stands beside. And it says in memory/target how much memory
 * the domain is to have, in KiB: the balloon does it.
 */
import { SHUTDOWN_poweroff, SHUTDOWN_reboot, start_info } from 'xen';
import { ballooned, setMemoryTarget } from 'kernel/memory/balloon';
import { startInfo } from 'kernel/xen/start-info';
import { print } from 'kernel/console/print';
import { totalPages } from 'kernel/memory/pages';
import { shutdown } from 'kernel/traps/panic';
import { readNumber, readText, writeText } from 'kernel/store/store';
import { endThread, makeRunnable, Thread } from 'kernel/threads/threads';
import { Watch, watch } from 'kernel/store/watches';
import { hasXenstore, isText } from 'kernel/store/xenbus';
import { syncAll } from './fs/mount';
import { bytesOf } from './fs/names';

const WORD_BYTES: usize = 32;
const word: usize = memory.data(32);
const directory: usize = bytesOf('control');
const memoryDirectory: usize = bytesOf('memory');
const KIB_PER_PAGE: u64 = 4;

class ShutdownWatch extends Watch {
  changed(path: usize): void {
    if (readText(directory, 'shutdown', word, WORD_BYTES) <= 0) return;
    const again = isText(word, 'reboot');
    const known = again || isText(word, 'poweroff') || isText(word, 'halt');
    writeText(0, directory, 'shutdown', '');
    if (!known) {
      print('control/shutdown: what is asked for is not there\n');
      return;
    }
    print(again ? 'Mote: rebooting, as it was asked to\n' : 'Mote: powering off, as it was asked to\n');
    syncAll();
    shutdown(again ? SHUTDOWN_reboot : SHUTDOWN_poweroff);
  }
}

class TargetWatch extends Watch {
  changed(path: usize): void {
    const target = readNumber(memoryDirectory, 'target');
    if (target <= 0) return;
    // What the kernel took for itself at the start is no part of what the balloon manages.
    const taken = load<u64>(startInfo() + start_info.nr_pages) - totalPages() - ballooned();
    const pages = <u64>target / KIB_PER_PAGE;
    if (pages > taken) setMemoryTarget(<u32>(pages - taken));
  }
}

/** Says what can be asked for, and listens. It waits for the store, which nobody else is to wait for. */
class ControlThread extends Thread {
  run(): void {
    writeText(0, directory, 'feature-poweroff', '1');
    writeText(0, directory, 'feature-reboot', '1');
    watch(bytesOf('control/shutdown'), new ShutdownWatch());
    watch(bytesOf('memory/target'), new TargetWatch());
    endThread();
  }
}

export function initControl(): void {
  if (!hasXenstore()) return;
  const thread = new ControlThread();
  if (thread.prepare()) makeRunnable(thread);
}
