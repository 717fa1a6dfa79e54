/** What a face and a lab in another thread say to each other. All of it survives structured cloning. */
import type { Line } from './code.ts';
import type { HostDisk } from './host-devices.ts';
import type { PageTablesView, TablePath } from './page-tables.ts';
import type { ChannelView, DomainView, VcpuView } from './views.ts';

/** How far a step goes: `over` passes what a line calls, `out` goes on until the function has returned. */
export type StepKind = 'instruction' | 'line' | 'over' | 'out' | 'hypercall' | 'event';

export interface BootRequest {
  /** The kernel's file. */
  readonly kernel: Uint8Array;
  readonly ramdisk?: Uint8Array;
  readonly commandLine: string;
  readonly memoryMb: number;
  readonly vcpus: number;
  /** It is domain 0, on a host of `hostMb` MiB. */
  readonly isDom0?: boolean;
  readonly hostMb?: number;
  /** Its disks, and the files that it finds at /lab, by path. */
  readonly disks?: readonly HostDisk[];
  readonly files?: ReadonlyMap<string, Uint8Array>;
  /** Xen's command line (hypervisor/state/boot-parameters.ts). */
  readonly xenCommandLine?: string;
}

export type Command =
  | ({ readonly type: 'boot' } & BootRequest)
  | { readonly type: 'run' }
  | { readonly type: 'pause' }
  | { readonly type: 'step'; readonly kind: StepKind }
  /** Stop before these lines, and no others. */
  | { readonly type: 'breakpoints'; readonly lines: readonly Line[] }
  | {
      readonly type: 'runUntil';
      readonly text?: string;
      readonly instructions?: number;
      readonly seconds?: number;
    }
  /** As fast as it can go, or paced by the wall clock. */
  | { readonly type: 'pace'; readonly realTime: boolean }
  /** Does a step of the tour (tour.ts): types it, and runs until it has had its effect. Ends with `played`. */
  | { readonly type: 'play'; readonly step: number }
  | { readonly type: 'keys'; readonly bytes: Uint8Array }
  | { readonly type: 'trace'; readonly on: boolean }
  /** Asks for `pageTables` with these tables, now and with every state; null: no more. */
  | { readonly type: 'pageTables'; readonly open: readonly TablePath[] | null }
  /** Asks for `hash`. */
  | { readonly type: 'hash' };

/** One line of the live list: an event of the hypervisor's, told in a line. */
export interface TraceLine {
  readonly sequence: number;
  readonly ns: number;
  readonly domain: number;
  readonly vcpu: number;
  readonly depth: number;
  readonly kind: string;
  /** Name of what happened, its arguments, its result (empty where there is none). */
  readonly name: string;
  readonly args: string;
  readonly result: string;
}

export interface LabState {
  readonly booted: boolean;
  readonly running: boolean;
  readonly ns: number;
  readonly instructions: number;
  readonly vcpus: readonly VcpuView[];
  /** All domains of the host. */
  readonly domains: readonly DomainView[];
  readonly channels: readonly ChannelView[];
  /** Hypercalls made, by name. */
  readonly counts: Readonly<Record<string, number>>;
  /** Lines with breakpoints. */
  readonly breakpoints: readonly Line[];
  /** How the domain ended, in a sentence. */
  readonly ended: string | null;
}

export type Update =
  /** What was asked for last is there: what comes now is of it. */
  | { readonly type: 'booted' }
  | { readonly type: 'state'; readonly state: LabState }
  /** What a domain prints: the one that keys go to, or another. */
  | { readonly type: 'console'; readonly domain: number; readonly bytes: Uint8Array }
  /** A step of the tour has had its effect; or it has not, because its time was over or something stopped it. */
  | { readonly type: 'played'; readonly step: number; readonly done: boolean }
  | { readonly type: 'trace'; readonly lines: readonly TraceLine[]; readonly dropped: number }
  | ({ readonly type: 'pageTables' } & PageTablesView)
  | { readonly type: 'hash'; readonly hash: string; readonly instructions: number }
  | { readonly type: 'error'; readonly message: string };
