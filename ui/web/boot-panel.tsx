/**
 * Choosing what boots, in a dialog: a host, with Mote as domain 0, or a single domain, whose kernel is Mote or comes from a
 * file, picked or dropped anywhere. What was chosen is kept; files the browser does not keep have to be picked again.
 */
import { signal } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import { ALONE_MB, USUAL_HOST } from '../lab/usual-host.ts';
import { MOST_HOSTS } from '../lab/world/description.ts';
import { booted } from './edits.ts';
import { kept } from './kept.ts';
import type { LabClient } from './lab-client.ts';
import { dom0Files, moteFiles, usualHost } from './mote.ts';
import { preset, Presets } from './presets.tsx';
import { openFiles, pickWorld, readFiles, worldAmong } from './saved-worlds.tsx';
import type { Picked } from './saved-worlds.tsx';
import { share, ShareField, shared } from './share-field.tsx';

/** What a world is made of, but for its files. */
export interface World {
  readonly isHost: boolean;
  /** How many hosts there are, alike, on one LAN; one, if it is not said. */
  readonly hosts?: number;
  readonly commandLine: string;
  /** Of a single domain; and of a host, whose domain 0 has all of it, the usual one's if it is not said. */
  readonly memoryMb: number;
  readonly hostMb?: number;
  readonly vcpus: number;
  /** Names of files that it needs and that are not kept. */
  readonly files: readonly string[];
}

const USUAL: World = {
  isHost: true,
  hosts: 1,
  commandLine: USUAL_HOST.commandLine,
  memoryMb: ALONE_MB,
  hostMb: USUAL_HOST.hostMb,
  vcpus: USUAL_HOST.vcpus,
  files: [],
};
export const world = kept<World>('world', USUAL, isWorld);

const kernel = signal<Picked | null>(null);
const ramdisk = signal<Picked | null>(null);
const isOpen = signal(false);
/** It is to stand at its first instruction. */
const stands = signal(false);
/** What has to be said of the world that was booted: it is another than last time. */
export const note = signal<string | null>(null);

function isWorld(value: unknown): value is World {
  if (typeof value !== 'object' || value === null) return false;
  const {
    isHost,
    hosts = 1,
    commandLine,
    memoryMb,
    hostMb = 1,
    vcpus,
    files,
  } = value as Record<string, unknown>;
  const isCount = (count: unknown): boolean => typeof count === 'number' && Number.isFinite(count);
  return (
    typeof isHost === 'boolean' &&
    typeof commandLine === 'string' &&
    isCount(hosts) &&
    isCount(memoryMb) &&
    isCount(hostMb) &&
    isCount(vcpus) &&
    Array.isArray(files)
  );
}

function choose(changes: Partial<World>): void {
  world.value = { ...world.value, ...changes };
}

export function openWorldDialog(): void {
  preset.value = null;
  isOpen.value = true;
}

/** Files that are being read: who boots waits for them. */
let reading: Promise<unknown> = Promise.resolve();

function read(work: () => Promise<void>): void {
  reading = Promise.all([reading, work()]);
}

async function pick(files: FileList | null, take: (picked: Picked | null) => void): Promise<void> {
  const file = files?.[0];
  take(file === undefined ? null : { name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) });
}

/** A kernel from a file is the guest of a single domain, unless domain 0 is asked for again. */
function pickedKernel(picked: Picked | null): void {
  kernel.value = picked;
  choose({ isHost: picked === null });
}
function pickedRamdisk(picked: Picked | null): void {
  ramdisk.value = picked;
}

const ELF = 0x464c457f;
const BZIMAGE_MAGIC_AT = 0x202;
const HDRS = 0x53726448;

/** A kernel by its first bytes; anything else that is dropped is a ramdisk, or for domain 0. */
function looksLikeKernel(bytes: Uint8Array): boolean {
  if (bytes.length < BZIMAGE_MAGIC_AT + 4) return false;
  const view = new DataView(bytes.buffer);
  return view.getUint32(0, true) === ELF || view.getUint32(BZIMAGE_MAGIC_AT, true) === HDRS;
}

