/** A face that looks at the stage: it is told of all hosts whenever it is told where they stand, and of one lens in detail. */
import { inUse } from '../../../hypervisor/grants/pin.ts';
import type { Hypervisor } from '../../../hypervisor/state/hypervisor.ts';
import { Insides } from '../inside/inside.ts';
import { KernelNames } from '../inside/kernel-names.ts';
import type { Lab } from '../lab.ts';
import type { AwayTrace } from '../world/away-trace.ts';
import { storeTree } from '../xenstore/ask.ts';
import { devicesOf } from './devices.ts';
import { frameView } from './frame.ts';
import { MoveSink } from './moves.ts';
import { stageHost } from './stage.ts';
import { wordView } from './word.ts';
import { GRANTED, NO_OWNER } from './view.ts';
import type { Lens, Moves, StageHost, StageMemory, StageView, StoreLook, Wanted } from './view.ts';

/** The store is asked aside, which takes a few milliseconds: while the host runs, it is asked once in so many looks at most. */
const LOOKS_BETWEEN_ASKING = 5;
/** So long its server may take, in ns of guest time: who does not answer by then is busy, or not well. */
const PATIENCE_NS = 50e6;

interface Watched {
  readonly name: string;
  readonly lab: Lab;
  readonly moves: MoveSink;
  readonly insides: Insides;
  readonly names: KernelNames;
  /** What has moved up to where the face was told last that the host stands. */
  moved: Moves;
  store: StoreLook | null;
  looksSinceAsking: number;
}

const NO_MOVES: Moves = { last: [], counts: [], raised: [], frames: [] };

/** Lenses that show devices, of which the store knows. */
const STORE_LENSES: ReadonlySet<Lens> = new Set(['processors', 'events', 'rings', 'store', 'network']);

export class StageLook {
  private watched: readonly Watched[] = [];
  /** The lens in front; null: the face does not look. */
  lens: Lens | null = null;
  /** What it looks at closely; null: nothing. */
  wanted: Wanted | null = null;

  /** Begins with the hosts of a world, in place of those before. */
  begin(hosts: readonly { readonly name: string; readonly lab: Lab }[]): void {
    this.end();
    this.watched = hosts.map(({ name, lab }) => {
      const moves = new MoveSink();
      lab.hypervisor.trace.add(moves);
      const insides = new Insides(lab.hypervisor);
      const names = new KernelNames(lab.hypervisor);
      return { name, lab, moves, insides, names, moved: NO_MOVES, store: null, looksSinceAsking: 0 };
    });
  }

  end(): void {
    for (const { lab, moves } of this.watched) lab.hypervisor.trace.remove(moves);
    this.watched = [];
  }

  /** They are at another instant. */
  forget(): void {
    for (const watched of this.watched) {
      watched.moves.forget();
      watched.moved = NO_MOVES;
      watched.store = null;
    }
  }

  /** What has moved in a host that runs in another thread. */
  heard(host: number, { moves, storeWritten }: AwayTrace): void {
    this.watched[host]!.moves.add(moves, storeWritten);
  }

  /** The hosts stand elsewhere: what has moved on the way there is told from now on. */
  arrive(): void {
    for (const watched of this.watched) watched.moved = watched.moves.take();
  }

  /** What the face is to be told; null: it does not look. `isRunning`: it will be told again soon. */
  view(isRunning: boolean): StageView | null {
    const { lens, wanted, watched } = this;
    if (lens === null) return null;
    const of = wanted === null ? undefined : watched[wanted.host];
    return {
      lens,
      hosts: watched.map((host) => viewOf(host, lens, isRunning)),
      frame: wanted?.kind === 'frame' && of !== undefined ? frameView(of.lab.hypervisor, wanted.mfn) : null,
      word: wanted?.kind === 'word' && of !== undefined ? wordView(of.lab, of.names, wanted) : null,
    };
  }
}

function viewOf(watched: Watched, lens: Lens, isRunning: boolean): StageHost {
  const { name, lab, moved, insides } = watched;
  const store = STORE_LENSES.has(lens) ? lookAtStore(watched, isRunning) : null;
  return {
    ...stageHost(name, lab, (domain) => insides.of(domain, isRunning)),
    moves: moved,
    memory: lens === 'memory' ? memoryOf(lab.hypervisor) : null,
    devices: store === null || store.root === null ? null : devicesOf(lab.hypervisor, store.root),
    store,
  };
}

function lookAtStore(watched: Watched, isRunning: boolean): StoreLook {
  const { moves, lab, store } = watched;
  const isFresh = store !== null && isRunning && ++watched.looksSinceAsking < LOOKS_BETWEEN_ASKING;
  if (isFresh) return store;
  watched.looksSinceAsking = 0;
  if (store !== null && store.root !== null && !moves.takeStoreWritten()) return store;
  watched.store = ask(lab);
  return watched.store;
}

function ask(lab: Lab): StoreLook {
  try {
    const root = storeTree(lab, '/', PATIENCE_NS);
    if (root !== null) lab.witness.rings.learn(root);
    return root === null ? { root, silent: 'The store is empty.' } : { root, silent: null };
  } catch (error) {
    return { root: null, silent: (error as Error).message };
  }
}

/** Whose each frame is, and what it is used as. */
function memoryOf({ frames, domains }: Hypervisor): StageMemory {
  const owner = frames.owner.slice();
  const type = frames.type.slice();
  for (let mfn = 0; mfn < frames.frames; mfn++) {
    if (frames.typeCount[mfn] === 0) type[mfn] = 0;
    if (frames.isFree(mfn)) owner[mfn] = NO_OWNER;
  }
  for (const { grants } of domains.values())
    for (const grant of grants.active.values()) if (inUse(grant)) type[grant.mfn]! |= GRANTED;
  return { frames: frames.frames, free: frames.freeFrames, owner, type };
}
