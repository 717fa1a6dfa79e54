/** A scenario that is tried many times, with other things varying each time. */
import type { Vary } from '../../../devices/chance.ts';
import { LoneHost } from './lone-host.ts';
import { runOn, subjectOf } from './scenario.ts';
import type { Scenario, Subject } from './scenario.ts';
import type { Snapshot } from './snapshot.ts';

export interface Trial {
  /** Null: all was as expected. */
  readonly failure: Error | null;
  /** What was otherwise than without a seed: names for `Vary.only`. */
  readonly variations: readonly string[];
  /** What it was tried on, as it is at the end. */
  readonly subject: Subject;
}

export interface Alone {
  /** A recording's file of how it has come to where the scenario begins: it says what it is made of. */
  readonly origin: Uint8Array<ArrayBuffer>;
  /** Runs the scenario; null: all was as expected. */
  run(): Promise<Error | null>;
}

/** What has come to where its scenario begins, before anything varies. */
interface Beginning {
  readonly subject: Subject;
  readonly snapshot: Snapshot;
}

/** Nothing varies before: as far as numbers go. */
const NEVER: Vary = { seed: 0, afterNs: Number.MAX_SAFE_INTEGER };

export class Trials {
  private readonly scenario: Scenario;
  private beginning: Beginning | undefined;

  constructor(scenario: Scenario) {
    this.scenario = scenario;
  }

  /** What it is of where nothing varies. Rejects as `try` does. */
  async alone(): Promise<Alone> {
    const subject = await subjectOf(this.scenario);
    beQuiet(subject);
    return { origin: await subject.recording(), run: () => this.run(subject) };
  }

  /** Tries it once. Rejects where what it is of cannot be made, or does not come to its beginning. */
  async try(vary: Vary): Promise<Trial> {
    const subject = await this.subject(vary);
    beQuiet(subject);
    const failure = await this.run(subject);
    return { failure, variations: subject.variations, subject };
  }

  private async run(subject: Subject): Promise<Error | null> {
    try {
      await runOn(subject, this.scenario);
      return null;
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  }

  private async subject(vary: Vary): Promise<Subject> {
    if (this.beginning === undefined) {
      const subject = await subjectOf(this.scenario, NEVER);
      this.beginning = { subject, snapshot: subject.save() };
    }
    const { subject, snapshot } = this.beginning;
    return subject.varied(snapshot, vary);
  }
}

function beQuiet(subject: Subject): void {
  for (const host of subject instanceof LoneHost ? [subject] : subject.hosts) host.isQuiet = true;
}
