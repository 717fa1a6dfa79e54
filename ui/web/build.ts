/** Building the changed Mote in the page. */
import { signal } from '@preact/signals';
import type { Diagnostic } from '../../guests/toolchain/diagnostic.ts';
import type { MoteImages } from '../../guests/toolchain/mote.ts';
import { folderOf } from '../lab/lessons/code.ts';
import type { Changes, Kernels } from '../lab/lessons/code.ts';
import type { Lesson } from '../lab/lessons/lesson.ts';
import type { BuildReply, BuildRequest, KernelsRequest } from './build-protocol.ts';
import { edits } from './edits.ts';
import { dom0Files, moteFiles } from './mote.ts';

/** What is being built; null: nothing. */
export const building = signal<string | null>(null);
/** What is wrong with the sources that were built last. */
export const diagnostics = signal<readonly Diagnostic[]>([]);

let worker: Promise<Worker> | undefined;

/** The compiler is several megabytes: it comes with the first build. */
export async function startCompiler(): Promise<Worker> {
  const { default: start } = await import('./build-worker.ts?worker');
  return start();
}
function compiler(): Promise<Worker> {
  worker ??= startCompiler();
  return worker;
}

/** Ends the build under way: it gives null. */
let giveUp: (() => void) | undefined;

/** Cancels the build under way. The compiler has to be loaded anew then. */
export function cancelBuild(): void {
  giveUp?.();
}

/** Mote, or domain 0, with the changes of the editor; null: it was cancelled, or there are errors, in `diagnostics`. One build at a time. */
export async function build(isDom0: boolean): Promise<MoteImages | null> {
  const changed = [...edits.value.keys()];
  building.value = 'the compiler';
  diagnostics.value = [];
  try {
    const images = await (isDom0 ? dom0Files() : moteFiles());
    if (changed.length === 0) return images;
    const { guestSources } = await import('./guest-sources.ts');
    const sources = new Map([...guestSources, ...edits.value]);
    const reply = await ask(await compiler(), { sources, changed, images, isDom0 });
    return reply?.type === 'built' ? reply.images : null;
  } finally {
    building.value = null;
    giveUp = undefined;
  }
}

/** A lesson's kernels, with what of them was changed; null: as `build`. */
export async function buildKernels(lesson: Lesson, changes: Changes): Promise<Kernels | null> {
  building.value = 'the compiler';
  diagnostics.value = [];
  try {
    const { guestSources } = await import('./guest-sources.ts');
    const sources = new Map([...guestSources, ...Object.entries(changes)]);
    const folders = (lesson.kernels ?? []).map((kernel) => folderOf(lesson, kernel));
    const reply = await ask(await compiler(), { sources, folders });
    return reply?.type === 'kernels' ? reply.kernels : null;
  } finally {
    building.value = null;
    giveUp = undefined;
  }
}

/** What has been built; null: it was cancelled, or there are errors. */
function ask(to: Worker, request: BuildRequest | KernelsRequest): Promise<BuildReply | null> {
  return new Promise((done, failed) => {
    giveUp = () => {
      to.terminate();
      worker = undefined;
      done(null);
    };
    to.onmessage = ({ data }: MessageEvent<BuildReply>) => {
      if (data.type === 'building') building.value = data.name;
      else if (data.type === 'failed') {
        diagnostics.value = data.diagnostics;
        done(null);
      } else done(data);
    };
    to.onerror = ({ message }) => {
      worker = undefined;
      failed(new Error(`the compiler cannot be loaded: ${message}`));
    };
    to.postMessage(request);
  });
}
