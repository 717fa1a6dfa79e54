/**
 * `H` and `m`: how much memory is free, by zone (zone n: the frames from 2^(n-1) on, below 2^n); and, which Xen does not
 * tell, what the frames are used as. Compare common/page_alloc.c.
 */
import { DOMID_INVALID, DOMID_IO, DOMID_XEN } from '../abi/xen.ts';
import type { Hypervisor } from '../state/hypervisor.ts';
import type { FrameTable } from '../memory/frame-table.ts';
import { PGC_XEN_HEAP, TYPE_NAMES } from '../memory/frame-table.ts';
import type { DebugKey } from './key.ts';
import { pressed } from './key.ts';

/** Frame numbers have 40 bits; zone 0 is Xen's heap, which has no memory of its own here. */
const ZONES = 41;
const KIB_PER_PAGE = 4;

/** Free frames by zone. */
function freeByZone({ frames }: Hypervisor): number[] {
  const zones = Array.from({ length: ZONES }, () => 0);
  for (const mfn of frames.freeList()) {
    const zone = Math.max(32 - Math.clz32(mfn), 1);
    zones[zone] = zones[zone]! + 1;
  }
  return zones;
}

export const heap: DebugKey = {
  key: 'H',
  description: 'dump heap info',
  diagnostic: 'tasklet',
  dump: (hypervisor) => [
    pressed('H', `dumping heap info (now = ${String(hypervisor.nowNs())})`),
    ...freeByZone(hypervisor).map(
      (pages, zone) => `heap[node=0][zone=${String(zone)}] -> ${String(pages)} pages`,
    ),
  ],
};

export const memory: DebugKey = {
  key: 'm',
  description: 'memory info',
  diagnostic: 'tasklet',
  dump: (hypervisor) => {
    const kib = (pages: number): string => `${String(pages * KIB_PER_PAGE)}kB free`;
    const zones = freeByZone(hypervisor).flatMap((pages, zone) =>
      pages === 0 ? [] : [`    heap[${String(zone).padStart(2, '0')}]: ${kib(pages)}`],
    );
    return [
      'Physical memory information:',
      `    Xen heap: ${kib(0)}`,
      ...zones,
      `    Dom heap: ${kib(hypervisor.frames.freeFrames)}`,
      ...frameTableSummary(hypervisor.frames),
    ];
  },
};

/** What a frame is, in a word or two. */
function useOf({ owner, flags, type, typeCount }: FrameTable, mfn: number): string {
  if (owner[mfn] === DOMID_INVALID) return 'free';
  if (owner[mfn] === DOMID_XEN) return "Xen's own";
  if (owner[mfn] === DOMID_IO) return 'I/O';
  if (flags[mfn]! & PGC_XEN_HEAP) return 'shared by Xen';
  return typeCount[mfn] === 0 ? TYPE_NAMES[0]! : TYPE_NAMES[type[mfn]!]!;
}

function frameTableSummary(frames: FrameTable): string[] {
  const uses = new Map<string, number>(
    ['free', "Xen's own", 'I/O', 'shared by Xen', ...TYPE_NAMES].map((use) => [use, 0]),
  );
  for (let mfn = 0; mfn < frames.frames; mfn++) {
    const use = useOf(frames, mfn);
    uses.set(use, uses.get(use)! + 1);
  }
  const lines = [...uses].filter(([, count]) => count > 0);
  return [
    `Frame table: ${String(frames.frames)} frames`,
    ...lines.map(([use, count]) => `    ${use}: ${String(count)}`),
  ];
}
