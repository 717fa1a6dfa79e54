/**
 * A recording: what a run of a host, or of a world of several, is a function of, in a file. It has the world's description, its images by their hashes, what
 * was typed and when, and marks, which say what the state was on the way: whoever runs it again sees where it first differs.
 *
 * The file is JSON of a format, a version, a checksum (SHA-256 of the content as JSON without blanks) and the content. Behind
 * it, where the recording has snapshots, is a snapshot's file (../snapshot/README.md) with all of them: they save time, and
 * change nothing.
 */
import { coreVersion } from '../../../core/version.ts';
import { joined } from '../../../guests/toolchain/bytes.ts';
import { readFault, readLanFault } from '../fault-file.ts';
import { withImages } from '../host.ts';
import { Lab } from '../lab.ts';
import type { Input, LanInput } from '../world/inputs.ts';
import { describe, Images, requestOf } from '../snapshot/description.ts';
import type { Description, Sources } from '../snapshot/description.ts';
import { SnapshotError } from '../snapshot/errors.ts';
import { saveLab } from '../snapshot/file.ts';
import type { ImageName } from '../snapshot/format.ts';
import { isSnapshot } from '../snapshot/magic.ts';
import { sha256 } from '../snapshot/sha256.ts';
import { MOST_HOSTS, MOST_LANS } from '../world/description.ts';
import { DescriptionError, Field } from '../world/field.ts';
import type { Instant, Past, Place } from './past.ts';
import { FORMAT, isRecording } from './recording-mark.ts';
import { shownIn } from './shown.ts';
import type { Shown } from './shown.ts';

/** Goes up when the content changes, or what the names in it mean. */
const VERSION = 5;
const KINDS = ['host', 'world'] as const;
type Kind = (typeof KINDS)[number];
const LINE_END = 0x0a;
const MOST_INPUTS = 1e7;
const MOST_TICKS = Number.MAX_SAFE_INTEGER;

/** What the state was at an instant. */
export interface Mark extends Instant {
  /** All hosts had come so far, in ns. */
  readonly ns: number;
  /** The state's hash: a host's (state-hash.ts), or the world's. */
  readonly hash: string;
}

export interface Recording {
  /** Which build of the core it was made with (core/version.ts). */
  readonly core: string;
  /** What it is of: a host that is alone, or a world. */
  readonly kind: Kind;
  /** What that was made from, which means something to those who make one: `bootRecording`, `makeRecordedWorld`. */
  readonly description: unknown;
  readonly images: readonly ImageName[];
  /** Each host's in the order of their instants. */
  readonly inputs: readonly Input[];
  /** In the order of their times. */
  readonly lanInputs: readonly LanInput[];
  /** In the order of their instants; the last one is at the end. */
  readonly marks: readonly Mark[];
  /** Instants of which there are snapshots, in their order, and the file that has them. */
  readonly snapshots: readonly Instant[];
  readonly snapshotFile: Uint8Array | null;
  /** Of a run that was shared; null: nobody has said how it is to be looked at. */
  readonly shown: Shown | null;
}

/** What a recording has beside a run and its marks: the snapshots of its past; how it is to be looked at. */
export interface Besides {
  readonly withSnapshots?: boolean;
  readonly shown?: Omit<Shown, 'ends'>;
}

/**
 * The file of what a lab's run was up to now; of one that is shown, to its end. All of its past is known (`Past.isWhole`);
 * `marks`: up to now.
 */
export async function writeRecording(
  lab: Lab,
  core: WebAssembly.Module,
  marks: readonly Mark[],
  { withSnapshots = false, shown }: Besides = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const pack = withSnapshots ? await saveLab(lab, core, lab.past.saved) : null;
  return recordingFile(core, 'host', await describe(lab.request), lab.past, marks, { pack, shown });
}

/** What is put beside a run: the file of the snapshots of its past; how it is to be looked at. */
interface Added {
  readonly pack: Uint8Array | null;
  readonly shown: Besides['shown'];
}

/** The file of a run: what has come is in it; what is still to come, where it is shown. */
export async function recordingFile(
  core: WebAssembly.Module,
  kind: Kind,
  { description, images }: { readonly description: unknown; readonly images: readonly ImageName[] },
  { inputs: log, moments, ends, hosts }: Past,
  marks: readonly Mark[],
  { pack, shown: look }: Added,
): Promise<Uint8Array<ArrayBuffer>> {
  const isAll = look !== undefined;
  const inputs = log.all.filter((input) => isAll || log.hasCome(input)).map(filedInput);
  const lanInputs = isAll ? log.allOfLans : log.allOfLans.slice(0, log.come.at(-1));
  const shown = isAll ? { ends: ends.slice(0, hosts), ...look } : null;
  const snapshots = pack === null ? [] : moments.map(({ places, come }) => ({ places, come }));
  const run = { core: coreVersion(core), kind, description, images, inputs, lanInputs };
  const content = { ...run, marks, snapshots, shown };
  const checksum = await checksumOf(content);
  const file = { format: FORMAT, version: VERSION, checksum, content };
  const text = new TextEncoder().encode(`${JSON.stringify(file, null, 1)}\n`);
  return pack === null ? text : joined([text, pack]);
}

