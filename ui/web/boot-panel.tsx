/**
 * Choosing what boots: a host, with Mote as domain 0, or a single domain, whose kernel is Mote or comes from a file, picked
 * or dropped anywhere.
 */
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { booted } from './edits.ts';
import type { LabClient } from './lab-client.ts';
import { dom0Files, moteFiles } from './mote.ts';
import { share, ShareField, shared } from './share-field.tsx';

interface Picked {
  readonly name: string;
  readonly bytes: Uint8Array;
}

const kernel = signal<Picked | null>(null);
const ramdisk = signal<Picked | null>(null);
const commandLine = signal('console=hvc0 rdinit=/init');
const memoryMb = signal(128);
const vcpus = signal(1);
const isHost = signal(true);
/** What a host has beside domain 0's memory, in MiB: room for other domains. */
const ROOM_MB = 512;

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
  isHost.value = picked === null;
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

/** A kernel and a ramdisk for a single domain, or files for a host's domain 0. */
async function drop(files: FileList): Promise<void> {
  const picked = await Promise.all(
    [...files].map(async (file) => ({ name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) })),
  );
  const found = picked.find(({ bytes }) => looksLikeKernel(bytes));
  if (found !== undefined) pickedKernel(found);
  const others = picked.filter((each) => each !== found);
  if (isHost.value) share(others);
  else ramdisk.value = others.at(-1) ?? ramdisk.value;
}

function useDrop(): void {
  useEffect(() => {
    const over = (event: DragEvent): void => {
      event.preventDefault();
    };
    const dropped = (event: DragEvent): void => {
      event.preventDefault();
      const { dataTransfer } = event;
      if (dataTransfer === null) return;
      const { files } = dataTransfer;
      read(() => drop(files));
    };
    addEventListener('dragover', over);
    addEventListener('drop', dropped);
    return () => {
      removeEventListener('dragover', over);
      removeEventListener('drop', dropped);
    };
  }, []);
}

/** The images that were picked; where there is no kernel, Mote. */
async function chosen(): Promise<{ kernel: Uint8Array; ramdisk?: Uint8Array }> {
  await reading;
  if (kernel.value === null) return isHost.value ? dom0Files() : moteFiles();
  return {
    kernel: kernel.value.bytes,
    ...(ramdisk.value === null ? {} : { ramdisk: ramdisk.value.bytes }),
  };
}

/** Boots what is chosen, when it has been read and if it is still wanted then. */
export async function bootChosen(client: LabClient, isWanted: () => boolean): Promise<void> {
  const files = await chosen();
  if (!isWanted()) return;
  booted.value = new Map();
  client.boot({
    ...files,
    commandLine: commandLine.value,
    memoryMb: memoryMb.value,
    vcpus: vcpus.value,
    ...(isHost.value ? { isDom0: true, hostMb: memoryMb.value + ROOM_MB, files: shared.value } : {}),
  });
}

export function BootPanel({ client }: { client: LabClient }) {
  useDrop();
  const boot = (event: Event): void => {
    event.preventDefault();
    void bootChosen(client, () => true);
  };
  return (
    <form class="boot" onSubmit={boot}>
      <label title="A host: its kernel is domain 0, with the machine’s devices, and Mote then has xm to make other domains">
        Boot
        <select
          aria-label="What boots"
          value={isHost.value ? 'host' : 'domain'}
          onChange={({ currentTarget: { value } }) => (isHost.value = value === 'host')}
        >
          <option value="host">a host: domain 0</option>
          <option value="domain">a single domain</option>
        </select>
      </label>
      <FileField label="Kernel" empty="Mote" picked={kernel} take={pickedKernel} testId="kernel" />
      <FileField label="Ramdisk" empty="none" picked={ramdisk} take={pickedRamdisk} testId="ramdisk" />
      <label title="Handed to the kernel in start_info">
        Command line
        <input
          type="text"
          size={24}
          value={commandLine.value}
          onInput={(event) => (commandLine.value = event.currentTarget.value)}
        />
      </label>
      <NumberField label="Memory (MB)" value={memoryMb} min={4} max={2048} />
      <NumberField label="vcpus" value={vcpus} min={1} max={32} />
      {isHost.value && <ShareField read={read} />}
      <button type="submit" class="primary">
        Boot
      </button>
    </form>
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

function NumberField(props: { label: string; value: typeof memoryMb; min: number; max: number }) {
  const { label, value, min, max } = props;
  return (
    <label>
      {label}
      <input
        type="number"
        min={min}
        max={max}
        value={value.value}
        onInput={(event) => (value.value = event.currentTarget.valueAsNumber)}
      />
    </label>
  );
}
