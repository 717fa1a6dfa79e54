/** A lesson's world, before its first instruction. */
import { bootHosts } from '../opening.ts';
import type { OpenedRun } from '../runs.ts';
import type { Kernels } from './code.ts';
import type { Lesson, LessonHosts } from './lesson.ts';

/** Mote, as domain 0; and what the student has written, built. */
export interface LessonImages {
  readonly kernel: Uint8Array;
  readonly ramdisk: Uint8Array;
  readonly kernels?: Kernels;
}

/** What a lesson's hosts are made from. */
export function requestFor(
  { hosts = 1, memoryMb, hostMb, files = {} }: LessonHosts,
  { kernel, ramdisk, kernels = {} }: LessonImages,
) {
  const encoder = new TextEncoder();
  const texts = Object.entries(files).map(([path, text]) => [path, encoder.encode(text)] as const);
  const built = Object.entries(kernels).map(([name, image]) => [`${name}.elf`, image] as const);
  return {
    hosts,
    request: {
      kernel,
      ramdisk,
      commandLine: '',
      memoryMb,
      hostMb,
      vcpus: 1,
      isDom0: true,
      files: new Map([...texts, ...built]),
    },
  };
}

export async function startLesson(
  core: WebAssembly.Module,
  lesson: Lesson,
  images: LessonImages,
): Promise<OpenedRun> {
  const { hosts, request } = requestFor(lesson.world, images);
  const opened = await bootHosts(core, hosts, request);
  noteFor(lesson, opened);
  return opened;
}

/** What the lesson wants to know is noted, once the hosts are watched (`Witness.watch`): from the first instruction on. */
export function noteFor({ note, noteEnd }: Lesson, { hosts }: OpenedRun): void {
  for (const { lab } of hosts) lab.witness.facts.begin(note ?? null, noteEnd ?? null, lab.hypervisor);
}
