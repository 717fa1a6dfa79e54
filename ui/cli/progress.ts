/** What a long run says meanwhile on stderr: guest time, instructions and rate, in one line that is overwritten. */
import type { Lab } from '../lab/lab.ts';

const FIRST_MS = 3000;
const EVERY_MS = 1000;

export class Progress {
  private readonly lab: Lab;
  private readonly shown: boolean;
  private readonly started = performance.now();
  private last = this.started + FIRST_MS - EVERY_MS;
  private lastInstructions = 0;
  private visible = false;

  constructor(lab: Lab, shown: boolean) {
    this.lab = lab;
    this.shown = shown;
  }

  /** Called often; writes about once a second. */
  tick(): void {
    const now = performance.now();
    if (!this.shown || now - this.last < EVERY_MS) return;
    const rate = (this.lab.instructions - this.lastInstructions) / (now - this.last) / 1000;
    this.last = now;
    this.lastInstructions = this.lab.instructions;
    const seconds = (this.lab.ns / 1e9).toFixed(1);
    const millions = Math.round(this.lab.instructions / 1e6);
    process.stderr.write(
      `\r\x1b[K[guest ${seconds} s, ${String(millions)} million instructions, ${rate.toFixed(0)} million/s]`,
    );
    this.visible = true;
  }

  clear(): void {
    if (this.visible) process.stderr.write('\r\x1b[K');
  }
}
