/** How far a campaign is, on standard error: a terminal has a line that is overwritten, anything else a line for every tenth. */
const TENTHS = 10;
const EVERY_MS = 200;

/** In a terminal, a line that the next one overwrites. */
export function showLive(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text === '' ? '' : `[${text}]`}`);
}

export class CampaignProgress {
  private readonly total: number;
  private readonly isLive = process.stderr.isTTY;
  private readonly started = performance.now();
  private readonly before: number;
  private done: number;
  private failed: number;
  private last = -Infinity;
  private tenth: number;

  /** `done`, `failed`: of a campaign that goes on. */
  constructor(total: number, done: number, failed: number) {
    this.total = total;
    this.before = this.done = done;
    this.failed = failed;
    this.tenth = this.tenths();
    if (done > 0) process.stderr.write(`xenoscope: ${String(done)} seeds are done already\n`);
  }

  seed(hasFailed: boolean): void {
    this.done++;
    if (hasFailed) this.failed++;
    const isNews = this.isLive
      ? performance.now() - this.last >= EVERY_MS || this.done === this.total
      : this.tenths() > this.tenth;
    if (!isNews) return;
    this.last = performance.now();
    this.tenth = this.tenths();
    this.say(this.text());
  }

  private say(text: string): void {
    if (this.isLive) showLive(text);
    else process.stderr.write(`xenoscope: ${text}\n`);
  }

  clear(): void {
    showLive('');
  }

  private tenths(): number {
    return Math.floor((TENTHS * this.done) / this.total);
  }

  private text(): string {
    const seconds = (performance.now() - this.started) / 1000;
    const rate = (this.done - this.before) / seconds;
    const left = Math.ceil((this.total - this.done) / rate);
    return `${String(this.done)} of ${String(this.total)} seeds, ${String(this.failed)} failed, ${rate.toFixed(1)}/s, ${String(left)} s left`;
  }
}
