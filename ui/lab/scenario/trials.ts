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

  /** Tries it once; null: nothing varies. Rejects where what it is of cannot be made, or does not come to its beginning. */
  async try(vary: Vary | null): Promise<Trial> {
    const subject = await this.subject(vary);
    for (const host of subject instanceof LoneHost ? [subject] : subject.hosts) host.isQuiet = true;
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

  private async subject(vary: Vary | null): Promise<Subject> {
    if (vary === null) return subjectOf(this.scenario);
    if (this.beginning === undefined) {
      const subject = await subjectOf(this.scenario, NEVER);
      this.beginning = { subject, snapshot: subject.save() };
    }
    const { subject, snapshot } = this.beginning;
    return subject.varied(snapshot, vary);
  }
}
