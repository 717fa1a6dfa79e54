/** The page tables as the lab shows them, beside what a guest sees of them itself. */
import { beforeAll, expect, test } from 'vitest';
import { moteImages } from '../../guests/toolchain/mote-node.ts';
import { readSources } from '../../guests/toolchain/node.ts';
import { loadCore } from './core-node.ts';
import { Lab } from './lab.ts';
import { pageTablesView } from './page-tables.ts';
import type { AddressSpaceView, PageTablesView, TablePath } from './page-tables.ts';

const PROMPT = /\n\S* \$ $/;
const PATIENCE_TICKS = 20e9;
const TEXT = 0x6000_0000;
/** The slots that lead to it, from L4 on. */
const TEXT_SLOTS = [0, 1, 256, 0];

/** Here the program has made its walk, and is there yet. */
const WALKED = {
  file: 'programs/pagetable.ts',
  line:
    readSources()
      .get('programs/pagetable.ts')!
      .split('\n')
      .findIndex((line) => line.includes('const machine =')) + 1,
};

let lab: Lab;
let printed = '';

function view(open: readonly TablePath[] = []): PageTablesView {
  return pageTablesView(lab.hypervisor, lab.domain, lab.code, open);
}

function spaceOf(program: string): AddressSpaceView {
  return view().spaces.find((space) => space.program === program)!;
}

beforeAll(async () => {
  lab = await Lab.boot(loadCore(), { ...(await moteImages()), commandLine: '', memoryMb: 32, vcpus: 1 });
  lab.run({ text: PROMPT }, PATIENCE_TICKS);
  lab.onConsole((bytes) => (printed += new TextDecoder().decode(bytes)));
  lab.breaks.setLines([WALKED]);
  lab.type(new TextEncoder().encode(`pagetable 0x${TEXT.toString(16)}\r`));
  expect(lab.run({}, PATIENCE_TICKS)?.kind).toBe('breakpoint');
});

test('every process has its address space, by its program; the one that runs is loaded', () => {
  const { spaces } = view();
  expect(spaces.map(({ program }) => program ?? 'kernel').sort()).toEqual([
    'bin/init',
    'bin/pagetable',
    'bin/sh',
    'kernel',
  ]);
  expect(spaceOf('bin/pagetable')).toMatchObject({ pinned: true, loaded: ['vcpu 0, user'] });
  expect(spaceOf('bin/sh')).toMatchObject({ pinned: true, loaded: [] });
  expect(spaceOf('bin/pagetable').userPages).toBeGreaterThan(5);
});

test('the walk to an address is the one that the guest makes: slots, mfn and pfn of every level', () => {
  const { mfn: root } = spaceOf('bin/pagetable');
  const { tables } = view(TEXT_SLOTS.map((_, count) => ({ root, slots: TEXT_SLOTS.slice(0, count) })));
  const mine = tables.map(({ level, entries }, n) => {
    const { slot, mfn, pfn } = entries.find((entry) => entry.slot === TEXT_SLOTS[n])!;
    return [String(level), String(slot), mfn.toString(16), pfn.toString(16)];
  });
  const leaf = tables[3]!.entries[0]!;
  expect(leaf).toMatchObject({ address: '0x0000000060000000', flags: 'US A G', isTable: false });
  expect(tables[0]!.entries[0]).toMatchObject({ isTable: true, frame: 'L3 table, 1 use' });
  lab.run({ text: PROMPT }, PATIENCE_TICKS);
  const guests = [...printed.matchAll(/^ *(\d) +[0-9a-f]+ +(\d+) +0x[0-9a-f]+ +(\S+) +(\S+)/gm)];
  expect(guests).toHaveLength(4);
  expect(mine).toEqual(guests.map((match) => match.slice(1)));
});

test("the kernel's half: Xen's own slots are told as Xen's, addresses are canonical", () => {
  const { mfn: root } = view().spaces.find(({ program }) => program === null)!;
  const { entries } = view([{ root, slots: [] }]).tables[0]!;
  const bySlot = new Map(entries.map((entry) => [entry.slot, entry]));
  expect(bySlot.get(256)).toMatchObject({ address: '0xffff800000000000', pfn: -1 });
  expect(bySlot.get(256)!.frame).toContain('machine-to-physical');
  expect(bySlot.get(511)).toMatchObject({ address: '0xffffff8000000000', isTable: true });
});

test('a path that leads nowhere shows nothing: no root, no entry, no table, too deep', () => {
  const { mfn: root } = spaceOf('bin/sh');
  const nowhere: TablePath[] = [
    { root: root + 1, slots: [] },
    { root: -1, slots: [] },
    { root: 2 ** 31, slots: [] },
    { root, slots: [100] },
    { root, slots: [512] },
    { root, slots: TEXT_SLOTS },
  ];
  expect(view(nowhere).tables).toEqual([]);
});
