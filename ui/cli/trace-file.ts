/** `--trace FILE`: every event of the hypervisor's, a line each, as it ends; with `--words`, a sentence each. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { traceLine } from '../../hypervisor/trace/text.ts';
import type { TraceEvent } from '../../hypervisor/trace/event.ts';
import type { TraceSink } from '../../hypervisor/trace/tracer.ts';
import { sentenceLine } from '../lab/explain/explain.ts';
import type { DomainNames } from '../lab/explain/words.ts';
import type { Lab } from '../lab/lab.ts';
import { UserError } from './user-error.ts';

const FLUSH_CHARACTERS = 1 << 20;

export class TraceFile implements TraceSink {
  private readonly file: number;
  private readonly periodNs: number;
  /** What domains are called in sentences; null: it is to be lines. */
  private readonly names: DomainNames | null;
  /** Events whose lines are not written yet: a span's result comes at its end. */
  private waiting: TraceEvent[] = [];
  private text = '';

  /** Opens the file, and begins. Throws UserError where that fails. */
  constructor(path: string, lab: Lab, inWords: boolean) {
    this.periodNs = lab.periodNs;
    this.names = inWords ? lab.witness.names : null;
    try {
      this.file = openSync(path, 'w');
    } catch (error) {
      throw new UserError(`cannot write ${path}: ${(error as Error).message}`);
    }
    // Who watches learns what domains are called.
    if (inWords) lab.witness.watch();
    lab.hypervisor.trace.add(this);
  }

  event(event: TraceEvent): void {
    if (event.depth === 0) this.flush();
    this.waiting.push(event);
  }

  end(): void {
    // The line is written with the next event outside of all spans.
  }

  private flush(): void {
    for (const event of this.waiting) this.text += `${this.line(event)}\n`;
    this.waiting = [];
    if (this.text.length >= FLUSH_CHARACTERS) this.write();
  }

  private line(event: TraceEvent): string {
    const { names, periodNs } = this;
    return names === null ? traceLine(event, periodNs) : sentenceLine(event, periodNs, names);
  }

  private write(): void {
    writeSync(this.file, this.text);
    this.text = '';
  }

  close(): void {
    this.flush();
    this.write();
    closeSync(this.file);
  }
}
