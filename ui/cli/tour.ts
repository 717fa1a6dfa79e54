/** `xenoscope tour`: a host shown, step by step, as a person would use it; then two of them, between which a domain migrates. */
import { dom0Images } from '../../guests/toolchain/mote-node.ts';
import { Lab } from '../lab/lab.ts';
import { stateHash } from '../lab/state-hash.ts';
import { play, TOUR, TOUR_HOST } from '../lab/tour.ts';
import type { TourStep } from '../lab/tour.ts';
import { playInWorld, TOUR_WORLD, WORLD_TOUR } from '../lab/world/tour.ts';
import { World } from '../lab/world/world.ts';
import { EXIT_ENDED_EARLY, EXIT_OK } from './exit-codes.ts';
import { ready } from './ready.ts';

interface TourOptions {
  readonly hash?: boolean;
  /** 1 or 2; both, one after the other, unless given. */
  readonly part?: number;
}

/** Plays the tour; returns the exit status. What is told of a step stands before what the console prints. */
export async function tour({ hash, part }: TourOptions): Promise<number> {
  const { core, files } = await ready(dom0Images);
  const parts = [partOfOneHost, partOfTwo].filter((_, index) => part === undefined || index + 1 === part);
  for (const playPart of parts) {
    const ended = await playPart(core, files);
    if (ended === null) {
      process.stderr.write(`\nxenoscope: this has not happened, for as long as the tour waits for it\n`);
      return EXIT_ENDED_EARLY;
    }
    process.stdout.write(hash === true ? `\n${ended}\n` : '\n');
  }
  return EXIT_OK;
}

type Images = Awaited<ReturnType<typeof dom0Images>>;

function tell(steps: readonly TourStep[], n: number, where = ''): void {
  process.stdout.write(`\n\n--- ${String(n + 1)} of ${String(steps.length)}${where}: ${steps[n]!.tells}\n`);
}

/** The hash of what it has come to, in words; null: a step has not had its effect. */
async function partOfOneHost(core: WebAssembly.Module, files: Images): Promise<string | null> {
  const lab = await Lab.boot(core, { ...TOUR_HOST, ...files });
  lab.onConsole((bytes) => process.stdout.write(bytes));
  for (const [n, step] of TOUR.entries()) {
    tell(TOUR, n);
    if (!play(lab, step)) return null;
  }
  return `${await stateHash(lab.hypervisor)} at instruction ${String(lab.instructions)}`;
}

async function partOfTwo(core: WebAssembly.Module, { kernel, ramdisk }: Images): Promise<string | null> {
  const world = await World.make(core, TOUR_WORLD, { mote: kernel, dom0: ramdisk });
  let shown = -1;
  // What a host prints while another is looked at is shown when it is its turn.
  const waiting: Uint8Array[][] = world.hosts.map(() => []);
  for (const [host, { lab }] of world.hosts.entries())
    lab.onConsole((bytes) => {
      if (host === shown) process.stdout.write(bytes);
      else waiting[host]!.push(bytes.slice());
    });
  for (const [n, step] of WORLD_TOUR.entries()) {
    tell(WORLD_TOUR, n, `, on ${TOUR_WORLD.hosts[step.host]!.name}`);
    shown = step.host;
    for (const bytes of waiting[shown]!.splice(0)) process.stdout.write(bytes);
    if (!(await playInWorld(world, step))) return null;
  }
  return `${await world.hash()} after ${String(Math.round(world.ns))} ns`;
}
