/** `xenoscope replay` runs a recording again; `xenoscope restore` goes on with a snapshot. */
import { describeBreakpoint } from '../lab/at-breakpoint.ts';
import type { Line } from '../lab/code.ts';
import type { Lab } from '../lab/lab.ts';
import type { Stop, Until } from '../lab/stop.ts';
import { stateHash } from '../lab/state-hash.ts';
import { replay, type Replayed } from '../lab/time/marks.ts';
import { LabRun } from '../lab/time/lab-run.ts';
import { readRecording, type Recording } from '../lab/time/recording.ts';
import { runLab, setBreakpoints, showAgain, type RunOptions } from './boot.ts';
import { EXIT_BREAKPOINT, EXIT_DIFFERS, EXIT_ENDED_EARLY, EXIT_OK } from './exit-codes.ts';
import { readImage } from './host-files.ts';
import { INSTANT_HELP, nsOfTick, parseInstant } from './instant.ts';
import { runWorld } from './boot-world.ts';
import { bootRun, openRun } from '../lab/runs.ts';
import { bringCode, ImageFiles, tellOfOtherCore, withFile } from './kept-runs.ts';
import { ready } from './ready.ts';
import { attempt, difference, marksAlike } from './replay-words.ts';
import { replayWorld } from './replay-world.ts';
import { UserError } from './user-error.ts';

export interface ReplayOptions {
  readonly image: readonly string[];
  readonly at?: string;
  readonly until?: RegExp;
  readonly break: readonly Line[];
  readonly hash?: boolean;
}

export interface RestoreOptions extends Omit<RunOptions, 'output'> {
  readonly image: readonly string[];
}

const nothing = (): Promise<undefined> => Promise.resolve(undefined);

/** Goes on with a snapshot; returns the exit status. */
export async function restoreFile(path: string, options: RestoreOptions): Promise<number> {
  const { core } = await ready(nothing);
  const file = readImage(path);
  const { hosts, world } = await withFile(path, () => openRun(core, file, new ImageFiles(options.image)));
  for (const { lab } of hosts) await bringCode(lab);
  if (world !== null) return runWorld(world, core, options);
  const { lab } = hosts[0]!;
  if (process.stdin.isTTY && process.stdout.isTTY) showAgain(lab);
  return runLab(lab, core, options);
}

/** Runs a recording again, and compares; returns the exit status. */
export async function replayFile(path: string, options: ReplayOptions): Promise<number> {
  const file = readImage(path);
  const recording = await withFile(path, () => readRecording(file));
  if (recording.marks.length === 0)
    throw new UserError(`${path}: it has no marks to compare with: the page goes through it`);
  const { core } = await ready(nothing);
  tellOfOtherCore(recording, core);
  const { hosts, world } = await withFile(path, () =>
    bootRun(core, recording, new ImageFiles(options.image)),
  );
  if (world !== null) return replayWorld(world, recording, options);
  const at = options.at === undefined ? null : untilInstant(options.at, recording);
  const { lab } = hosts[0]!;
  setBreakpoints(lab, options.break);
  lab.onConsole((bytes) => process.stdout.write(bytes));
  const until = { ...at?.(lab.periodNs), ...(options.until === undefined ? {} : { text: options.until }) };
  const replayed = await attempt(() => replay(new LabRun(lab, until), recording.marks));
  process.stderr.write(`\n${told(lab, recording, replayed)}\n`);
  if (options.hash === true)
    process.stdout.write(`\n${await stateHash(lab.hypervisor)} at instruction ${String(lab.instructions)}\n`);
  return statusOf(replayed, options);
}

/** Up to an instant of a recording, of a lab with this period. */
function untilInstant(text: string, { marks }: Recording): (periodNs: number) => Until {
  const instant = parseInstant(text);
  if (instant === null) throw new UserError(`--at ${text}: it must be an instant: ${INSTANT_HELP}`);
  const end = marks.at(-1)?.places[0] ?? { ticks: 0, instructions: 0 };
  switch (instant.kind) {
    case 'start':
      return () => ({ instructions: 0 });
    case 'end':
      return () => ({});
    case 'instruction':
      if (instant.value > end.instructions)
        throw new UserError(`--at ${text}: the recording has ${String(end.instructions)} instructions`);
      return () => ({ instructions: instant.value });
    case 'ns':
    case 'tick':
      return (periodNs) => {
        const ns = instant.kind === 'ns' ? instant.value : nsOfTick(instant.value, periodNs);
        if (ns > end.ticks * periodNs)
          throw new UserError(`--at ${text}: the recording ends at tick ${String(end.ticks)}`);
        return { ns };
      };
  }
}

function told(lab: Lab, recording: Recording, { stop, alike, differs }: Replayed<Stop>): string {
  if (differs !== null) return difference(recording, differs);
  const of = marksAlike(recording, alike);
  if (stop?.kind === 'breakpoint') return `${describeBreakpoint(lab, stop.place)}\nxenoscope: ${of}`;
  return `xenoscope: ${where(lab, stop)}; ${of}`;
}

function where(lab: Lab, stop: Stop | undefined): string {
  const place = lab.here();
  const at = place === null ? '' : `, in ${place.function}, ${place.file}:${String(place.line)}`;
  const instant = `instruction ${String(lab.instructions)}, ${(lab.ns / 1e9).toFixed(9)} s${at}`;
  if (stop === undefined || stop.kind === 'ended') return `the end of the recording, ${instant}`;
  return stop.kind === 'text' ? `the text came, ${instant}` : instant;
}

function statusOf({ stop, differs }: Replayed<Stop>, options: ReplayOptions): number {
  if (differs !== null) return EXIT_DIFFERS;
  if (stop?.kind === 'breakpoint') return EXIT_BREAKPOINT;
  if (stop !== undefined && stop.kind !== 'ended') return EXIT_OK;
  return options.until !== undefined || options.break.length > 0 ? EXIT_ENDED_EARLY : EXIT_OK;
}
