/**
 * A guest writes to its disk, to be shown to others: a recording with a bookmark for each step on the way of the request, from the
 * guest's ring to the machine's disk and back.
 */
import type { TraceDetail } from '../../../hypervisor/trace/event.ts';
import type { TraceSink } from '../../../hypervisor/trace/tracer.ts';
import type { Lab } from '../lab.ts';
import { blankDisk } from '../own-images.ts';
import type { Lens } from '../stage/view.ts';
import type { Sight } from '../time/shown.ts';
import { goToTicks } from '../time/travel.ts';
import { wayOf } from '../timeline/way.ts';
import type { RingEntry, WayPart } from '../timeline/way.ts';
import { storeValue } from '../xenstore/ask.ts';
import type { WorldDescription } from './description.ts';
import type { WorldImages } from './images.ts';
import { playInWorld } from './tour.ts';
import type { WorldTourStep } from './tour.ts';
import { writeWorldRecording } from './world-file.ts';
import { World } from './world.ts';

const HOST: WorldDescription = {
  hosts: [
    {
      ...{ name: 'host', kernel: 'mote', ramdisk: 'dom0', hostMb: 96, memoryMb: 48 },
      disks: [{ image: 'blank' }],
    },
  ],
};

type RingDetail = Extract<TraceDetail, { kind: 'ring' }>;

function types(text: string, tells: string, until = '\\n/ \\$ $'): WorldTourStep {
  return { host: 0, tells, types: text, until };
}

const STEPS: readonly WorldTourStep[] = [
  types('', 'the prompt', '/ \\$ $'),
  types('mke2fs /dev/vda', 'a file system'),
  types(
    'xm create mote name=web memory=10 disk=phy:vda,xvda,w',
    'a guest',
    'Started domain web[^]*\\n/ \\$ $',
  ),
  types('xm console web\recho here', 'its console', '\\nhere\\n/ \\$ $'),
  types('mount /dev/xvda /mnt && echo mounted', 'its disk', '\\nmounted\\n/ \\$ $'),
];
const BEGINNING =
  'Domain 0 owns the machine’s disk, and web, a guest, has it as its own, by a driver in two halves. In web, somebody types: echo hello > /mnt/hello; sync.';
const WRITES = types('echo hello > /mnt/hello; sync', 'a write');

/** What is to be looked at at each step, and a word about it; `event`: the event in a sentence. */
const SHOWN: Readonly<Record<WayPart, { readonly lens: Lens; says(event: string): string }>> = {
  asks: {
    lens: 'rings',
    says: (event) =>
      `The guest’s driver has put a request into the ring, a page that it shares with domain 0: ${event}. The data stay where they are: the guest grants them.`,
  },
  tells: {
    lens: 'events',
    says: (event) =>
      `Nobody looks into a ring without need: the guest has Xen raise the event channel that goes with it. ${event}.`,
  },
  wakes: { lens: 'processors', says: (event) => `Domain 0 has the processor now: ${event}.` },
  data: {
    lens: 'memory',
    says: (event) => `Domain 0 gets at what was granted, and at nothing else; Xen sees to that: ${event}.`,
  },
  device: {
    lens: 'processors',
    says: (event) =>
      `Domain 0’s own driver has given the work to the machine’s disk, which reaches into memory by itself: ${event}.`,
  },
  answers: { lens: 'rings', says: (event) => `It is done, and the answer is in the ring: ${event}.` },
  told: { lens: 'events', says: (event) => `The event channel again, from the other side: ${event}.` },
  hears: {
    lens: 'processors',
    says: (event) =>
      `The guest hears of it, and takes the answer out: ${event}. Whoever waited for the disk goes on.`,
  },
};

/** Rejects with an Error where it does not go as it should; `images`: `mote` and `dom0`. */
export async function recordBlock(
  core: WebAssembly.Module,
  images: WorldImages,
): Promise<Uint8Array<ArrayBuffer>> {
  const world = await World.make(core, HOST, { ...images, blank: blankDisk() });
  const { lab } = world.hosts[0]!;
  lab.witness.watch();
  for (const step of STEPS) await play(world, step);
  world.past.keep();
  const at = sightAt(lab.ns, 'rings');
  const way = await wayOf(lab, [lab], await firstWrite(world, lab), new AbortController().signal);
  const bookmarks = [
    { ...at, says: BEGINNING },
    ...way!.steps.map(({ part, ns, says }) => ({
      ...sightAt(ns, SHOWN[part].lens),
      says: SHOWN[part].says(says),
    })),
  ];
  for (const { ns } of bookmarks) {
    if (!goToTicks(lab, Math.round(ns / lab.periodNs)))
      throw new Error('the demo does not go that way again');
    world.past.keep();
  }
  return writeWorldRecording(world, core, [], { withSnapshots: true, shown: { at, bookmarks } });
}

async function play(world: World, step: WorldTourStep): Promise<void> {
  if (!(await playInWorld(world, step))) throw new Error(`the demo stops at: ${step.tells}`);
}

function sightAt(ns: number, lens: string): Sight {
  return { host: 0, ns, lens, pane: null };
}

/** Lets the guest write. The first request to write that there is then. */
async function firstWrite(world: World, lab: Lab): Promise<RingEntry> {
  const written: RingDetail[] = [];
  const sink: TraceSink = {
    event: ({ detail }) => {
      if (detail.kind === 'ring' && detail.way === 'request' && detail.text.startsWith('write'))
        written.push(detail);
    },
    end: () => undefined,
  };
  lab.hypervisor.trace.add(sink);
  await play(world, WRITES);
  lab.hypervisor.trace.remove(sink);
  const [first] = written;
  if (first === undefined) throw new Error('the guest of the demo writes nothing');
  const { domain, device, index } = first;
  const port = storeValue(lab, `/local/domain/${String(domain)}/device/vbd/${String(device)}/event-channel`);
  return { domain, device, ring: 'block', port: Number(port), way: 'request', index };
}
