/**
 * What the toolstack asks of this domain: it writes `poweroff`, `halt`, `reboot` or `suspend` to control/shutdown, and the domain
 * takes the word away, as a sign that it was heard, and ends or suspends itself. What it can do stands beside. A suspension can be
 * asked for by an event channel, too. And it says in memory/target how much memory the domain is to have, in KiB: the balloon
 * does it.
 */
import { SHUTDOWN_poweroff, SHUTDOWN_reboot } from 'xen';
import { allocateUnbound } from 'kernel/events/events';
import { Frontend } from 'kernel/frontends/frontend';
import { setMemoryTarget } from 'kernel/memory/balloon';
import { print } from 'kernel/console/print';
import { shutdown } from 'kernel/traps/panic';
import { readNumber, readText, writeNumber, writeText } from 'kernel/store/store';
import { suspend } from 'kernel/suspend';
import { makeRunnable, Thread } from 'kernel/threads/threads';
import { WaitQueue } from 'kernel/threads/wait';
import { Watch, watch } from 'kernel/store/watches';
import { hasXenstore, isText } from 'kernel/store/xenbus';
import { forgetFilePorts } from './fs/event-file';
import { syncAll } from './fs/mount';
import { announceAll } from './net/cards';
import { sendAllAgain } from './net/tcp/timers';
import { bytesOf } from './fs/names';

const DOMAIN_0: u32 = 0;
const WORD_BYTES: usize = 32;
const word: usize = memory.data(32);
const directory: usize = bytesOf('control');
const memoryDirectory: usize = bytesOf('memory');
const suspendDirectory: usize = bytesOf('device/suspend');
const KIB_PER_PAGE: u64 = 4;

/** Somebody wants the domain to suspend itself; whoever does it sleeps here. */
let isSuspensionWanted: bool = false;
const wishes = new WaitQueue();

function wantSuspension(): void {
  isSuspensionWanted = true;
  // Whoever migrates it has brought down what is written; what processes write before it stands still is more of it.
  wishes.wakeUrgently();
}

class ShutdownWatch extends Watch {
  changed(path: usize): void {
    if (readText(directory, 'shutdown', word, WORD_BYTES) <= 0) return;
    const again = isText(word, 'reboot');
    if (isText(word, 'suspend')) {
      writeText(0, directory, 'shutdown', '');
      wantSuspension();
      return;
    }
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
    setMemoryTarget(<u32>(<u64>target / KIB_PER_PAGE));
  }
}

/** Says what can be asked for: at the start, and again when the domain was restored. */
function tell(): void {
  writeText(0, directory, 'feature-poweroff', '1');
  writeText(0, directory, 'feature-reboot', '1');
  writeText(0, directory, 'feature-suspend', '1');
  const port = allocateUnbound(DOMAIN_0, (port: u32) => {
    wantSuspension();
  });
  if (port > 0) writeNumber(0, suspendDirectory, 'event-channel', port);
}

/** Says so, listens, and suspends the domain. It waits for the store, which nobody else is to wait for. */
class ControlThread extends Thread {
  run(): void {
    tell();
    watch(bytesOf('control/shutdown'), new ShutdownWatch());
    watch(bytesOf('memory/target'), new TargetWatch());
    for (;;) {
      while (!isSuspensionWanted) wishes.sleep();
      isSuspensionWanted = false;
      syncAll();
      if (!suspend(forgetFilePorts, tellLost)) continue;
      tell();
      announceAll();
      sendAllAgain();
    }
  }
}

function tellLost(frontend: Frontend): void {
  print('a device has not found its backend again\n');
}

export function initControl(): void {
  if (!hasXenstore()) return;
  const thread = new ControlThread();
  if (thread.prepare()) makeRunnable(thread);
}
