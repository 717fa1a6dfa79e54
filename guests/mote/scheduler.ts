/**
 * Turns: a process in user mode that others wait behind is interrupted by a timer when it has had its slice. The run queue is
 * the kernel's (kernel/threads/threads.ts); here is only when to go to its end.
 */
import { dispatchEvents, eventsPending } from 'kernel/events/events';
import { isHurried, othersRunnable, yieldProcessor } from 'kernel/threads/threads';
import { MILLISECOND, now } from 'kernel/events/clock';
import { Timer } from 'kernel/events/timers';
import { setUserReturn } from 'kernel/traps/traps';
import { TrapFrame } from 'kernel/xen/frame';
import { deliverSignals } from './signals';

const SLICE_NS: u64 = 10 * MILLISECOND;

class SliceTimer extends Timer {
  over: bool = false;

  fire(): void {
    this.over = true;
  }
}

const slice = new SliceTimer();

export function initScheduler(): void {
  setUserReturn(beforeUser);
}

/** On the way back to user mode: what has happened meanwhile comes first. */
function beforeUser(frame: TrapFrame): void {
  do {
    if (eventsPending()) dispatchEvents();
    if (slice.over || isHurried()) {
      slice.over = false;
      yieldProcessor();
    }
    deliverSignals(frame);
  } while (eventsPending() || slice.over || isHurried());
  if (othersRunnable() && !slice.armed) slice.set(now() + SLICE_NS);
}
