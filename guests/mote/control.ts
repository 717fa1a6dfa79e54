/**
 * What the toolstack asks of this domain: it writes `poweroff`, `halt` or `reboot` to control/shutdown, and the domain takes the
 * word away, as a sign that it was heard, and ends. What it can do stands beside.
 */
import { SHUTDOWN_poweroff, SHUTDOWN_reboot } from 'xen';
import { print } from 'kernel/console';
import { shutdown } from 'kernel/panic';
import { readText, writeText } from 'kernel/store';
import { endThread, makeRunnable, Thread } from 'kernel/threads';
import { Watch, watch } from 'kernel/watches';
import { hasXenstore, isText } from 'kernel/xenbus';
import { syncAll } from './fs/mount';
import { bytesOf } from './fs/names';

const WORD_BYTES: usize = 32;
const word: usize = memory.data(32);
const directory: usize = bytesOf('control');

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

/** Says what can be asked for, and listens. It waits for the store, which nobody else is to wait for. */
class ControlThread extends Thread {
  run(): void {
    writeText(0, directory, 'feature-poweroff', '1');
    writeText(0, directory, 'feature-reboot', '1');
    watch(bytesOf('control/shutdown'), new ShutdownWatch());
    endThread();
  }
}

export function initControl(): void {
  if (!hasXenstore()) return;
  const thread = new ControlThread();
  if (thread.prepare()) makeRunnable(thread);
}
