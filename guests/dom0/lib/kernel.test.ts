/** What domain 0 makes of a kernel's file, against the builder of the first domain: ELF images as several linkers write them. */
import { beforeAll, describe, expect, test } from 'vitest';
import * as elfnote from '../../../hypervisor/abi/elfnote.ts';
import { loadKernel } from '../../../hypervisor/domain/builder/kernel.ts';
import { bzImage, elfImage, linuxLike, withNotes } from '../../../hypervisor/domain/builder/testing.ts';
import type { TestKernel } from '../../../hypervisor/domain/builder/testing.ts';
import { compile } from '../../toolchain/compile.ts';
import { readSources } from '../../toolchain/node.ts';

const MAIN = `
  import { FarBytes } from 'dom0/lib/far';
  import { Kernel } from 'dom0/lib/kernel';
  import { KernelFile } from 'dom0/lib/kernel-file';
  const answers = new StaticArray<u64>(4);
  let problem: ArrayBuffer = new ArrayBuffer(0);
  export function parse(at: u64, bytes: u64): usize {
    const kernel = new Kernel(new FarBytes(at, bytes));
    const good = kernel.parse();
    problem = String.UTF8.encode(kernel.problem);
    answers[0] = kernel.virtBase;
    answers[1] = kernel.entry;
    answers[2] = kernel.start;
    answers[3] = kernel.end;
    return good ? changetype<usize>(answers) : 0;
  }
  export function identify(at: u64, bytes: u64): usize {
    const file = new KernelFile(new FarBytes(at, bytes));
    const good = file.identify();
    problem = String.UTF8.encode(file.problem);
    return good ? 1 : 0;
  }
  export function problemAt(): usize { return changetype<usize>(problem); }
  export function problemBytes(): i32 { return problem.byteLength; }`;

const IMAGE = 0x40_0000;
const MEMORY_PAGES = 0x100;

let memory: WebAssembly.Memory;
let exported: Readonly<Record<string, (...values: bigint[]) => number>>;

beforeAll(async () => {
  const { wasm } = await compile(new Map([...readSources(), ['main.ts', MAIN]]), 'main.ts', {
    runtime: 'bare',
    memoryBase: 0x1000,
  });
  const module = await WebAssembly.compile(wasm as BufferSource);
  const imports: Record<string, Record<string, unknown>> = {};
  for (const { module: from, name } of WebAssembly.Module.imports(module))
    (imports[from] ??= {})[name] = (): bigint => 0n;
  imports['cpu']!['copy'] = (to: bigint, from: bigint, bytes: bigint): void => {
    new Uint8Array(memory.buffer).copyWithin(Number(to), Number(from), Number(from + bytes));
  };
  for (const [name, bytes] of Object.entries({ load8: 1, load16: 2, load32: 4, load64: 8 }))
    imports['cpu']![name] = (at: bigint): bigint =>
      BigInt.asUintN(bytes * 8, new DataView(memory.buffer).getBigUint64(Number(at), true));
  const instance = await WebAssembly.instantiate(module, imports as WebAssembly.Imports);
  exported = instance.exports as typeof exported;
  memory = instance.exports['memory'] as WebAssembly.Memory;
  memory.grow(MEMORY_PAGES);
  exported['start']!();
});

/** Virtual base, entry, start and end; or why it is none. */
function parse(image: Uint8Array): number[] | string {
  new Uint8Array(memory.buffer).set(image, IMAGE);
  const at = exported['parse']!(BigInt(IMAGE), BigInt(image.length));
  return at === 0 ? problem() : [...new BigInt64Array(memory.buffer, at, 4)].map(Number);
}

/** Why a file is refused before it is unpacked; empty: it is not. */
function identify(file: Uint8Array): string {
  new Uint8Array(memory.buffer).set(file, IMAGE);
  return exported['identify']!(BigInt(IMAGE), BigInt(file.length)) === 1 ? '' : problem();
}

function problem(): string {
  const text = new Uint8Array(memory.buffer, exported['problemAt']!(), exported['problemBytes']!());
  return new TextDecoder().decode(text);
}

async function theSame(kernel: TestKernel): Promise<void> {
  const image = elfImage(kernel);
  const { virtBase, entry, virtStart, virtEnd } = (await loadKernel(image)).addresses;
  expect(parse(image)).toEqual([virtBase, entry, virtStart - virtBase, virtEnd - virtBase]);
}

describe('notes are found', () => {
  test('in a segment', () => theSame(linuxLike));
  test('in a segment that takes no memory', () => theSame({ ...linuxLike, noteMemoryBytes: 0 }));
  test('in a section, where no segment has them', () => theSame({ ...linuxLike, notesIn: 'section' }));
  test("without an entry, which is the image's own", () => {
    const image = elfImage(withNotes(linuxLike, { [elfnote.XEN_ELFNOTE_ENTRY]: undefined }));
    expect(parse(image)).toBe('its addresses are out of bounds');
  });
});

describe('what no domain here can be made of is refused for what it is', () => {
  test('a 32-bit image', () => {
    expect(parse(elfImage({ ...linuxLike, machine: 3, elfClass: 1 }))).toBe(
      'it is for HVM, PVH or 32-bit PV domains; domains here are 64-bit PV',
    );
  });
  test('a kernel of HVM and PVH domains alone', () => {
    const notes = [[elfnote.XEN_ELFNOTE_PHYS32_ENTRY, 0x10_0000]] as const;
    expect(parse(elfImage({ ...linuxLike, notes }))).toBe(
      'it is for HVM and PVH domains; domains here are PV',
    );
  });
  test('an image without notes', () => {
    expect(parse(elfImage({ ...linuxLike, notes: [] }))).toBe(
      'it is not made for Xen: it has no notes for it',
    );
  });
});

test('a table of sections that is not there is damage', () => {
  const image = elfImage({ ...linuxLike, notesIn: 'section' });
  new DataView(image.buffer).setBigInt64(40, 1n << 40n, true);
  expect(parse(image)).toBe('its headers are damaged');
});

describe('a packed file', () => {
  /** What begins and ends like an XZ stream, with what Linux's build puts behind it. */
  const xz = (...behind: readonly number[]): Uint8Array =>
    Uint8Array.from([
      0xfd,
      0x37,
      0x7a,
      0x58,
      0x5a,
      0,
      ...new Array<number>(32).fill(0),
      0x59,
      0x5a,
      ...behind,
    ]);

  test.each([
    ['that says its size may be a kernel', bzImage(xz(0, 0x10, 0, 0)), ''],
    ['that does not say its size is refused', bzImage(xz()), 'its payload has no size behind it'],
    [
      'that is not packed is refused',
      bzImage(elfImage(linuxLike)),
      'its payload is not packed, which is not expected',
    ],
    ['around the whole is refused', xz(), 'it is itself packed with xz: unpack it first'],
    ['that is none is refused', new Uint8Array(1024), 'it is neither an ELF image nor a bzImage'],
  ])('%s', async (_, file, wanted) => {
    expect(identify(file)).toBe(wanted);
    if (wanted !== '') await expect(loadKernel(file)).rejects.toThrow(/^(unsupported|not a kernel): /);
  });
});
