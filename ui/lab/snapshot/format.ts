/**
 * A snapshot as a file. README.md in this folder has the format.
 *
 * Whatever is wrong with a file is found before anything of it is used: its magic, its version, a checksum over all of it;
 * then every count is held against what is there.
 */
import { PAGE_BYTES } from '../../../core/machine.ts';
import { coreVersion } from '../../../core/version.ts';
import { ByteReader, ByteWriter } from './bytes.ts';
import { deflate, inflate } from './deflate.ts';
import type { DeflatePart } from './deflate.ts';
import { SnapshotError } from './errors.ts';
import type { SavedGraph } from './graph-writer.ts';
import { ZERO_PAGE, type SavedMachine } from './machine-saver.ts';
import { isSnapshot, MAGIC } from './magic.ts';
import { PageStore } from './page-store.ts';

/** Goes up when the format changes, or what the names in it mean. */
const VERSION = 11;
const DIGEST_BYTES = 32;
const MOST_HEADER_BYTES = 1 << 24;
/** The largest machine there is (core/machine.ts). */
const MOST_FRAMES = (3 * 2 ** 30) / PAGE_BYTES;

/** An image that a world is made from, and that is not in the file: who restores it brings it. */
export interface ImageName {
  /** What it is, for people. */
  readonly name: string;
  readonly bytes: number;
  /** SHA-256 of its content, in hexadecimal. */
  readonly sha256: string;
}

export type Kind = 'host' | 'world';

export interface Header {
  /** Which build of the core (core/version.ts). */
  readonly core: string;
  /** A host that is alone, or a world of several. */
  readonly kind: Kind;
  readonly images: readonly ImageName[];
  /** What the world was made from. */
  readonly description: unknown;
}

/** A world at one instant. */
export interface SavedWorld {
  readonly machines: readonly SavedMachine[];
  readonly graph: SavedGraph;
}

const PAGES = 0;
const IMAGE = 1;

/** Where a part of an image is found by its memory. */
class ImageParts {
  private readonly byBuffer = new Map<
    ArrayBufferLike,
    { readonly index: number; readonly bytes: Uint8Array }[]
  >();

  constructor(images: readonly (Uint8Array | null)[]) {
    for (const [index, bytes] of images.entries())
      if (bytes !== null)
        this.byBuffer.set(bytes.buffer, [...(this.byBuffer.get(bytes.buffer) ?? []), { index, bytes }]);
  }

  find(part: Uint8Array): { readonly index: number; readonly offset: number } | null {
    for (const { index, bytes } of this.byBuffer.get(part.buffer) ?? []) {
      const offset = part.byteOffset - bytes.byteOffset;
      if (offset >= 0 && offset + part.length <= bytes.length) return { index, offset };
    }
    return null;
  }
}

function writeMachine(writer: ByteWriter, { processor, pages }: SavedMachine, store: PageStore): void {
  writer.block(processor);
  writer.count(pages.length);
  for (const page of pages) writer.count(store.add(page));
}

function writeBlock(writer: ByteWriter, block: Uint8Array, store: PageStore, images: ImageParts): void {
  const part = images.find(block);
  writer.byte(part === null ? PAGES : IMAGE);
  writer.count(block.length);
  if (part === null) for (const number of store.addBytes(block)) writer.count(number);
  else {
    writer.count(part.index);
    writer.count(part.offset);
  }
}

function writeWorld(
  writer: ByteWriter,
  { machines, graph }: SavedWorld,
  store: PageStore,
  images: ImageParts,
): void {
  writer.count(machines.length);
  for (const machine of machines) writeMachine(writer, machine, store);
  writer.block(graph.bytes);
  writer.count(graph.blocks.length);
  for (const block of graph.blocks) writeBlock(writer, block, store, images);
}

/** The file of a world, or of one at several instants. `images`: the content of the header's, whose parts it does not hold; null: it is not here. */
export async function writeSnapshot(
  header: Header,
  worlds: readonly SavedWorld[],
  images: readonly (Uint8Array | null)[],
  deflatePart?: DeflatePart,
): Promise<Uint8Array<ArrayBuffer>> {
  const body = new ByteWriter();
  const store = new PageStore();
  const parts = new ImageParts(images);
  body.count(worlds.length);
  for (const world of worlds) writeWorld(body, world, store, parts);
  body.count(store.pages.length);
  for (const page of store.pages) body.raw(page);
  const file = new ByteWriter();
  file.raw(MAGIC);
  file.count(VERSION);
  file.text(JSON.stringify(header));
  file.raw(await deflate(body.taken(), deflatePart));
  const content = file.taken();
  file.raw(new Uint8Array(await crypto.subtle.digest('SHA-256', content)));
  return file.taken();
}

/** A file that is a snapshot, undamaged: what it says of itself, and what it has. */
export class SnapshotFile {
  readonly header: Header;
  private readonly body: Uint8Array;

  /** @internal */
  constructor(header: Header, body: Uint8Array) {
    this.header = header;
    this.body = body;
  }

  /** Throws SnapshotError where it is not of that kind, and of this build of the core. */
  check(kind: Kind, core: WebAssembly.Module): void {
    if (this.header.core !== coreVersion(core))
      throw new SnapshotError(
        'it was saved by another version of Xenoscope, whose processor is not this one',
      );
    if (this.header.kind !== kind)
      throw new SnapshotError(
        kind === 'host' ? 'it is of a world of several hosts' : 'it is of a host that is alone',
      );
  }

