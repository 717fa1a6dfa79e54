/** Runs given to others: all that one is a function of, with what is shown of it. */
import type { OpenedRun } from './runs.ts';
import type { Sources } from './snapshot/description.ts';
import { readRecording } from './time/recording.ts';
import type { Besides } from './time/recording.ts';

/** A run as a recording, or why there is none. */
export interface SharedRun {
  readonly file: Uint8Array<ArrayBuffer> | null;
  /** Names of its images that `image` does not find: who opens it brings them. */
  readonly needs: readonly string[];
  /** In a sentence. */
  readonly why: string;
}

const NOT_WHOLE =
  'It was opened from a snapshot, in which what came before is not: the run cannot be given, this instant can.';

export async function shareRun(
  { kept }: OpenedRun,
  shown: NonNullable<Besides['shown']>,
  image: Sources['image'],
): Promise<SharedRun> {
  if (!kept.run.past.isWhole) return { file: null, needs: [], why: NOT_WHOLE };
  const file = await kept.recording([], { shown });
  const needs: string[] = [];
  for (const each of (await readRecording(file)).images)
    if ((await image(each)) === undefined) needs.push(each.name);
  return { file, needs, why: '' };
}
