/**
 * Choosing what boots, in a dialog: a host, with Mote as domain 0, or a single domain, whose kernel is Mote or comes from a
 * file, picked or dropped anywhere. What was chosen is kept; files the browser does not keep have to be picked again.
 */
import { signal } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import { MOST_HOSTS } from '../lab/world/description.ts';
import {
  choose,
  imagesOf,
  isUsual,
  kernel,
  nameOf,
  pickedKernel,
  pickedRamdisk,
  ramdisk,
  requestOf,
  world,
  chosenWorld,
} from './chosen-world.ts';
import { booted } from './edits.ts';
import type { LabClient } from './lab-client.ts';
import { MenuField } from './menu-field.tsx';
import { usualHost } from './mote.ts';
import { preset, Presets } from './presets.tsx';
import { openFiles, pickWorld, readFiles, worldAmong } from './saved-worlds.tsx';
import type { Picked } from './saved-worlds.tsx';
import { share, ShareField, shared } from './share-field.tsx';

const isOpen = signal(false);
/** It is to stand at its first instruction. */
const stands = signal(false);
/** What has to be said of the world that was booted: it is another than last time. */
export const note = signal<string | null>(null);

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

/** Boots what is chosen, when it has been read and if it is still wanted then. */
export async function bootChosen(client: LabClient, isWanted: () => boolean, runs = true): Promise<void> {
  client.booting.value = nameOf();
  let images;
  await reading;
  try {
    images = await imagesOf();
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
  const { isHost, hosts, commandLine, memoryMb, hostMb, vcpus, xen } = chosenWorld();
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
        {isHost && <MenuField />}
        <FileField label="Kernel" empty="Mote" picked={kernel} take={pickedKernel} testId="kernel" />
        <FileField label="Ramdisk" empty="none" picked={ramdisk} take={pickedRamdisk} testId="ramdisk" />
        <label>
          Command line of the kernel, in start_info
          <input
            type="text"
            value={commandLine}
            onInput={({ currentTarget: { value } }) => {
              choose({ commandLine: value });
            }}
          />
        </label>
        {isHost && (
          <label>
            Command line of Xen
            <input
              type="text"
              placeholder="dom0_mem=96M sched=bvt"
              value={xen}
              onInput={({ currentTarget: { value } }) => {
                choose({ xen: value });
              }}
            />
          </label>
        )}
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