  /** The world; `image` is asked for those that it has parts of. Rejects with a SnapshotError. */
  async read(image: BringImage): Promise<SavedWorld> {
    const [world, ...more] = await this.readAll(image);
    if (world === undefined || more.length > 0)
      throw new SnapshotError('it is not a snapshot of one instant');
    return world;
  }

  /** The world at all instants that it has. Rejects with a SnapshotError. */
  async readAll(image: BringImage): Promise<readonly SavedWorld[]> {
    return new Body(await inflate(this.body), image).read();
  }
}

/** Rejects with a SnapshotError, in one line, for what is none, of another version, or damaged. */
export async function openSnapshot(file: Uint8Array): Promise<SnapshotFile> {
  const reader = new ByteReader(file);
  if (!isSnapshot(file)) throw new SnapshotError('it is no snapshot of Xenoscope');
  reader.raw(MAGIC.length);
  const version = reader.count();
  if (version !== VERSION)
    throw new SnapshotError(
      `it is of version ${String(version)} of the format, and this Xenoscope reads version ${String(VERSION)}`,
    );
  const end = file.length - DIGEST_BYTES;
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', file.slice(0, Math.max(end, 0))));
  if (end < MAGIC.length || digest.some((byte, at) => file[end + at] !== byte))
    throw new SnapshotError('it is damaged or incomplete: its checksum is not that of its content');
  const header = readJson(reader);
  return new SnapshotFile(header, reader.raw(reader.left - DIGEST_BYTES));
}

function readJson(reader: ByteReader): Header {
  const length = reader.countOf('its header');
  if (length > MOST_HEADER_BYTES) throw new SnapshotError('damaged: its header is too long');
  try {
    const header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(reader.raw(length))) as Header;
    const isKind = header.kind === 'host' || header.kind === 'world';
    if (typeof header.core === 'string' && isKind && Array.isArray(header.images)) return header;
  } catch (error) {
    throw new SnapshotError('damaged: its header is no JSON', { cause: error });
  }
  throw new SnapshotError('damaged: its header lacks what it must have');
}

/** Brings the content of an image, by its number in the header. Rejects with a SnapshotError. */
export type BringImage = (index: number) => Promise<Uint8Array>;

/** Pages by number, and what refers to them. */
class Body {
  private readonly reader: ByteReader;
  private readonly image: BringImage;
  private pages: readonly Uint8Array[] = [];

  constructor(bytes: Uint8Array, image: BringImage) {
    this.reader = new ByteReader(bytes);
    this.image = image;
  }

  async read(): Promise<readonly SavedWorld[]> {
    const worlds = this.list('worlds', () => this.world());
    const count = this.reader.count();
    if (count * PAGE_BYTES !== this.reader.left)
      throw new SnapshotError('damaged: its pages are not all there');
    this.pages = [ZERO_PAGE, ...Array.from({ length: count }, () => this.reader.raw(PAGE_BYTES))];
    return Promise.all(worlds.map((world) => world()));
  }

  /** A world is put together when the pages have been read. */
  private world(): () => Promise<SavedWorld> {
    const machines = this.list('machines', () => ({
      processor: this.reader.block(),
      numbers: this.numbers(this.reader.count()),
    }));
    const bytes = this.reader.block().slice();
    const blocks = this.list('blocks', () => this.block());
    return async () => ({
      machines: machines.map(({ processor, numbers }) => ({ processor, pages: this.pagesOf(numbers) })),
      graph: { bytes, blocks: await Promise.all(blocks.map((block) => block())) },
    });
  }

  private list<T>(what: string, read: () => T): T[] {
    return Array.from({ length: this.reader.countOf(what) }, read);
  }

  private numbers(count: number): number[] {
    if (count > MOST_FRAMES || count > this.reader.left)
      throw new SnapshotError('damaged: it ends in the midst of frames');
    return Array.from({ length: count }, () => this.reader.count());
  }

  private pagesOf(numbers: readonly number[]): Uint8Array[] {
    return numbers.map((number) => {
      const page = this.pages[number];
      if (page === undefined) throw new SnapshotError(`damaged: it has no page ${String(number)}`);
      return page;
    });
  }

  /** And a block. */
  private block(): () => Uint8Array | Promise<Uint8Array> {
    const kind = this.reader.byte();
    const length = this.reader.count();
    if (kind === IMAGE) return this.imagePart(length, this.reader.count(), this.reader.count());
    if (kind !== PAGES) throw new SnapshotError(`damaged: it has a block of kind ${String(kind)}`);
    const numbers = this.numbers(Math.ceil(length / PAGE_BYTES));
    return () => {
      const bytes = new Uint8Array(numbers.length * PAGE_BYTES);
      for (const [index, page] of this.pagesOf(numbers).entries()) bytes.set(page, index * PAGE_BYTES);
      return bytes.length === length ? bytes : bytes.slice(0, length);
    };
  }

  private imagePart(length: number, index: number, offset: number): () => Promise<Uint8Array> {
    return async () => {
      const image = await this.image(index);
      if (offset + length > image.length)
        throw new SnapshotError('damaged: it refers to a part of an image that is not there');
      return image.subarray(offset, offset + length);
    };
  }
}
