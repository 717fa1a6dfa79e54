/** What a face and a lab in another thread say to each other. All of it survives structured cloning. */
import type { CodePageView, CodePlace } from './code-page.ts';
import type { Line, WantedLine } from './code.ts';
import type { Explanation } from './explain/explanation.ts';
import type { EventStep } from './event-steps.ts';
import type { DomainRequest } from './host.ts';
import type { LessonRequest } from './lessons/sitting.ts';
import type { Judged } from './lessons/tutor.ts';
import type { MigrationView } from './migration-view.ts';
import type { PageTablesView, TablePath } from './page-tables.ts';
import type { Lens, StageView, Wanted } from './stage/view.ts';
import type { BranchView } from './time/branches.ts';
import type { Bookmark, Look, Sight } from './time/shown.ts';
import type { OverviewChange } from './timeline/overview.ts';
import type { SpanRequest } from './timeline/span.ts';
import type { TimelineView } from './timeline/view.ts';
import type { RingEntry, WayView } from './timeline/way.ts';
import type { PortView } from './ports.ts';
import type { DomainView, VcpuView } from './views.ts';

/** How far a step goes: `over` passes what a line calls, `out` goes on until the function has returned. */
export type StepKind = 'instruction' | 'line' | 'over' | 'out' | EventStep;

/** What a host can go back to. */
export type BackKind = 'instruction' | 'line' | 'breakpoint' | EventStep;

/** Of what a host is made from, what a face asks for. */
export type BootRequest = Pick<
  DomainRequest,
  | 'kernel'
  | 'ramdisk'
  | 'commandLine'
  | 'memoryMb'
  | 'vcpus'
  | 'isDom0'
  | 'hostMb'
  | 'disks'
  | 'files'
  | 'xenCommandLine'
>;

export interface OpenRequest {
  /** A snapshot's file, or a recording's: that stands at its beginning, and can be gone through to its end. */
  readonly file: Uint8Array;
  /** Images that it may need, in any order: those of the page itself are known. */
  readonly images?: readonly Uint8Array[];
  /** A snapshot's: nothing had come to it before, so that all of its past is known. */
  readonly isUntouched?: boolean;
  /** Such a snapshot's file, which saves the way there where a recording is of what it was made from. */
  readonly beginning?: Uint8Array;
}

/** What a snapshot is made for. */
export type SavePurpose = 'file' | 'browser';

