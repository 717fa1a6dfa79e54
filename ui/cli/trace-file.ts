/** `--trace FILE`: every event of the hypervisor's, a line each, as it ends. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { traceLine } from '../../hypervisor/trace/text.ts';
import type { TraceEvent } from '../../hypervisor/trace/event.ts';
import type { TraceSink } from '../../hypervisor/trace/tracer.ts';
import { UserError } from './user-error.ts';

const FLUSH_CHARACTERS = 1 << 20;

export class TraceFile implements TraceSink {
  private readonly file: number;
  private readonly periodNs: number;
  /** Events whose lines are not written yet: a span's result comes at its end. */
  private waiting: TraceEvent[] = [];
  private text = '';

  /** Opens the file. Throws UserError where that fails. */
  constructor(path: string, periodNs: number) {
    this.periodNs = periodNs;
    try {
      this.file = openSync(path, 'w');
    } catch (error) {
      throw new UserError(`cannot write ${path}: ${(error as Error).message}`);
    }
  }

  event(event: TraceEvent): void {
    if (event.depth === 0) this.flush();
    this.waiting.push(event);
  }

  end(): void {
    // The line is written with the next event outside of all spans.
  }

  private flush(): void {
    for (const event of this.waiting) this.text += `${traceLine(event, this.periodNs)}\n`;
    this.waiting = [];
    if (this.text.length >= FLUSH_CHARACTERS) this.write();
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
