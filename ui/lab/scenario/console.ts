/** The console of a scenario's host: what is typed, what it prints, what is expected of it. */
import { TextStream } from '../text-stream.ts';
import type { Drive } from './drive.ts';
import { ScenarioFailure } from './failure.ts';
import { describeText, literal, PATIENCE_SECONDS, within } from './words.ts';
import type { Patience } from './words.ts';
import { NS_PER_SECOND } from '../../../devices/nanoseconds.ts';

/** Without anything else to look at, a run need not pause. */
const EVERY_NS = 1e9;
/** How much of what was printed is kept. */
const KEPT_CHARACTERS = 1 << 20;

/** What a console needs of its host. */
interface Terminal {
  readonly ns: number;
  readonly drive: Drive;
  report(headline: string): Promise<string>;
}

export class Console {
  private readonly terminal: Terminal;
  private readonly stream = new TextStream();
  private printed = '';

  /** @internal */
  constructor(terminal: Terminal) {
    this.terminal = terminal;
  }

  /** @internal */
  add(bytes: Uint8Array): void {
    this.printed += this.stream.decode(bytes).replaceAll('\r', '');
    if (this.printed.length > 2 * KEPT_CHARACTERS) this.printed = this.printed.slice(-KEPT_CHARACTERS);
  }

  /** @internal What had been printed by then, where somebody has gone back or elsewhere. */
  printedBefore(text: string): void {
    this.printed = text;
  }

  /** All that was printed since the host booted, as far as it is kept (the last million characters), with what was typed. */
  get text(): string {
    return this.printed;
  }

  /** The last lines of it. */
  lastLines(count: number): readonly string[] {
    return this.printed.trimEnd().split('\n').slice(-count);
  }

  /** Types, now: `\r` is Return, `\x03` Ctrl-C. */
  type(text: string): void {
    this.terminal.drive.type(new TextEncoder().encode(text));
  }

  /** Types a line and Return. */
  enter(line: string): void {
    this.type(`${line}\r`);
  }

  /**
   * Runs until the console has printed this, and gives what matched. What was printed before the end of the last match does
   * not count again, nor does what was typed and is only shown. Rejects with a ScenarioFailure where it does not come.
   */
  async expect(wanted: string | RegExp, patience: Patience = {}): Promise<string> {
    const found = await this.sees(wanted, patience);
    if (found !== null) return found;
    const headline = `the console has not printed ${describeText(wanted)} ${within(patience)}`;
    throw new ScenarioFailure(await this.terminal.report(headline));
  }

  /** As `expect`; null: it has not come. */
  async sees(
    wanted: string | RegExp,
    { withinSeconds = PATIENCE_SECONDS }: Patience = {},
  ): Promise<string | null> {
    const { terminal } = this;
    const outcome = await terminal.drive.run({
      text: typeof wanted === 'string' ? literal(wanted) : wanted,
      isOver: () => false,
      everyNs: EVERY_NS,
      untilNs: terminal.ns + withinSeconds * NS_PER_SECOND,
    });
    return outcome.kind === 'text' ? outcome.text : null;
  }
}
