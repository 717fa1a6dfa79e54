/**
 * What a lesson notes of a run while it goes on: numbers by name, made of the trace's events, for checks that ask of what has been
 * and not only of what is. They are saved with the host (../witness.ts), so that they go back in time with it.
 */
import type { Hypervisor } from '../../../hypervisor/state/hypervisor.ts';
import type { TraceEvent } from '../../../hypervisor/trace/event.ts';
import type { TraceSink } from '../../../hypervisor/trace/tracer.ts';

/** Takes an event: a function of it, of the numbers and of the host's state alone, and changes nothing but the numbers. */
export type Note = (facts: Facts, event: TraceEvent, hypervisor: Hypervisor) => void;

export class Facts implements TraceSink {
  private readonly numbers = new Map<string, number>();
  private note: Note | null = null;
  private noteEnd: Note | null = null;
  private hypervisor: Hypervisor | null = null;

  /** Notes from now on; null: nothing. `noteEnd` takes spans at their end, when what they have come to stands in them. */
  begin(note: Note | null, noteEnd: Note | null, hypervisor: Hypervisor): void {
    this.note = note;
    this.noteEnd = noteEnd;
    this.hypervisor = hypervisor;
  }

  /** 0: nothing has been noted by that name. */
  get(name: string): number {
    return this.numbers.get(name) ?? 0;
  }

  set(name: string, value: number): void {
    this.numbers.set(name, value);
  }

  add(name: string, value = 1): void {
    this.set(name, this.get(name) + value);
  }

  event(event: TraceEvent): void {
    if (this.note !== null && this.hypervisor !== null) this.note(this, event, this.hypervisor);
  }

  end(event: TraceEvent): void {
    if (this.noteEnd !== null && this.hypervisor !== null) this.noteEnd(this, event, this.hypervisor);
  }
}