export type Command =
  /** Boots another host, or a world of so many, and, where `runs` is given, lets it run. Where it cannot be, the one that is there goes on. */
  | ({ readonly type: 'boot'; readonly runs?: boolean; readonly hosts?: number } & BootRequest)
  /** Goes on with a host that was saved, or, without `runs`, stands where it was. Where it cannot be, as `boot`. */
  | ({ readonly type: 'open'; readonly runs?: boolean } & OpenRequest)
  /** Begins a lesson, or goes on with it: its world runs, and what becomes of its steps is told (`lesson`). Where it cannot be, as `boot`. */
  | ({ readonly type: 'lesson' } & LessonRequest)
  /** Asks for `saved`. */
  | { readonly type: 'save'; readonly purpose: SavePurpose }
  /** Asks for `shared`: how a face looks at it, and its bookmarks, go with it. */
  | { readonly type: 'share'; readonly bookmarks: readonly Bookmark[]; readonly look: Look }
  | { readonly type: 'run' }
  /** Stops a run; gives up a step. */
  | { readonly type: 'pause' }
  /** `domain`: to an event of that one. */
  | { readonly type: 'step'; readonly kind: StepKind; readonly domain?: number }
  /** Goes back in time; what was printed since is taken back (`rewound`). */
  | { readonly type: 'back'; readonly kind: BackKind; readonly domain?: number }
  /** Goes to the next event like this, as a person types it (event-filter.ts), or to the last one. */
  | { readonly type: 'seek'; readonly event: string; readonly way: 'forth' | 'back' }
  /** Goes to an instant that the host has been at. */
  | { readonly type: 'goTo'; readonly ns: number }
  /** Stop before these lines, and no others. */
  | { readonly type: 'breakpoints'; readonly lines: readonly WantedLine[] }
  /** Stop at these events, as a person types them (event-filter.ts), and no others. */
  | { readonly type: 'eventBreaks'; readonly events: readonly string[] }
  /** Takes up a run that was left, by its place among `branches`; or forgets it. */
  | { readonly type: 'takeUp'; readonly branch: number }
  | { readonly type: 'dropBranch'; readonly branch: number }
  /** Looks at another host of the world: keys, steps, states and traces are its from now on. */
  | { readonly type: 'lookAtHost'; readonly host: number }
  /** Tells of this domain in detail; null: of the one that has the processor when the host stops. */
  | { readonly type: 'look'; readonly domain: number | null }
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
  /** Types: on the console of the host that is looked at, unless another is named. */
  | { readonly type: 'keys'; readonly bytes: Uint8Array; readonly host?: number }
  /** Asks for `pageTables` with these tables, now and with every state; null: no more. */
  | { readonly type: 'pageTables'; readonly open: readonly TablePath[] | null }
  /** Asks for `codePage`, of the domain that is shown, as it is now. */
  | ({ readonly type: 'codePage' } & CodePlace)
  /** Asks for `stage` with this lens, and with a frame or a word of one of the hosts, now and with every state; null: no more. */
  | { readonly type: 'stage'; readonly lens: Lens | null; readonly wanted: Wanted | null }
  /** Asks for `story`: this window, now and, while it changes, with every state; null: no more. */
  | { readonly type: 'story'; readonly window: StoryWindow | null }
  /** Asks for `explained`: of an event by its number. */
  | { readonly type: 'explain'; readonly sequence: number }
  /**
   * Asks for `timeline` of a span of the past, with the same id: it is answered when the world stands, which does not move for it,
   * and when nobody wants anything else; not at all where another span is asked for meanwhile.
   */
  | ({ readonly type: 'timeline'; readonly id: number } & SpanRequest)
  /** Asks for `way`: that of the request in an entry of a ring, or that the answer in it is to; answered as `timeline`. */
  | { readonly type: 'way'; readonly entry: RingEntry }
  /** Asks for `fetched`, with the same id: a port in the world, by its address there, is sent a request, while the world runs. */
  | {
      readonly type: 'fetch';
      readonly id: number;
      readonly address: string;
      readonly port: number;
      readonly request: Uint8Array;
    }
  /** Asks for `hash`. */
  | { readonly type: 'hash' };

/** Which events are told. */
export interface StoryFilter {
  /** Kinds that are left out. */
  readonly without: readonly string[];
  /** Those of this domain alone: of it as it ran; null: of everybody. */
  readonly domain: number | null;
  /** What is said several times in a row is one line. */
  readonly folds: boolean;
}

/** Some of the events that pass a filter: `count` from the `from`th on, or the last of them. */
export interface StoryWindow {
  readonly filter: StoryFilter;
  readonly from: number | null;
  readonly count: number;
}

/** Events as they were asked for, and how many there are. */
export interface StoryView {
  /** Grows with each event; how many are kept, and whether nothing came before them since the host was there. */
  readonly seen: number;
  readonly kept: number;
  readonly isWhole: boolean;
  /** Of those that are kept, how many pass the filter; and which of them the lines begin with. */
  readonly passing: number;
  readonly from: number;
  readonly lines: readonly TraceLine[];
}

/** An event of the hypervisor's, told in a line and in a sentence. */
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
  readonly sentence: string;
  /** A check has said no, a call was refused, or a domain has crashed. */
  readonly failed: boolean;
  /** How often it was so, one right after the other, and when the last time was. */
  readonly times: number;
  readonly lastNs: number;
}

/** A breakpoint, and what has become of it. */
export interface BreakpointView {
  readonly wanted: WantedLine;
  /** The line that it stops before; null: none, and why. */
  readonly line: Line | null;
  readonly why: string | null;
}