/** A saved world; a kernel and a ramdisk for a single domain; or files for a host's domain 0. The dialog shows those. */
async function drop(client: LabClient, files: FileList): Promise<void> {
  const picked = await readFiles(files);
  if (worldAmong(picked) !== undefined) {
    openFiles(client, picked);
    return;
  }
  const found = picked.find(({ bytes }) => looksLikeKernel(bytes));
  if (found !== undefined) pickedKernel(found);
  const others = picked.filter((each) => each !== found);
  if (world.value.isHost) share(others);
  else ramdisk.value = others.at(-1) ?? ramdisk.value;
  openWorldDialog();
}

/** Takes files that are dropped anywhere. Whether one is being dragged over the page. */
export function useDrop(client: LabClient): boolean {
  const [dragging, setDragging] = useState(false);
  useEffect(() => {
    const over = (event: DragEvent): void => {
      event.preventDefault();
      setDragging(event.dataTransfer?.types.includes('Files') === true);
    };
    const left = (event: DragEvent): void => {
      if (event.relatedTarget === null) setDragging(false);
    };
    const dropped = (event: DragEvent): void => {
      event.preventDefault();
      setDragging(false);
      const { dataTransfer } = event;
      if (dataTransfer === null) return;
      const { files } = dataTransfer;
      read(() => drop(client, files));
    };
    addEventListener('dragover', over);
    addEventListener('dragleave', left);
    addEventListener('drop', dropped);
    return () => {
      removeEventListener('dragover', over);
      removeEventListener('dragleave', left);
      removeEventListener('drop', dropped);
    };
  }, []);
  return dragging;
}

/** The images that were picked; where there is no kernel, Mote. */
async function chosen(): Promise<{ kernel: Uint8Array; ramdisk?: Uint8Array }> {
  await reading;
  if (kernel.value === null) return world.value.isHost ? dom0Files() : moteFiles();
  return {
    kernel: kernel.value.bytes,
    ...(ramdisk.value === null ? {} : { ramdisk: ramdisk.value.bytes }),
  };
}

/** How a world is booted, whatever its images are. */
export function requestOf(images: { kernel: Uint8Array; ramdisk?: Uint8Array }) {
  const { isHost, hosts = 1, commandLine, memoryMb, hostMb = USUAL_HOST.hostMb, vcpus } = world.value;
  const host = isHost ? { isDom0: true, hosts, hostMb, files: shared.value } : { memoryMb };
  return { ...images, commandLine, vcpus, ...host };
}

function nameOf(): string {
  const image = kernel.value?.name ?? 'Mote';
  const { isHost, hosts = 1 } = world.value;
  if (!isHost) return `${image} as a single domain`;
  return hosts === 1
    ? `a host with ${image} as domain 0`
    : `${String(hosts)} hosts with ${image} as domain 0`;
}

/** Boots what is chosen, when it has been read and if it is still wanted then. */
export async function bootChosen(client: LabClient, isWanted: () => boolean, runs = true): Promise<void> {
  client.booting.value = nameOf();
  let images;
  try {
    images = await chosen();
  } catch (error) {
    client.booting.value = null;
    client.error.value = `It does not boot: ${String(error)}.`;
    return;
  }
  if (!isWanted()) return;
  const picked = [kernel.value, ramdisk.value].flatMap((file) => file?.name ?? []);
  choose({ files: [...picked, ...(world.value.isHost ? shared.value.keys() : [])] });
  booted.value = new Map();
  note.value = preset.value?.says ?? null;
  client.boot(requestOf(images), nameOf(), runs);
}

function isUsual(): boolean {
  const { value } = world;
  const chosen = { ...USUAL, ...value };
  return (Object.keys(USUAL) as (keyof World)[]).every(
    (key) => key === 'files' || chosen[key] === USUAL[key],
  );
}

/** The usual host need not boot: it is there, at its prompt. */
async function openUsual(client: LabClient, isWanted: () => boolean): Promise<void> {
  const file = await usualHost();
  if (isWanted()) client.open({ file, isUntouched: true }, 'a host with Mote as domain 0', true);
}

/** Boots what was there at the last visit; where its files are gone, a host, and says so. */
export async function bootKept(client: LabClient, isWanted: () => boolean): Promise<void> {
  const { files } = world.value;
  if (files.length > 0) choose({ isHost: true, files: [] });
  if (isUsual()) await openUsual(client, isWanted);
  else await bootChosen(client, isWanted);
  if (files.length > 0)
    note.value = `The last world had files of yours (${files.join(', ')}), which the browser does not keep: this is a host with Mote. “New world…” takes them again.`;
}

