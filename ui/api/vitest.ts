/**
 * Matchers for Vitest: `import 'xenoscope/vitest'` in a test, or in a file of `setupFiles`. All but `toHaveMade` are awaited.
 * What does not come is told with the console's last lines, where time stood, and the path of a snapshot file.
 */
import { expect } from 'vitest';
import { describeFilter, describeText, literal, within } from '../lab/scenario/words.ts';
import type { EventFilter, Host, LoneHost, Patience, ScenarioWorld } from './index.ts';

/** How often a hypercall is to have been made: exactly, or at least; once at least unless said otherwise. */
export interface Times {
  readonly times?: number;
  readonly atLeast?: number;
}

export interface XenoscopeMatchers<Result> {
  /** Runs the host until its console has printed this. */
  toPrint(wanted: string | RegExp, patience?: Patience): Promise<Result>;
  /** Runs the host until an event comes that passes the filter. */
  toReach(filter: EventFilter, patience?: Patience): Promise<Result>;
  /** Runs the host until a domain crashes, for a reason with these words. */
  toCrashWith(reason: string | RegExp, patience?: Patience): Promise<Result>;
  /** Since it booted, the host's domains have made a hypercall so often. */
  toHaveMade(hypercall: string, times?: Times): Result;
  /** The frame table, the grants and the event channels are as they must be: recounted from scratch, now. */
  toKeepInvariants(): Promise<Result>;
  /** The state hash is this one. */
  toHashTo(hash: string): Promise<Result>;
}

declare module 'vitest' {
  // Vitest's own declaration has the parameter.
  // eslint-disable-next-line @typescript-eslint/no-unused-vars, @typescript-eslint/no-empty-object-type
  interface Matchers<T> extends XenoscopeMatchers<void> {}
}

interface Verdict {
  readonly pass: boolean;
  readonly message: () => string;
}

/** `headline`: what has happened, if it is what was not to. Only who fails leaves a file. */
async function verdict(host: Host, pass: boolean, isNot: unknown, headline: string): Promise<Verdict> {
  // Where it is not negated, Vitest leaves it undefined, whatever its types say.
  const message = pass === (isNot === true) ? await host.report(headline) : headline;
  return { pass, message: () => message };
}

function isEnough(count: number, { times, atLeast = 1 }: Times): boolean {
  return times === undefined ? count >= atLeast : count === times;
}

expect.extend({
  async toPrint(host: Host, wanted: string | RegExp, patience?: Patience) {
    const text = await host.console.sees(wanted, patience);
    const has = text === null ? 'has not printed' : 'has printed';
    return verdict(
      host,
      text !== null,
      this.isNot,
      `the console ${has} ${describeText(wanted)} ${within(patience)}`,
    );
  },

  async toReach(host: Host, filter: EventFilter, patience?: Patience) {
    const event = await host.reaches(filter, patience);
    const headline =
      event === null
        ? `${describeFilter(filter)} has not come ${within(patience)}`
        : `it has come to ${event.text}`;
    return verdict(host, event !== null, this.isNot, headline);
  },

  async toCrashWith(host: Host, reason: string | RegExp, patience?: Patience) {
    const event = await host.reaches(
      { kind: 'crash', words: typeof reason === 'string' ? literal(reason) : reason },
      patience,
    );
    const headline =
      event === null
        ? `no domain has crashed with ${describeText(reason)} ${within(patience)}`
        : `there is a ${event.text}`;
    return verdict(host, event !== null, this.isNot, headline);
  },

  toHaveMade(host: Host, hypercall: string, times: Times = {}) {
    const count = host.hypercallCount(hypercall);
    const wanted =
      times.times === undefined
        ? `${String(times.atLeast ?? 1)} times at least`
        : `${String(times.times)} times`;
    const message = host.describe(`${hypercall} has been made ${String(count)} times; wanted: ${wanted}`);
    return { pass: isEnough(count, times), message: () => message };
  },

  async toKeepInvariants(host: Host) {
    const faults = host.invariants();
    const headline = faults.length === 0 ? 'the invariants hold' : `they do not hold:\n${faults.join('\n')}`;
    return verdict(host, faults.length === 0, this.isNot, headline);
  },

  async toHashTo(host: LoneHost | ScenarioWorld, hash: string) {
    const actual = await host.hash();
    return { pass: actual === hash, message: () => `the state hashes to ${actual}`, actual, expected: hash };
  },
});
