/**
 * A recording: what a run of a host is a function of, in a file. It has the world's description, its images by their hashes, what
 * was typed and when, and marks, which say what the state was on the way: whoever runs it again sees where it first differs.
 *
 * The file is JSON of a format, a version, a checksum (SHA-256 of the content as JSON without blanks) and the content.
 */
import { coreVersion } from '../../../core/version.ts';
import type { DomainRequest, Image, WorldRequest } from '../host.ts';
import { Lab } from '../lab.ts';
import { describe, Images, requestOf } from '../snapshot/description.ts';
import type { Description, Sources } from '../snapshot/description.ts';
import { SnapshotError } from '../snapshot/errors.ts';
import type { ImageName } from '../snapshot/format.ts';
import { sha256 } from '../snapshot/sha256.ts';
import { readFault } from '../fault-file.ts';
import { DescriptionError, Field } from '../world/field.ts';
import type { InputAt } from './past.ts';

const FORMAT = 'xenoscope recording';
/** Goes up when the content changes, or what the names in it mean. */
const VERSION = 2;
const MOST_INPUTS = 1e7;
const MOST_TICKS = Number.MAX_SAFE_INTEGER;

/** What the state was at an instant. */
export interface Mark {
  readonly ticks: number;
  readonly instructions: number;
  /** How many inputs had come. */
  readonly inputs: number;
  /** The state's hash (state-hash.ts). */
  readonly hash: string;
}

export interface Recording {
  /** Which build of the core it was made with (core/version.ts). */
  readonly core: string;
  readonly description: Description;
  readonly images: readonly ImageName[];
  /** In the order of their instants. */
  readonly inputs: readonly InputAt[];
  /** In the order of their instants; the last one is at the end. */
  readonly marks: readonly Mark[];
}

/** The file of what a lab's run was up to now. The lab has been booted, not restored; `marks`: up to now. */
export async function writeRecording(
  lab: Lab,
  core: WebAssembly.Module,
  marks: readonly Mark[],
): Promise<Uint8Array<ArrayBuffer>> {
  const { past, request } = lab;
  const { description, images } = await describe(request);
  const inputs = past.inputs.slice(0, past.come).map(filedInput);
  const content = { core: coreVersion(core), description, images, inputs, marks };
  const checksum = await checksumOf(content);
  const file = { format: FORMAT, version: VERSION, checksum, content };
  return new TextEncoder().encode(`${JSON.stringify(file, null, 1)}\n`);
}

function filedInput({ ticks, keys, fault }: InputAt): object {
  return fault === undefined ? { ticks, keys: textOf(keys) } : { ticks, fault };
}

/** Keys as characters of the same numbers: what was typed can be read in the file. */
function textOf(keys: Uint8Array): string {
  return Array.from(keys, (key) => String.fromCharCode(key)).join('');
}

function checksumOf(content: unknown): Promise<string> {
  return sha256(new TextEncoder().encode(JSON.stringify(content)));
}

/** Reads a recording. Rejects with a SnapshotError, in one line, for what is none, of another version, or damaged. */
export async function readRecording(file: Uint8Array): Promise<Recording> {
  const { version, checksum, content } = filed(file);
  if (version !== VERSION)
    throw new SnapshotError(
      `it is of version ${String(version)} of the format, and this Xenoscope reads version ${String(VERSION)}`,
    );
  if ((await checksumOf(content)) !== checksum)
    throw new SnapshotError('it is damaged: its checksum is not that of its content');
  try {
    return contentOf(new Field('', content));
  } catch (error) {
    if (!(error instanceof DescriptionError)) throw error;
    throw new SnapshotError(`damaged: ${error.message}`, { cause: error });
  }
}

interface Filed {
  readonly format?: unknown;
  readonly version?: unknown;
  readonly checksum?: unknown;
  readonly content?: unknown;
}

function filed(file: Uint8Array): Filed {
  try {
    const value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(file)) as Filed | null;
    if (value?.format === FORMAT) return value;
  } catch (error) {
    const began = new TextDecoder().decode(file.subarray(0, 64)).includes(FORMAT);
    if (began) throw new SnapshotError('it is damaged or incomplete: it is no JSON', { cause: error });
  }
  throw new SnapshotError('it is no recording of Xenoscope');
}

function contentOf(content: Field): Recording {
  const { core, description, images, inputs, marks } = content.object([
    ...(['core', 'description', 'images', 'inputs', 'marks'] as const),
  ]);
  description.entries();
  return {
    core: core.text(),
    // What it says is held against what can be when a host is made of it.
    description: description.value as Description,
    images: images.list(MOST_INPUTS).map(imageOf),
    inputs: inOrder(inputs.list(MOST_INPUTS).map(inputOf), inputs),
    marks: inOrder(marks.list(MOST_INPUTS).map(markOf), marks),
  };
}

function imageOf(field: Field): ImageName {
  const { name, bytes, sha256: hash } = field.object(['name', 'bytes', 'sha256']);
  return { name: name.text(), bytes: bytes.number(0, MOST_TICKS), sha256: hash.text() };
}

function inputOf(field: Field): InputAt {
  const { ticks: at, keys, fault } = field.object(['ticks', 'keys', 'fault']);
  const ticks = at.number(0, MOST_TICKS);
  if (fault.given !== null) return { ticks, keys: new Uint8Array(0), fault: readFault(fault) };
  return { ticks, keys: Uint8Array.from(keys.text(), (key) => key.charCodeAt(0)) };
}

function markOf(field: Field): Mark {
  const { ticks, instructions, inputs, hash } = field.object(['ticks', 'instructions', 'inputs', 'hash']);
  return {
    ticks: ticks.number(0, MOST_TICKS),
    instructions: instructions.number(0, MOST_TICKS),
    inputs: inputs.number(0, MOST_INPUTS),
    hash: hash.text(),
  };
}

function inOrder<T extends { readonly ticks: number }>(all: T[], { path }: Field): T[] {
  if (all.some(({ ticks }, n) => n > 0 && ticks < all[n - 1]!.ticks))
    throw new DescriptionError(path, 'they are not in the order of their instants');
  return all;
}

/**
 * The lab of a recording, before its first instruction; its inputs will come by themselves. Rejects with a SnapshotError for
 * images that are not here, ImageError and RangeError as `Lab.boot` does.
 */
export async function bootRecording(
  core: WebAssembly.Module,
  { description, images: names, inputs }: Recording,
  sources: Sources,
): Promise<Lab> {
  const request = await requestOf(description, new Images(names, description, sources));
  const lab = await Lab.boot(core, await withImages(request));
  lab.past.inputs = [...inputs];
  return lab;
}

async function withImages({ kernel, ramdisk, ...rest }: WorldRequest): Promise<DomainRequest> {
  return {
    ...rest,
    kernel: await contentOfImage(kernel),
    ...(ramdisk === undefined ? {} : { ramdisk: await contentOfImage(ramdisk) }),
  };
}

function contentOfImage(image: Image): Uint8Array | Promise<Uint8Array> {
  return image instanceof Uint8Array ? image : image.load();
}
