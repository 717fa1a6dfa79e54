/** What a face asks for, made: hosts that are booted, and files that are opened, whatever they have. */
import type { DomainRequest } from './host.ts';
import { Lab } from './lab.ts';
import { bootRun, openedLab, openedWorld, openRun } from './runs.ts';
import type { OpenedRun } from './runs.ts';
import type { Sources } from './snapshot/description.ts';
import { SnapshotError } from './snapshot/errors.ts';
import { isSnapshot } from './snapshot/magic.ts';
import { readRecording } from './time/recording.ts';
import { isRecording } from './time/recording-mark.ts';
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
}

/** A snapshot, or a recording: that is at its beginning, and all of it can be gone to. Rejects with a SnapshotError. */
export async function openFile(
  core: WebAssembly.Module,
  file: Uint8Array,
  sources: Sources,
): Promise<OpenedFile> {
  if (isSnapshot(file)) {
    const opened = await openRun(core, file, sources);
    return { opened, stands: `It stands where it was saved, at ${inSeconds(opened.kept.run.ns)}.` };
  }
  if (!isRecording(file)) throw new SnapshotError('it is neither a snapshot nor a recording of Xenoscope');
  const recording = await readRecording(file);
  const opened = await bootRun(core, recording, sources);
  const end = recording.marks.at(-1);
  const { past } = opened.kept.run;
  past.isKept = true;
  past.keep();
  if (end !== undefined) past.ends = end.places.map(({ ticks }) => ticks);
  return {
    opened,
    stands: `It stands at the beginning of a recording, which goes on to ${inSeconds(end?.ns ?? 0)}: the slider goes there.`,
  };
}

function inSeconds(ns: number): string {
  return `${(ns / NS_PER_SECOND).toFixed(3)} s`;
}
