/** A scenario of a file's: a name, what it is made of, and what happens. `xenoscope test` runs what a file exports. */
import { boot } from './lone-host.ts';
import type { HostOptions, LoneHost } from './lone-host.ts';
import { bootWorld } from './world.ts';
import type { ScenarioWorld, WorldOptions } from './world.ts';

/** Marks scenarios, whichever copy of this module has made them. */
const MARK = Symbol.for('xenoscope.scenario');

export interface Scenario {
  readonly name: string;
  readonly options: HostOptions | WorldOptions;
  /** Rejects where something is not as expected. */
  readonly run: (world: never) => Promise<void>;
}

/**
 * A scenario for `xenoscope test`: `export const boots = scenario('boots', async (host) => …)`. It is run on a host that has
 * been made for it, of `options` if there are any, or on a world, where they list hosts.
 */
export function scenario(name: string, run: (host: LoneHost) => Promise<void>): Scenario;
export function scenario(
  name: string,
  options: WorldOptions,
  run: (world: ScenarioWorld) => Promise<void>,
): Scenario;
export function scenario(
  name: string,
  options: HostOptions,
  run: (host: LoneHost) => Promise<void>,
): Scenario;
export function scenario(
  name: string,
  options: HostOptions | WorldOptions | Scenario['run'],
  run?: Scenario['run'],
): Scenario {
  const made =
    typeof options === 'function' ? { name, options: {}, run: options } : { name, options, run: run! };
  return Object.assign(made, { [MARK]: true });
}

/** Whether something that a file exports is a scenario. */
export function isScenario(value: unknown): value is Scenario {
  return typeof value === 'object' && value !== null && MARK in value;
}

/** Runs a scenario on what it is of. Rejects with what it rejects with, and where that cannot be made. */
export async function runScenario({ options, run }: Scenario): Promise<void> {
  const subject = 'hosts' in options ? await bootWorld(options) : await boot(options);
  // Which of the two it takes is what its options said.
  await (run as (subject: LoneHost | ScenarioWorld) => Promise<void>)(subject);
}
