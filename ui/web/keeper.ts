/**
 * The last world, kept in the browser's own files (the origin-private file system) for the next visit. It is saved at quiet
 * moments: a while after the last key, a while after the host has stopped, when the page is hidden. Each world has a folder: its images
 * that are not the page's own, and its snapshot, which is replaced as a whole.
 */
import { effect, signal } from '@preact/signals';
import type { LabState, Update } from '../lab/protocol.ts';
import { kept } from './kept.ts';
import type { LabClient } from './lab-client.ts';

export interface KeptWorld {
  /** Its folder. */
  readonly id: string;
  /** What it is, in words. */
  readonly what: string;
  /** When it was kept, in ms of the wall clock. */
  readonly keptAt: number;
  /** How many images lie beside it. */
  readonly images: number;
}

interface KeptWorlds {
  /** That of the last visit, until somebody goes on with it or has it forgotten. */
  readonly offered: KeptWorld | null;
  /** That of this one. */
  readonly last: KeptWorld | null;
}

/** How long nobody has typed, in ms. */
const QUIET_MS = 3000;
/** A host that has run for so long, in ns of its time, is worth keeping, though nobody has typed. */
const LONG_NS = 120e9;
const WORLD = 'world.snapshot';

export const worlds = kept<KeptWorlds>('worlds', { offered: null, last: null }, isWorlds);
/** Why this world cannot be kept; null: nothing stands in the way. */
export const trouble = signal<string | null>(null);

/** What of `touches` the kept world has; -1: none is kept of this boot. */
let keptTouches = -1;
/** The world that is being saved: of which boot, with what done to it. */
let saving: { readonly boot: number; readonly touches: number; readonly what: string } | null = null;
/** The folder of the host of a boot. */
let folder = { boot: -1, id: '' };
/** Files are written one after the other. */
let writing: Promise<void> = Promise.resolve();

/** A person would miss what is there: it is not kept. */
export function wouldBeLost(client: LabClient): boolean {
  const isKept = folder.boot === client.boots.value && keptTouches === client.touches.value;
  return isWorthIt(client) && !isKept;
}

function isWorthIt({ state, used }: LabClient): boolean {
  return state.value.booted && (used.value || state.value.ns > LONG_NS);
}

/** Keeps the client's world from now on, and offers that of the last visit. Returns what ends that. */
export function keepWorlds(client: LabClient): () => void {
  const { offered, last } = worlds.value;
  if (last !== null) {
    if (offered !== null && offered.id !== last.id) void remove(offered.id);
    worlds.value = { offered: last, last: null };
  }
  client.onSaved.set('browser', (saved) => {
    writing = writing.then(() => write(client, saved));
  });
  client.onSaveFailed = () => {
    saving = null;
  };
  const hidden = (): void => {
    if (document.visibilityState === 'hidden') keep(client);
  };
  document.addEventListener('visibilitychange', hidden);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const keepSoon = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      keep(client);
    }, QUIET_MS);
  };
  // Who has stopped it goes on at once, often: a step back would wait for what packs the world.
  const endOfStops = effect(() => {
    if (!client.state.value.running) keepSoon();
  });
  const endOfTouches = effect(() => {
    if (client.touches.value > 0) keepSoon();
  });
  return () => {
    document.removeEventListener('visibilitychange', hidden);
    endOfStops();
    endOfTouches();
    clearTimeout(timer);
  };
}

function keep(client: LabClient): void {
  if (saving !== null || !wouldBeLost(client)) return;
  saving = { boot: client.boots.value, touches: client.touches.value, what: inWords(client.state.value) };
  client.send({ type: 'save', purpose: 'browser' });
}

function inWords({ domains, ns }: LabState): string {
  const names = domains.map(({ id, name }) => (name === '' ? `domain ${String(id)}` : name));
  return `${names.join(', ')} at ${(ns / 1e9).toFixed(1)} s`;
}

async function write(client: LabClient, { file }: Extract<Update, { type: 'saved' }>): Promise<void> {
  const done = saving;
  saving = null;
  // Another host has taken its place.
  if (done === null || done.boot !== client.boots.value) return;
  const { images } = client;
  const before = worlds.value.last;
  try {
    if (folder.boot !== done.boot) {
      folder = { boot: done.boot, id: crypto.randomUUID() };
      for (const [index, image] of images.entries()) await put(folder.id, imageName(index), image);
    }
    await put(folder.id, WORLD, file);
  } catch (error) {
    trouble.value = error instanceof Error ? error.message : String(error);
    return;
  }
  trouble.value = null;
  keptTouches = done.touches;
  worlds.value = {
    ...worlds.value,
    last: { id: folder.id, what: done.what, keptAt: Date.now(), images: images.length },
  };
  if (before !== null && before.id !== folder.id) await remove(before.id);
}

/** Goes on with the world that is offered. */
export async function goOn(client: LabClient, world: KeptWorld): Promise<void> {
  try {
    const names = Array.from({ length: world.images }, (_, index) => imageName(index));
    const [file, ...images] = await Promise.all([WORLD, ...names].map((name) => get(world.id, name)));
    client.open({ file: file!, images }, 'your last world', true);
    folder = { boot: client.boots.value, id: world.id };
    keptTouches = client.touches.value;
    worlds.value = { offered: null, last: world };
  } catch (error) {
    client.error.value = `Your last world is not there any more: ${String(error)}.`;
    await forget();
  }
}

/** Has the world that is offered forgotten. */
export async function forget(): Promise<void> {
  const { offered } = worlds.value;
  worlds.value = { ...worlds.value, offered: null };
  if (offered !== null) await remove(offered.id);
}

function imageName(index: number): string {
  return `image.${String(index)}`;
}

async function put(id: string, name: string, bytes: Uint8Array): Promise<void> {
  const root = await navigator.storage.getDirectory();
  const place = await root.getDirectoryHandle(id, { create: true });
  const stream = await (await place.getFileHandle(name, { create: true })).createWritable();
  await stream.write(bytes as Uint8Array<ArrayBuffer>);
  await stream.close();
}

async function get(id: string, name: string): Promise<Uint8Array> {
  const place = await (await navigator.storage.getDirectory()).getDirectoryHandle(id);
  const file = await (await place.getFileHandle(name)).getFile();
  return new Uint8Array(await file.arrayBuffer());
}

async function remove(id: string): Promise<void> {
  try {
    await (await navigator.storage.getDirectory()).removeEntry(id, { recursive: true });
  } catch {
    // It is gone already, or there is no storage.
  }
}

function isWorlds(value: unknown): value is KeptWorlds {
  if (typeof value !== 'object' || value === null) return false;
  const { offered, last } = value as Record<string, unknown>;
  return isWorldOrNull(offered) && isWorldOrNull(last);
}

function isWorldOrNull(value: unknown): value is KeptWorld | null {
  if (value === null) return true;
  if (typeof value !== 'object') return false;
  const { id, what, keptAt, images } = value as Record<string, unknown>;
  return (
    typeof id === 'string' &&
    typeof what === 'string' &&
    typeof keptAt === 'number' &&
    typeof images === 'number'
  );
}
