/** What a face asks for, made: hosts that are booted, and files that are opened, whatever they have. */
import { coreVersion } from '../../core/version.ts';
import type { DomainRequest } from './host.ts';
import { Lab } from './lab.ts';
import type { OpenRequest } from './protocol.ts';
import { bootRun, openedLab, openedWorld, openRun } from './runs.ts';
import type { OpenedRun } from './runs.ts';
import type { Sources } from './snapshot/description.ts';
import { SnapshotError } from './snapshot/errors.ts';
import { openSnapshot } from './snapshot/format.ts';
import { isSnapshot } from './snapshot/magic.ts';
import type { Past } from './time/past.ts';
import { readRecording } from './time/recording.ts';
import type { Recording } from './time/recording.ts';
import { isRecording } from './time/recording-mark.ts';
import type { Shown } from './time/shown.ts';
import { hostsAlike } from './world/alike.ts';
import { World } from './world/world.ts';
import { NS_PER_SECOND } from '../../devices/nanoseconds.ts';

/** A host that is alone; or a world of several, alike. Rejects as `Lab.boot` and `World.make`. */
export async function bootHosts(
  core: WebAssembly.Module,
  count: number,
  request: DomainRequest,
): Promise<OpenedRun> {
  if (count === 1) return openedLab(await Lab.boot(core, request), core);
  const { description, images } = hostsAlike(count, request);
  return openedWorld(await World.make(core, description, images), core);
}

/** What a file has, and where it stands, in a sentence. */
export interface OpenedFile {
  readonly opened: OpenedRun;
  readonly stands: string;
  /** How it is to be looked at; null: nobody has said. */
  readonly shown: Shown | null;
}

/** A snapshot, or a recording: that is at its beginning, and all of it can be gone to. Rejects with a SnapshotError. */
export async function openFile(
  core: WebAssembly.Module,
  { file, isUntouched = false, beginning }: Omit<OpenRequest, 'images'>,
  sources: Sources,
): Promise<OpenedFile> {
  if (isSnapshot(file)) {
    const opened = await openRun(core, file, sources);
    const { run } = opened.kept;
    run.past.isWhole = isUntouched;
    return { opened, stands: `It stands where it was saved, at ${inSeconds(run.ns)}.`, shown: null };
  }
  if (!isRecording(file)) throw new SnapshotError('it is neither a snapshot nor a recording of Xenoscope');
  const recording = await readRecording(file);
  const begun = beginning === undefined ? null : await beginWith(core, recording, beginning, sources);
  const opened = begun ?? (await bootRun(core, recording, sources));
  const end = recording.marks.at(-1);
  const { past } = opened.kept.run;
  past.isKept = true;
  past.keep();
  if (end !== undefined) past.ends = end.places.map(({ ticks }) => ticks);
  const { shown } = recording;
  if (shown !== null) checkShown(shown, past);
  if (shown !== null) past.ends = [...shown.ends];
  const endNs = Math.max(end?.ns ?? 0, ...opened.hosts.map(({ lab }) => lab.endTicks * lab.periodNs));
  return {
    opened,
    stands: `It stands at the beginning of a recording, which goes on to ${inSeconds(endNs)}: the slider goes there.`,
    shown,
  };
}

/** Throws a SnapshotError. */
function checkShown({ ends, at, bookmarks }: Shown, { hosts }: Past): void {
  if (ends.length !== hosts || [at, ...bookmarks].some(({ host }) => host >= hosts))
    throw new SnapshotError('damaged: what is shown is of hosts that are not there');
}

/**
 * The host of a recording, from a snapshot of one that was made from the same and to which nothing had come; null: it is another, or
 * something has come earlier.
 */
async function beginWith(
  core: WebAssembly.Module,
  { kind, description, images, inputs }: Recording,
  beginning: Uint8Array,
  sources: Sources,
): Promise<OpenedRun | null> {
  const { header } = await openSnapshot(beginning);
  const made = JSON.stringify([header.core, header.kind, header.description, header.images]);
  if (made !== JSON.stringify([coreVersion(core), kind, description, images])) return null;
  const opened = await openRun(core, beginning, sources);
  const { past, places } = opened.kept.run;
  if (inputs.some(({ host, ticks }) => ticks < places[host]!.ticks)) return null;
  past.isWhole = true;
  for (const input of inputs) past.inputs.add(input);
  return opened;
}

function inSeconds(ns: number): string {
  return `${(ns / NS_PER_SECOND).toFixed(3)} s`;
}