/** The text of a file, and the snapshots behind it, which begin a line; empty: there are none. */
function parted(file: Uint8Array): [text: Uint8Array, pack: Uint8Array] {
  for (let at = file.indexOf(LINE_END); at >= 0; at = file.indexOf(LINE_END, at + 1))
    if (isSnapshot(file.subarray(at + 1))) return [file.subarray(0, at + 1), file.subarray(at + 1)];
  return [file, file.subarray(file.length)];
}

function filedInput({ host, ticks, keys, fault }: Input): object {
  return fault === undefined ? { host, ticks, keys: textOf(keys) } : { host, ticks, fault };
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
  const [text, pack] = parted(file);
  const { version, checksum, content } = filed(text);
  if (version !== VERSION)
    throw new SnapshotError(
      `it is of version ${String(version)} of the format, and this Xenoscope reads version ${String(VERSION)}`,
    );
  if ((await checksumOf(content)) !== checksum)
    throw new SnapshotError('it is damaged: its checksum is not that of its content');
  try {
    return contentOf(new Field('', content), pack);
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
    if (isRecording(file))
      throw new SnapshotError('it is damaged or incomplete: it is no JSON', { cause: error });
  }
  throw new SnapshotError('it is no recording of Xenoscope');
}

function contentOf(content: Field, pack: Uint8Array): Recording {
  const { core, kind, description, images, inputs, lanInputs, marks, snapshots, shown } = content.object([
    ...(['core', 'kind', 'description', 'images', 'inputs', 'lanInputs'] as const),
    ...(['marks', 'snapshots', 'shown'] as const),
  ]);
  const instants = snapshots.list(MOST_INPUTS).map((each) => instantOf(each.object(['places', 'come'])));
  if (instants.length > 0 !== pack.length > 0)
    throw new DescriptionError(snapshots.path, 'the snapshots are not behind it: it is incomplete');
  description.entries();
  return {
    core: core.text(),
    kind: KINDS.find((each) => each === kind.text()) ?? kind.fail(`there is no kind ${kind.text()}`),
    // What it says is held against what can be when something is made of it.
    description: description.value,
    images: images.list(MOST_INPUTS).map(imageOf),
    inputs: inOrder(inputs.list(MOST_INPUTS).map(inputOf), inputs),
    lanInputs: lanInputs.list(MOST_INPUTS).map(lanInputOf),
    marks: marks.list(MOST_INPUTS).map(markOf),
    snapshots: instants,
    snapshotFile: instants.length > 0 ? pack : null,
    shown: shown.value === null ? null : shownIn(shown),
  };
}

function imageOf(field: Field): ImageName {
  const { name, bytes, sha256: hash } = field.object(['name', 'bytes', 'sha256']);
  return { name: name.text(), bytes: bytes.number(0, MOST_TICKS), sha256: hash.text() };
}

function inputOf(field: Field): Input {
  const given = field.object(['host', 'ticks', 'keys', 'fault']);
  const { keys, fault } = given;
  const host = given.host.number(0, MOST_HOSTS - 1);
  const ticks = given.ticks.number(0, MOST_TICKS);
  if (fault.given !== null) return { host, ticks, keys: new Uint8Array(0), fault: readFault(fault) };
  return { host, ticks, keys: Uint8Array.from(keys.text(), (key) => key.charCodeAt(0)) };
}

function lanInputOf(field: Field): LanInput {
  const { lan, atNs, fault } = field.object(['lan', 'atNs', 'fault']);
  return {
    lan: lan.number(0, MOST_LANS - 1),
    atNs: atNs.number(0, MOST_TICKS, false),
    fault: readLanFault(fault),
  };
}

function markOf(field: Field): Mark {
  const { ns, hash, ...instant } = field.object(['ns', 'places', 'come', 'hash']);
  return { ns: ns.number(0, MOST_TICKS, false), ...instantOf(instant), hash: hash.text() };
}

function instantOf({ places, come }: { readonly places: Field; readonly come: Field }): Instant {
  return {
    places: places.list(MOST_HOSTS).map(placeOf),
    come: come.list(MOST_HOSTS + 1).map((each) => each.number(0, MOST_INPUTS)),
  };
}

function placeOf(field: Field): Place {
  const { ticks, instructions } = field.object(['ticks', 'instructions']);
  return { ticks: ticks.number(0, MOST_TICKS), instructions: instructions.number(0, MOST_TICKS) };
}

function inOrder(all: Input[], { path }: Field): Input[] {
  const last = new Map<number, number>();
  for (const { host, ticks } of all) {
    if (ticks < (last.get(host) ?? 0))
      throw new DescriptionError(path, 'they are not in the order of their instants');
    last.set(host, ticks);
  }
  return all;
}

/**
 * The lab of a recording, before its first instruction; its inputs will come by themselves. Rejects with a SnapshotError for
 * images that are not here, ImageError and RangeError as `Lab.boot` does.
 */
export async function bootRecording(
  core: WebAssembly.Module,
  { kind, description: value, images: names, inputs, lanInputs }: Recording,
  sources: Sources,
): Promise<Lab> {
  if (kind !== 'host' || inputs.some(({ host }) => host > 0) || lanInputs.length > 0)
    throw new SnapshotError('it is of a world of several hosts');
  const description = value as Description;
  const request = await requestOf(description, new Images(names, description, sources));
  const lab = await Lab.boot(core, await withImages(request));
  for (const input of inputs) lab.past.inputs.add(input);
  return lab;
}
