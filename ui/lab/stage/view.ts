/** What the stage shows of a host, as plain data: read from the machine as it stands, never kept. */

import type { InsideView } from '../inside/view.ts';
import type { PortView } from '../ports.ts';
import type { FrameView } from './frame.ts';
import type { WordPlace, WordView } from './word.ts';

/** One aspect that the stage brings to the front. */
export const LENSES = ['processors', 'events', 'memory', 'rings', 'store', 'network', 'migration'] as const;
export type Lens = (typeof LENSES)[number];

export interface StageVcpu {
  readonly id: number;
  readonly state: 'running' | 'runnable' | 'blocked' | 'offline';
  /** The physical processor it runs on; null: none. */
  readonly processor: number | null;
  readonly mode: 'kernel' | 'user';
  /** Why it does not run, in words; empty: it runs. */
  readonly why: string;
  /** How long it has had a processor, in s. */
  readonly seconds: number;
}

export interface StageDomain {
  readonly id: number;
  /** What domain 0's store calls it; empty: it has no name yet. */
  readonly name: string;
  readonly isPrivileged: boolean;
  /** As `xm list` shows it (views.ts). */
  readonly letters: string;
  readonly ended: boolean;
  /** Pages that it has, and may have. */
  readonly pages: number;
  readonly maxPages: number;
  readonly vcpus: readonly StageVcpu[];
  readonly ports: readonly PortView[];
  /** Its scheduling parameters, as the scheduler calls them. */
  readonly scheduling: Readonly<Record<string, number>>;
  /** Grants that others use, and grants of others that it has mapped. */
  readonly granted: number;
  readonly mapped: number;
  /** Its processes and bridges; null: its kernel is none that is known, or is not that far. */
  readonly inside: InsideView | null;
}

/** A vcpu by the ids of its domain and its own. */
export interface VcpuName {
  readonly domain: number;
  readonly vcpu: number;
}

export interface StageProcessor {
  readonly id: number;
  readonly running: VcpuName | null;
  /** Who waits for it, the next first; where all processors serve one queue, it is told with the first. */
  readonly waiting: readonly VcpuName[];
  /** Of the time since the machine began, in which nobody had it: 0 to 1. */
  readonly idle: number;
}

/** Something that has moved between what is drawn: an event of the trace. */
export type Move =
  | { readonly kind: 'hypercall'; readonly domain: number; readonly vcpu: number; readonly name: string }
  /** An exception is handed to the guest, an upcall is made. */
  | { readonly kind: 'trap'; readonly domain: number; readonly vcpu: number; readonly name: string }
  | { readonly kind: 'upcall'; readonly domain: number; readonly vcpu: number }
  /** A port of `domain` is raised, by `from`: a domain's id, or -1: Xen, or the machine below it. */
  | { readonly kind: 'port'; readonly from: number; readonly domain: number; readonly port: number }
  | { readonly kind: 'schedule'; readonly processor: number; readonly from: string; readonly to: string }
  | { readonly kind: 'store'; readonly domain: number; readonly way: string; readonly text: string };

/** A network frame on its way: from or to a guest's card, by its number in the store, or the machine's (`domain` -1), in words. */
export interface FrameMove {
  readonly domain: number;
  readonly device: number;
  readonly way: 'out' | 'in';
  readonly text: string;
}

export interface Moves {
  /** The last of them since it was told where the host stands, the newest last. */
  readonly last: readonly Move[];
  /** How many there were of each kind since then, and of which domain. */
  readonly counts: readonly {
    readonly domain: number;
    readonly kind: Move['kind'];
    readonly count: number;
  }[];
  /** How often each port was raised. */
  readonly raised: readonly { readonly domain: number; readonly port: number; readonly count: number }[];
  /** The last frame at each card that had any. */
  readonly frames: readonly FrameMove[];
}

/** Whose each machine frame is, and what it is used as; two arrays by frame number. */
export interface StageMemory {
  readonly frames: number;
  readonly free: number;
  /** Domain ids; DOMID_XEN: Xen's own. Of a free frame: NO_OWNER. */
  readonly owner: Uint16Array;
  /** PGT_* of frame-table.ts; GRANTED on top: another domain uses it. */
  readonly type: Uint8Array;
}
export const NO_OWNER = 0xffff;
export const GRANTED = 0x40;

/** One way of a split device through shared memory. */
export interface RingView {
  /** `requests`; of a network card `transmit`, `receive`. */
  readonly name: string;
  /** The shared pages' machine frames, and the grant references they are known by. */
  readonly mfns: readonly number[];
  readonly refs: readonly number[];
  /** Slots, and the four indices in the page, which count on and on. */
  readonly size: number;
  readonly reqProd: number;
  readonly reqEvent: number;
  readonly rspProd: number;
  readonly rspEvent: number;
  readonly slots: readonly RingSlot[];
}

export interface RingSlot {
  /** What it holds: a request without its answer, an answer, nothing yet. */
  readonly holds: 'request' | 'response' | 'nothing';
  readonly text: string;
  /** Frames of the frontend that it names, by grant reference. */
  readonly refs: readonly number[];
}

/** A ring of bytes: the console's, the store's. */
export interface ByteRingView {
  readonly name: string;
  readonly mfn: number;
  readonly size: number;
  readonly produced: number;
  readonly consumed: number;
}

/** A device in two halves. */
export interface StageDevice {
  readonly kind: 'vbd' | 'vif' | 'console' | 'store';
  readonly id: number;
  readonly frontend: number;
  readonly backend: number;
  /** XenbusState of both ends, in words; empty: it has none. */
  readonly frontendState: string;
  readonly backendState: string;
  /** Ports of the event channel between them, of the frontend's domain; 0: none. */
  readonly port: number;
  /** What the store says of it: `dev`, `params`, `mac`, `bridge`. */
  readonly details: Readonly<Record<string, string>>;
  readonly rings: readonly RingView[];
  readonly byteRings: readonly ByteRingView[];
}

/** A device of the machine itself. */
export interface MachineDevice {
  readonly kind: 'disk' | 'card' | 'share' | 'serial';
  readonly name: string;
}

export interface StageHost {
  readonly name: string;
  readonly ns: number;
  readonly scheduler: string;
  readonly processors: readonly StageProcessor[];
  readonly domains: readonly StageDomain[];
  readonly frames: { readonly all: number; readonly free: number };
  readonly machine: readonly MachineDevice[];
  readonly moves: Moves;
  /** Of the lens that is in front: null with any other. */
  readonly memory: StageMemory | null;
  readonly devices: readonly StageDevice[] | null;
  readonly store: StoreLook | null;
}

/** The store as its server tells of it, or why it does not. */
export type StoreLook =
  | { readonly root: StoreView; readonly silent: null }
  | { readonly root: null; readonly silent: string };

export interface StoreView {
  readonly name: string;
  readonly value: string;
  readonly children: readonly StoreView[];
}

/** What a face looks at closely: a frame, or a word of a domain. */
export type Wanted =
  | { readonly kind: 'frame'; readonly host: number; readonly mfn: number }
  | ({ readonly kind: 'word'; readonly host: number } & WordPlace);

export interface StageView {
  readonly lens: Lens;
  readonly hosts: readonly StageHost[];
  /** The frame, or the word, that was asked for; null: none was, or it is not there. */
  readonly frame: FrameView | null;
  readonly word: WordView | null;
}
