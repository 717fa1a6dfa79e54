/**
 * Stop-and-go: a domain that writes faster than its pages go out stands still for a share of the time (as QEMU's auto-converge does
 * it). A cap of the scheduler's would not do: what writes in short bursts uses next to no processor. A run is always as long, what
 * becomes longer are the pauses between: so there is a share at which a whole round falls into one.
 */
import { XEN_DOMCTL_pausedomain, XEN_DOMCTL_unpausedomain } from 'xen';
import { CLOCK_MONOTONIC } from 'mote/abi';
import { clock } from 'programs/lib/calls';
import { domainOfId } from '../domains';
import * as hyper from '../hypercalls';
import { Asked } from '../saved/suspend';
import { Ticker } from '../saved/writer';
import { Record } from './record';

const RUN_NS: u64 = 10_000_000;
/** With it, it stands still for 99 of 100. */
const MOST_PAUSE_NS: u64 = 99 * RUN_NS;
/** In the record while the domain may be paused by this: who takes the migration up lets it go on. */
const HELD: string = 'held';

export class Hold extends Ticker implements Asked {
  /** Between two runs; 0: it is not held back. */
  private pauseNs: u64 = 0;
  private isPaused: bool = false;
  private nextNs: u64 = 0;

  constructor(
    private domid: u32,
    private record: Record,
  ) {
    super();
  }

  /** Of the time in which it stands still, in percent. */
  get percent(): u64 {
    return (this.pauseNs * 100) / (this.pauseNs + RUN_NS);
  }

  /** It is to stand still as long as it runs; then, each time, twice as long as before. */
  more(): void {
    if (this.pauseNs == 0) this.record.put(HELD, '1');
    this.pauseNs = min(max(this.pauseNs * 2, RUN_NS), MOST_PAUSE_NS);
  }

  /** Is called often while pages go out: pauses the domain or lets it run, where it is time to. */
  tick(): void {
    if (this.pauseNs == 0) return;
    const now = clock(CLOCK_MONOTONIC);
    if (now < this.nextNs) return;
    const failed = this.change(this.isPaused ? XEN_DOMCTL_unpausedomain : XEN_DOMCTL_pausedomain);
    // One that has ended is noticed by whoever wants something of it.
    if (failed == 0) this.isPaused = !this.isPaused;
    this.nextNs = now + (this.isPaused ? this.pauseNs : RUN_NS);
  }

  private change(command: u32): i32 {
    hyper.begin();
    return hyper.domctl(command, this.domid);
  }

  /** What it finds first when it goes on is that it is to suspend itself. */
  asked(): void {
    this.release();
  }

  /** It runs again as it likes. */
  release(): void {
    if (this.pauseNs == 0) return;
    if (this.isPaused) this.change(XEN_DOMCTL_unpausedomain);
    this.isPaused = false;
    this.pauseNs = 0;
    this.record.put(HELD, '');
  }

  /** Lets a domain go on that a process has held back which is no more. */
  static releaseOf(record: Record, domid: u32): void {
    if (record.get(HELD) == '') return;
    const domain = domainOfId(domid);
    if (domain != null && domain.isPaused) new Hold(domid, record).change(XEN_DOMCTL_unpausedomain);
    record.put(HELD, '');
  }
}