export interface LabState {
  readonly booted: boolean;
  /** A run, or a step that takes its time. */
  readonly running: boolean;
  /** What that step is after: `another line`; null: it is a run. */
  readonly stepping: string | null;
  /** Why it stands, and how far it went, in a sentence; null: it has not run yet, or runs. */
  readonly stopped: string | null;
  /** The hosts of the world, and how far each is, in ns; and which of them all the rest is of. */
  readonly hosts: readonly { readonly name: string; readonly ns: number }[];
  readonly host: number;
  readonly ns: number;
  readonly instructions: number;
  /** The domain whose vcpus, channels and page tables are told. */
  readonly shown: number;
  /** That is whichever has the processor. */
  readonly follows: boolean;
  readonly vcpus: readonly VcpuView[];
  /** All domains of the host. */
  readonly domains: readonly DomainView[];
  readonly channels: readonly PortView[];
  /** Hypercalls made, by name. */
  readonly counts: Readonly<Record<string, number>>;
  readonly breakpoints: readonly BreakpointView[];
  /** Events that a run stops at, as they were typed. */
  readonly eventBreaks: readonly string[];
  /** What can be gone to, in ns: from where on, and how far it has ever been; null: nothing is remembered. */
  readonly past: { readonly beginNs: number; readonly endNs: number } | null;
  /** Runs that were left for this one. */
  readonly branches: readonly BranchView[];
  /** Of the world's domains, those that were seen, the oldest first. */
  readonly migrations: readonly MigrationView[];
  /** How the domain ended, in a sentence; or its host, which says so itself (an error carries the same). */
  readonly ended: string | null;
}

export type Update =
  /** What was asked for last is there, so many hosts: what comes now is of it. */
  | { readonly type: 'booted'; readonly hosts: number }
  /** The host is at another instant: its consoles begin anew, and what came later has not happened. */
  | { readonly type: 'rewound'; readonly ns: number }
  | { readonly type: 'state'; readonly state: LabState }
  /** What a domain of a host prints: the one that keys go to, or another. */
  | {
      readonly type: 'console';
      readonly host: number;
      readonly domain: number;
      readonly bytes: Uint8Array;
    }
  /** Another host is looked at: its trace begins anew. */
  | { readonly type: 'looking' }
  /** A step of the tour has had its effect; or it has not, because its time was over or something stopped it. */
  | { readonly type: 'played'; readonly step: number; readonly done: boolean }
  /** Of the lesson whose world this is. */
  | { readonly type: 'lesson'; readonly judged: Judged }
  | ({ readonly type: 'story' } & StoryView)
  /** What was asked for; null: the event is not kept any more. */
  | {
      readonly type: 'explained';
      readonly sequence: number;
      readonly explanation: Explanation | null;
    }
  /** The host as it was at `ns`, in a snapshot's file. */
  | {
      readonly type: 'saved';
      readonly purpose: SavePurpose;
      readonly file: Uint8Array<ArrayBuffer>;
      readonly ns: number;
    }
  /** The run as a recording, and the names of its images that do not come with Xenoscope; null: it cannot be recorded, and why. */
  | {
      readonly type: 'shared';
      readonly file: Uint8Array<ArrayBuffer> | null;
      readonly needs: readonly string[];
      readonly why: string;
    }
  /** How the recording that has been opened is to be looked at. */
  | { readonly type: 'shown'; readonly at: Sight; readonly bookmarks: readonly Bookmark[] }
  | ({ readonly type: 'pageTables' } & PageTablesView)
  | ({ readonly type: 'codePage' } & CodePageView)
  | ({ readonly type: 'stage' } & StageView)
  /** The run of the host that is looked at, at a glance: with each state, what has changed. */
  | ({ readonly type: 'overview' } & OverviewChange)
  /** What was asked for; null: it cannot be told, and why. */
  | {
      readonly type: 'timeline';
      readonly id: number;
      readonly view: TimelineView | null;
      readonly why: string;
    }
  /** What was asked for; null: it cannot be told, and why. */
  | {
      readonly type: 'way';
      readonly entry: RingEntry;
      readonly view: WayView | null;
      readonly why: string;
    }
  /** All that was answered; null: it was not, and why. */
  | {
      readonly type: 'fetched';
      readonly id: number;
      readonly response: Uint8Array | null;
      readonly problem: string;
    }
  | { readonly type: 'hash'; readonly hash: string; readonly instructions: number }
  /** What went wrong, and with which command; null: with the lab itself. */
  | { readonly type: 'error'; readonly command: Command['type'] | null; readonly message: string };
