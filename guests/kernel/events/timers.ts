/** Timers: they stand in a list by their deadlines, and the clock's alarm is set to the first. */
import { initClock, now, setAlarm } from './clock';

/** Something that happens at a time. */
export abstract class Timer {
  deadlineNs: u64 = 0;
  armed: bool = false;
  private later: Timer | null = null;

  /** It is time. The timer is not armed any more, and may be set again. Called with upcalls masked: it does not sleep. */
  abstract fire(): void;

  /** Sets it, or sets it anew. */
  set(deadlineNs: u64): void {
    this.cancel();
    this.deadlineNs = deadlineNs;
    this.armed = true;
    let before: Timer | null = null;
    let after = first;
    while (after != null && after.deadlineNs <= deadlineNs) {
      before = after;
      after = after.later;
    }
    this.later = after;
    if (before != null) {
      before.later = this;
      return;
    }
    first = this;
    setFirst();
  }

  cancel(): void {
    if (!this.armed) return;
    this.armed = false;
    if (first == this) {
      first = this.later;
      return;
    }
    let before = first!;
    while (before.later != this) before = before.later!;
    before.later = this.later;
  }

  /** Fires all whose time has come. */
  static expire(): void {
    for (;;) {
      const timer = first;
      if (timer == null || timer.deadlineNs > now()) break;
      first = timer.later;
      timer.armed = false;
      timer.fire();
    }
    setFirst();
  }
}

let first: Timer | null = null;

/** An alarm for a timer that was cancelled comes for nothing. */
function setFirst(): void {
  const timer = first;
  if (timer != null) setAlarm(timer.deadlineNs);
}

/** Lets the clock's alarms in: at the start, and when the domain was restored, where timers may be waiting. */
export function initTimers(): void {
  initClock((port: u32) => {
    Timer.expire();
  });
  setFirst();
}