export function WorldDialog({ client }: { client: LabClient }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const open = isOpen.value;
  useEffect(() => {
    if (open) dialog.current?.showModal();
    else dialog.current?.close();
  }, [open]);
  const boot = (event: Event): void => {
    event.preventDefault();
    isOpen.value = false;
    void bootChosen(client, () => true, !stands.value);
  };
  const { isHost, hosts = 1, commandLine, memoryMb, hostMb = USUAL_HOST.hostMb, vcpus } = world.value;
  return (
    <dialog
      ref={dialog}
      aria-labelledby="new-world"
      onClose={() => {
        isOpen.value = false;
      }}
    >
      <form class="boot" onSubmit={boot}>
        <h2 id="new-world">New world</h2>
        <p>What runs now ends when the new one has been made.</p>
        <Presets
          choose={(settings) => {
            kernel.value = null;
            ramdisk.value = null;
            choose(settings);
          }}
          pick={() => {
            isOpen.value = false;
            pickWorld();
          }}
          close={() => {
            isOpen.value = false;
          }}
        />
        <label>
          What boots
          <select
            value={isHost ? 'host' : 'domain'}
            onChange={({ currentTarget: { value } }) => {
              choose({ isHost: value === 'host' });
            }}
          >
            <option value="host">a host: the kernel is domain 0, with the machine’s devices and xm</option>
            <option value="domain">a single domain, nothing else</option>
          </select>
        </label>
        {isHost && (
          <NumberField
            label="Hosts, alike, on one LAN"
            value={hosts}
            min={1}
            max={MOST_HOSTS}
            take={(count) => choose({ hosts: count })}
          />
        )}
        <FileField label="Kernel" empty="Mote" picked={kernel} take={pickedKernel} testId="kernel" />
        <FileField label="Ramdisk" empty="none" picked={ramdisk} take={pickedRamdisk} testId="ramdisk" />
        <label>
          Command line, in start_info
          <input
            type="text"
            value={commandLine}
            onInput={({ currentTarget: { value } }) => {
              choose({ commandLine: value });
            }}
          />
        </label>
        <NumberField
          label="Memory (MB)"
          value={isHost ? hostMb : memoryMb}
          min={4}
          max={2048}
          take={(value) => choose(isHost ? { hostMb: value } : { memoryMb: value })}
        />
        <NumberField
          label="vcpus"
          value={vcpus}
          min={1}
          max={32}
          take={(value) => choose({ vcpus: value })}
        />
        {isHost && <ShareField read={read} />}
        <label class="check">
          <input
            type="checkbox"
            checked={stands.value}
            onChange={({ currentTarget: { checked } }) => (stands.value = checked)}
          />
          stand at the first instruction
        </label>
        <p class="dialog-buttons">
          <button type="submit" class="primary">
            Boot
          </button>
          <button
            type="button"
            onClick={() => {
              isOpen.value = false;
            }}
          >
            Cancel
          </button>
        </p>
      </form>
    </dialog>
  );
}

function FileField(props: {
  label: string;
  empty: string;
  picked: typeof kernel;
  take: (picked: Picked | null) => void;
  testId: string;
}) {
  const { label, empty, picked, take, testId } = props;
  return (
    <label title="Pick a file, or drop one anywhere on the page">
      {label}
      <span class="file">
        <span class="file-name">{picked.value?.name ?? empty}</span>
        <input
          type="file"
          data-testid={testId}
          onChange={({ currentTarget: { files } }) => {
            read(() => pick(files, take));
          }}
        />
      </span>
    </label>
  );
}

function NumberField(props: {
  label: string;
  value: number;
  min: number;
  max: number;
  take: (value: number) => void;
}) {
  const { label, value, min, max, take } = props;
  return (
    <label>
      {label}
      <input
        type="number"
        required
        min={min}
        max={max}
        value={value}
        onInput={({ currentTarget: { valueAsNumber } }) => {
          if (Number.isFinite(valueAsNumber)) take(valueAsNumber);
        }}
      />
    </label>
  );
}
