/** `xenoscope replay` runs a recording again; `xenoscope restore` goes on with a snapshot. */
import { describeBreakpoint } from '../lab/at-breakpoint.ts';
import type { Line } from '../lab/code.ts';
import { DiskUnavailable } from '../lab/host-devices.ts';
import { FaultImpossible } from '../lab/faults.ts';
import type { Lab } from '../lab/lab.ts';
import type { Stop, Until } from '../lab/stop.ts';
import { restoreLab } from '../lab/snapshot/file.ts';
import { stateHash } from '../lab/state-hash.ts';
import { replay, type Replayed } from '../lab/time/marks.ts';
import { bootRecording, readRecording, type Recording } from '../lab/time/recording.ts';
import { runLab, setBreakpoints, type RunOptions } from './boot.ts';
import { EXIT_BREAKPOINT, EXIT_DIFFERS, EXIT_ENDED_EARLY, EXIT_OK } from './exit-codes.ts';
import { readImage } from './host-files.ts';
import { INSTANT_HELP, nsOfTick, parseInstant } from './instant.ts';
import { bringCode, ImageFiles, tellOfOtherCore, withFile } from './kept-runs.ts';
import { ready } from './ready.ts';
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
  const lab = await withFile(path, () => restoreLab(core, file, new ImageFiles(options.image)));
  await bringCode(lab);
  if (process.stdin.isTTY && process.stdout.isTTY) showAgain(lab);
  return runLab(lab, core, options);
}

/** What the console had printed before: whoever goes on sees it. */
function showAgain(lab: Lab): void {
  lab.witness.listen((domain, bytes) => {
    if (domain === lab.domain.id) process.stdout.write(bytes);
  });
  lab.witness.listen(() => undefined);
}

/** Runs a recording again, and compares; returns the exit status. */
export async function replayFile(path: string, options: ReplayOptions): Promise<number> {
  const file = readImage(path);
  const recording = await withFile(path, () => readRecording(file));
  const at = options.at === undefined ? null : untilInstant(options.at, recording);
  const { core } = await ready(nothing);
  tellOfOtherCore(recording, core);
  const lab = await withFile(path, () => bootRecording(core, recording, new ImageFiles(options.image)));
  setBreakpoints(lab, options.break);
  lab.onConsole((bytes) => process.stdout.write(bytes));
  const until = { ...at?.(lab.periodNs), ...(options.until === undefined ? {} : { text: options.until }) };
  const replayed = await attempt(() => replay(lab, recording.marks, until));
  process.stderr.write(`\n${told(lab, recording, replayed)}\n`);
  if (options.hash === true)
    process.stdout.write(`\n${await stateHash(lab.hypervisor)} at instruction ${String(lab.instructions)}\n`);
  return statusOf(replayed, options);
}

async function attempt<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof DiskUnavailable || error instanceof FaultImpossible
      ? new UserError(error.message)
      : error;
  }
}

/** Up to an instant of a recording, of a lab with this period. */
function untilInstant(text: string, { marks }: Recording): (periodNs: number) => Until {
  const instant = parseInstant(text);
  if (instant === null) throw new UserError(`--at ${text}: it must be an instant: ${INSTANT_HELP}`);
  const end = marks.at(-1);
  switch (instant.kind) {
    case 'start':
      return () => ({ instructions: 0 });
    case 'end':
      return () => ({});
    case 'instruction':
      if (instant.value > (end?.instructions ?? 0))
        throw new UserError(`--at ${text}: the recording has ${String(end?.instructions ?? 0)} instructions`);
      return () => ({ instructions: instant.value });
    case 'ns':
    case 'tick':
      return (periodNs) => {
        const ns = instant.kind === 'ns' ? instant.value : nsOfTick(instant.value, periodNs);
        if (ns > (end?.ticks ?? 0) * periodNs)
          throw new UserError(`--at ${text}: the recording ends at tick ${String(end?.ticks ?? 0)}`);
        return { ns };
      };
  }
}

function told(lab: Lab, { marks }: Recording, { stop, alike, differs }: Replayed): string {
  const of =
    alike === 0
      ? 'the first mark has not come'
      : `the state is the recording’s at ${String(alike)} of ${String(marks.length)} marks`;
  if (differs !== null) {
    const { number, mark, found } = differs;
    const what =
      found.ticks === mark.ticks && found.instructions === mark.instructions
        ? 'the state is another'
        : `${String(found.instructions)} instructions are retired`;
    return (
      `xenoscope: it differs from the recording, first at mark ${String(number)} of ${String(marks.length)} ` +
      `(instruction ${String(mark.instructions)}, tick ${String(mark.ticks)}): ${what}`
    );
  }
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

function statusOf({ stop, differs }: Replayed, options: ReplayOptions): number {
  if (differs !== null) return EXIT_DIFFERS;
  if (stop?.kind === 'breakpoint') return EXIT_BREAKPOINT;
  if (stop !== undefined && stop.kind !== 'ended') return EXIT_OK;
  return options.until !== undefined || options.break.length > 0 ? EXIT_ENDED_EARLY : EXIT_OK;
}
