/** A scenario of a file's: a name, what it is made of, and what happens. `xenoscope test` runs what a file exports. */
import type { Vary } from '../../../devices/chance.ts';
import { boot } from './lone-host.ts';
import type { HostOptions, LoneHost } from './lone-host.ts';
import { bootWorld } from './world.ts';
import type { ScenarioWorld, WorldOptions } from './world.ts';

/**
 * What is done first, and before anything varies. `xenoscope explore` does it once, and tries all seeds from there: what takes
 * long to boot is booted here.
 */
interface Beginning<Of> {
  readonly ready?: (subject: Of) => Promise<unknown>;
}

/** What a scenario is of: a host, or a world. */
export interface ScenarioHostOptions extends HostOptions, Beginning<LoneHost> {}
export interface ScenarioWorldOptions extends WorldOptions, Beginning<ScenarioWorld> {}

/** Marks scenarios, whichever copy of this module has made them. */
const MARK = Symbol.for('xenoscope.scenario');

export interface Scenario {
  readonly name: string;
  readonly options: ScenarioHostOptions | ScenarioWorldOptions;
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
  options: ScenarioWorldOptions,
  run: (world: ScenarioWorld) => Promise<void>,
): Scenario;
export function scenario(
  name: string,
  options: ScenarioHostOptions,
  run: (host: LoneHost) => Promise<void>,
): Scenario;
export function scenario(
  name: string,
  options: ScenarioHostOptions | ScenarioWorldOptions | Scenario['run'],
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

/** What a scenario is run on. */
export type Subject = LoneHost | ScenarioWorld;

/** Makes what a scenario is of, to vary by `vary` if that is given, and brings it to where the scenario begins. */
export async function subjectOf({ options }: Scenario, vary?: Vary): Promise<Subject> {
  const varying = vary === undefined ? {} : { vary };
  if ('hosts' in options) {
    const { ready, ...plain } = options;
    const world = await bootWorld({ ...plain, ...varying });
    await ready?.(world);
    return world;
  }
  const { ready, ...plain } = options;
  const host = await boot({ ...plain, ...varying });
  await ready?.(host);
  return host;
}

/** Rejects with what the scenario rejects with. `subject`: of this scenario. */
export async function runOn(subject: Subject, { run }: Scenario): Promise<void> {
  // Which of the two it takes is what its options said.
  await (run as (subject: Subject) => Promise<void>)(subject);
}

/** Runs a scenario on what it is of. Rejects with what it rejects with, and where that cannot be made. */
export async function runScenario(scenario: Scenario): Promise<void> {
  await runOn(await subjectOf(scenario), scenario);
}
