/** What the package `xenoscope` gives: hosts and worlds of them to run, drive, look into and break in tests, in Node. */
export { boot, LoneHost } from '../lab/scenario/lone-host.ts';
export { Snapshot } from '../lab/scenario/snapshot.ts';
export type { Content, Disk, HostOptions } from '../lab/scenario/lone-host.ts';
export { bootWorld, ScenarioWorld } from '../lab/scenario/world.ts';
export type { WorldHostOptions, WorldOptions } from '../lab/scenario/world.ts';
export { Host } from '../lab/scenario/host.ts';
export type { Domain, VcpuChoice } from '../lab/scenario/host.ts';
export { Console } from '../lab/scenario/console.ts';
export type { Patience } from '../lab/scenario/words.ts';
export { Watch } from '../lab/scenario/events.ts';
export type { EventFilter, EventKind } from '../lab/event-filter.ts';
export type { SeenEvent } from '../lab/scenario/events.ts';
export type { LanFault } from '../../devices/lan/lan.ts';
export type { Vary } from '../../devices/chance.ts';
export type { Fault } from '../lab/faults.ts';
export { ScenarioFailure } from '../lab/scenario/failure.ts';
export { scenario } from '../lab/scenario/scenario.ts';
export type { Scenario, ScenarioHostOptions, ScenarioWorldOptions } from '../lab/scenario/scenario.ts';
