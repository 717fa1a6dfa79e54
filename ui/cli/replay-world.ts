/** `xenoscope replay` of a recording of a world of several hosts. */
import { describeBreakpoint } from '../lab/at-breakpoint.ts';
import { replay, type Replayed } from '../lab/time/marks.ts';
import type { Recording } from '../lab/time/recording.ts';
import type { WorldStop } from '../lab/world/turns.ts';
import type { World } from '../lab/world/world.ts';
import { WorldRun } from '../lab/world/world-run.ts';
import { setBreakpoints } from './boot.ts';
import { EXIT_BREAKPOINT, EXIT_DIFFERS, EXIT_ENDED_EARLY, EXIT_OK } from './exit-codes.ts';
import { parseInstant } from './instant.ts';
import { attempt, difference, marksAlike } from './replay-words.ts';
import type { ReplayOptions } from './replay.ts';
import { UserError } from './user-error.ts';
import { WorldConsoles } from './world-consoles.ts';

/** Runs it again, and compares; returns the exit status. */
export async function replayWorld(
  world: World,
  recording: Recording,
  options: ReplayOptions,
): Promise<number> {
  const names = world.description.hosts.map(({ name }) => name);
  const consoles = new WorldConsoles(names, (bytes) => process.stdout.write(bytes), false);
  for (const [host, { lab }] of world.hosts.entries()) {
    setBreakpoints(lab, options.break);
    world.onConsole(host, (bytes) => {
      consoles.print(host, bytes);
    });
  }
  const ns = options.at === undefined ? undefined : nsOf(options.at, recording);
  const until = {
    ...(ns === undefined ? {} : { ns }),
    ...(options.until === undefined ? {} : { text: { pattern: options.until } }),
  };
  const replayed = await attempt(() => replay(new WorldRun(world, until), recording.marks));
  consoles.end();
  process.stderr.write(`\n${told(world, recording, replayed)}\n`);
  if (options.hash === true) process.stdout.write(`\n${await world.hash()} at ${String(world.ns)} ns\n`);
  return statusOf(replayed, options);
}

function nsOf(text: string, { marks }: Recording): number {
  const instant = parseInstant(text);
  const endNs = marks.at(-1)?.ns ?? 0;
  if (instant?.kind === 'start') return 0;
  if (instant?.kind === 'end') return endNs;
  if (instant?.kind !== 'ns')
    throw new UserError(`--at ${text}: an instant of several hosts is a time: 1.5s, 20ms, start, end`);
  if (instant.value > endNs)
    throw new UserError(`--at ${text}: the recording ends at ${(endNs / 1e9).toFixed(9)} s`);
  return instant.value;
}

function told(world: World, recording: Recording, { stop, alike, differs }: Replayed<WorldStop>): string {
  if (differs !== null) return difference(recording, differs);
  const of = marksAlike(recording, alike);
  const at = `${(world.ns / 1e9).toFixed(9)} s`;
  if (stop === undefined) return `xenoscope: the end of the recording, ${at}; ${of}`;
  if (stop.kind !== 'host') return `xenoscope: ${at}; ${of}`;
  const lines = stop.stops.map(({ host, stop: why }) => {
    const { name } = world.description.hosts[host]!;
    if (why.kind === 'breakpoint') return `${name}: ${describeBreakpoint(world.hosts[host]!.lab, why.place)}`;
    return why.kind === 'text' ? `xenoscope: the text came on ${name}` : `xenoscope: ${name} has stopped`;
  });
  return `${lines.join('\n')}\nxenoscope: ${at}; ${of}`;
}

function statusOf({ stop, differs }: Replayed<WorldStop>, options: ReplayOptions): number {
  if (differs !== null) return EXIT_DIFFERS;
  if (stop?.kind === 'host')
    return stop.stops.some((each) => each.stop.kind === 'breakpoint') ? EXIT_BREAKPOINT : EXIT_OK;
  if (stop !== undefined) return EXIT_OK;
  return options.until !== undefined || options.break.length > 0 ? EXIT_ENDED_EARLY : EXIT_OK;
}
