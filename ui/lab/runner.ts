/**
 * How a lab goes forward until something: text on the console, a time, a count of instructions, an event, a breakpoint, a step's end;
 * and says what it stopped at. What lets Xen run, and what happens meanwhile, its course knows (time/course.ts).
 */
import type { Stop as HypervisorStop } from '../../hypervisor/state/hypervisor.ts';
import type { ConsoleText } from './console-text.ts';
import type { Lab } from './lab.ts';
import type { Stop, Until } from './stop.ts';

export class Runner {
  private readonly lab: Lab;
  private readonly text: ConsoleText;
  private until: Until = {};
  private matched: string | undefined;

  /** `text`: what the console has printed. */
  constructor(lab: Lab, text: ConsoleText) {
    this.lab = lab;
    this.text = text;
  }

  /** Runs for at most `ticks` of the clock, by what lets Xen run up to an instant; undefined: it can go on. */
  run(go: (untilTicks: number) => HypervisorStop, until: Until, ticks: number): Stop | undefined {
    this.until = until;
    this.matched = until.text === undefined ? undefined : this.text.take(until.text);
    if (this.matched !== undefined) return { kind: 'text', text: this.matched };
    const { hypervisor, breaks } = this.lab;
    breaks.event = null;
    const now = hypervisor.ticks();
    const dueTicks = until.ns === undefined ? Infinity : Math.ceil(until.ns / this.lab.periodNs);
    const left = until.instructions === undefined ? Infinity : until.instructions - this.lab.instructions;
    if (left <= 0) return { kind: 'instructions' };
    const limit = Math.min(now + ticks, dueTicks, now + left);
    if (this.lab.isOver) return { kind: 'ended' };
    const stop = go(limit);
    if (this.matched !== undefined) return { kind: 'text', text: this.matched };
    if (this.hasEnded(stop)) return { kind: 'ended' };
    if (breaks.event !== null) return { kind: 'event', event: breaks.event };
    if (stop.kind === 'breakpoint') return breaks.here();
    if (stop.kind === 'waiting') return stop;
    if (hypervisor.ticks() >= dueTicks) return { kind: 'time' };
    if (until.instructions !== undefined && this.lab.instructions >= until.instructions)
      return { kind: 'instructions' };
    return stop.kind === 'idle' && (limit === Infinity || until.idle === true) ? { kind: 'idle' } : undefined;
  }

  /**
   * Runs for at most `ticks` of a step, up to a breakpoint, or to where `there` says that it has come, which is asked at every
   * address that is watched and whenever somebody asks for a stop; undefined: nothing of that has come.
   */
  runBetween(ticks: number, there: () => Stop | null): Stop | undefined {
    const { hypervisor, breaks } = this.lab;
    if (this.lab.isOver) return { kind: 'ended' };
    this.until = {};
    breaks.event = null;
    const end = hypervisor.ticks() + ticks;
    for (;;) {
      const stop = this.lab.course.go(end);
      if (this.hasEnded(stop)) return { kind: 'ended' };
      if (stop.kind === 'waiting') return stop;
      if (stop.kind === 'idle') return end === Infinity ? { kind: 'idle' } : undefined;
      if (stop.kind === 'budget') return undefined;
      const come = there();
      if (come !== null) return come;
      if (breaks.event !== null) return { kind: 'event', event: breaks.event };
      const at = stop.kind === 'breakpoint' ? breaks.here() : undefined;
      if (at !== undefined) return at;
    }
  }

  /** An instruction is retired, or faults; while all vcpus are idle the clock goes to the next timer first. */
  stepInstruction(): Stop | undefined {
    const { hypervisor, course } = this.lab;
    if (this.lab.isOver) return { kind: 'ended' };
    const before = this.lab.instructions;
    while (this.lab.instructions === before) {
      const target = hypervisor.idle ? course.nextTicks : hypervisor.ticks() + 1;
      if (target === Infinity) return { kind: 'idle' };
      const stop = course.go(target);
      if (this.hasEnded(stop)) return { kind: 'ended' };
      if (stop.kind === 'waiting') return stop;
    }
    return { kind: 'step' };
  }

  /** Goes on to an instant, whatever happens on the way; false: the domain ends before. */
  runTo(ticks: number): boolean {
    return this.unwatched(() => this.lookThrough(ticks, () => undefined));
  }

  /** Goes on to where so many instructions are retired; false: nothing retires that many. */
  runToInstruction(instructions: number): boolean {
    return this.unwatched(() => {
      while (this.lab.instructions < instructions) {
        const { hypervisor, course } = this.lab;
        const left = instructions - this.lab.instructions;
        const ticks = Math.max(hypervisor.ticks() + left, hypervisor.idle ? course.nextTicks : 0);
        if (ticks === Infinity) return false;
        if (!this.lookThrough(ticks, () => undefined)) return false;
      }
      return true;
    });
  }

  /** Goes on to an instant, and calls `look` at every stop on the way and there; false: the domain ends before. */
  lookThrough(ticks: number, look: () => void): boolean {
    this.until = {};
    while (this.lab.hypervisor.ticks() < ticks) {
      const stop = this.lab.course.go(ticks);
      if (stop.kind === 'waiting' || this.hasEnded(stop)) return false;
      look();
    }
    return true;
  }

  /** The console has printed something: what is waited for may be there. */
  printed(): void {
    if (this.until.text === undefined || this.matched !== undefined) return;
    this.matched = this.text.take(this.until.text);
    if (this.matched !== undefined) this.lab.hypervisor.requestStop('text');
  }

  /** The lab's domain has shut down; others may come and go. */
  private hasEnded(stop: HypervisorStop): boolean {
    return stop.kind === 'shutdown' && stop.domain === this.lab.domain;
  }

  /** Does something without the stops that were asked for. */
  private unwatched<T>(work: () => T): T {
    this.lab.breaks.disarm();
    try {
      return work();
    } finally {
      this.text.forget();
      this.lab.breaks.arm();
    }
  }
}
