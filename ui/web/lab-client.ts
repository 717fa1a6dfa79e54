/** The page's side of the lab: sends commands to the worker, keeps what it tells as signals. */
import { signal } from '@preact/signals';
import type { WantedLine } from '../lab/code.ts';
import { lessonNamed } from '../lab/lessons/lessons.ts';
import type { LessonRequest } from '../lab/lessons/sitting.ts';
import type { Judged } from '../lab/lessons/tutor.ts';
import type { CodePageView } from '../lab/code-page.ts';
import type { PageTablesView } from '../lab/page-tables.ts';
import { NOTHING_BOOTED } from '../lab/lab-state.ts';
import type {
  BootRequest,
  Command,
  LabState,
  OpenRequest,
  SavePurpose,
  StoryView,
  Update,
} from '../lab/protocol.ts';
import type { SharedRun } from '../lab/sharing.ts';
import type { StageView } from '../lab/stage/view.ts';
import type { Bookmark, Sight } from '../lab/time/shown.ts';
import { Consoles } from './consoles.ts';
import { isStrings, kept } from './kept.ts';
import { isOwn } from './mote.ts';
import { OverviewCopy } from './timeline/overview-copy.ts';
import startLab from '../lab/worker.ts?worker';

const NOTHING: LabState = {
  ...NOTHING_BOOTED,
  running: false,
  stepping: null,
  stopped: null,
  follows: true,
  breakpoints: [],
  eventBreaks: [],
};

/** What a person does that changes what becomes of a host. */
const TOUCHES: ReadonlySet<Command['type']> = new Set([
  'keys',
  'step',
  'back',
  'goTo',
  'takeUp',
  'runUntil',
  'play',
]);

/** What a person does, which ends the trouble that a banner tells of. */
const CLEARS: ReadonlySet<Command['type']> = new Set([
  'run',
  'step',
  'back',
  'goTo',
  'runUntil',
  'breakpoints',
  'eventBreaks',
  'takeUp',
  'play',
]);

export class LabClient {
  readonly state = signal<LabState>(NOTHING);
  /** The state before the last: what changed is highlighted. */
  readonly previous = signal<LabState>(NOTHING);
  /** The consoles of each host. */
  readonly hostConsoles = signal<readonly Consoles[]>([new Consoles(isHidden)]);
  /** What was asked for with the command `story`; null: nothing of this host has been told yet. */
  readonly story = signal<StoryView | null>(null);
  /** The run at a glance; and how often that has changed. */
  readonly overview = new OverviewCopy();
  readonly overviewed = signal(0);
  /** The last answer to the command `timeline`. */
  readonly timeline = signal<Extract<Update, { type: 'timeline' }> | null>(null);
  /** The last answer to the command `way`. */
  readonly way = signal<Extract<Update, { type: 'way' }> | null>(null);
  /** Events of the trace per second of wall time, lately. */
  readonly eventRate = signal(0);
  /** What was asked for with the command `explain`. */
  readonly explained = signal<Extract<Update, { type: 'explained' }> | null>(null);
  /** What was asked for with the command `pageTables`. */
  readonly pageTables = signal<PageTablesView | null>(null);
  /** What was asked for with the command `codePage`. */
  readonly codePage = signal<CodePageView | null>(null);
  /** The hosts as a picture, as the command `stage` asks for it. */
  readonly stage = signal<StageView | null>(null);
  readonly error = signal<string | null>(null);
  readonly hash = signal<string | null>(null);
  /** Million instructions per second of wall time, lately. */
  readonly rate = signal(0);
  /** How often something was booted, or was to be. */
  readonly boots = signal(0);
  /** What is being booted, in words; null: nothing. */
  readonly booting = signal<string | null>(null);
  /** What saved world is being opened, in words; null: none. */
  readonly opening = signal<string | null>(null);
  /** Images of this world that are not the page's own: who opens it again brings them. */
  images: readonly Uint8Array[] = [];
  private nextImages: readonly Uint8Array[] = [];
  /** What a person has done to this host, counted. */
  readonly touches = signal(0);
  /** Who hears what becomes of the steps of the lesson whose world this is. */
  onJudged: ((judged: Judged) => void) | null = null;
  /** How the run that was opened was left, by whoever shared it; null: nobody has said. */
  readonly left = signal<Sight | null>(null);
  /** Of the run that there is. */
  readonly bookmarks = signal<readonly Bookmark[]>([]);
  /** Who gets what the command `share` has come to. */
  onShared: ((shared: SharedRun) => void) | null = null;
  /** Who waits for answers from ports in the world, by the ids of what they asked. */
  readonly onFetched = new Map<number, (fetched: Extract<Update, { type: 'fetched' }>) => void>();
  /** Who gets the host's snapshots, by what they are for. */
  readonly onSaved = new Map<SavePurpose, (saved: Extract<Update, { type: 'saved' }>) => void>();
  /** A step of the tour is under way. */
  readonly playing = signal(false);
  /** What the last command `play` has come to; null: it has not ended. */
  readonly played = signal<{ readonly step: number; readonly done: boolean } | null>(null);
  /** What was typed while the host stands, which reads it when it runs. */
  readonly unread = signal('');
  /** A person has typed or stepped in this host: it would be a loss. */
  readonly used = signal(false);
  /** Hears that a snapshot has not been made. */
  onSaveFailed: (() => void) | null = null;
  private readonly keptBreakpoints = kept<readonly WantedLine[]>('breakpoints', [], isLines);
  private readonly keptEvents = kept<readonly string[]>('events', [], isStrings);
  private readonly worker = startLab();
  private measured = { at: performance.now(), instructions: 0 };
  private counted = { at: performance.now(), events: 0 };
  /** The host has run since it was told of breakpoints: what it tells of them is what there is. */
  private told = false;

  constructor() {
    this.worker.onmessage = ({ data }: MessageEvent<Update>) => {
      this.receive(data);
    };
    this.worker.onerror = ({ message = '' }) => {
      // Of a script that has not come nothing more is told.
      const what = message === '' ? 'The lab did not load' : `The lab has failed: ${message}`;
      this.failed(null, `${what}. Load the page again.`);
    };
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden) for (const consoles of this.hostConsoles.value) consoles.seen();
    });
    this.send({ type: 'breakpoints', lines: this.keptBreakpoints.value });
    this.send({ type: 'eventBreaks', events: this.keptEvents.value });
  }

  /** Those of the host that is looked at. */
  get consoles(): Consoles {
    const all = this.hostConsoles.value;
    return all[this.state.value.host] ?? all[0]!;
  }

  send(command: Command): void {
    if (CLEARS.has(command.type)) this.error.value = null;
    if (TOUCHES.has(command.type)) this.touch();
    this.worker.postMessage(command);
  }

  /** Types on the console of the lab's domain: of the host that is looked at, or of another. */
  type(text: string, host = this.state.value.host): void {
    if (!this.state.value.running) this.unread.value += text;
    this.send({ type: 'keys', bytes: new TextEncoder().encode(text), host });
  }

  /** Boots hosts, and lets them run unless they are to stand at their first instruction. `name`: what it is, in words. */
  boot(
    { hosts = 1, ...request }: BootRequest & { readonly hosts?: number },
    name: string,
    runs = true,
  ): void {
    this.begins(name, null);
    const { kernel, ramdisk, files = new Map<string, Uint8Array>() } = request;
    const all = [kernel, ...(ramdisk === undefined ? [] : [ramdisk]), ...files.values()];
    this.nextImages = all.filter((image) => !isOwn(image));
    this.send({ type: 'boot', ...request, hosts, runs });
  }

  /** Opens a saved world. `name`: what it is, in words. */
  open(request: OpenRequest, name: string, runs: boolean): void {
    this.begins(null, name);
    this.nextImages = request.images ?? [];
    this.send({ type: 'open', ...request, runs });
  }

  /** Begins a lesson, or goes on with it, in its own world. `name`: what it is, in words. */
  study(request: LessonRequest, name: string): void {
    this.begins(name, null);
    const texts = Object.values(lessonNamed(request.lesson)?.world.files ?? {});
    const files = texts.map((text) => new TextEncoder().encode(text));
    this.nextImages = [...files, ...Object.values(request.kernels ?? {})];
    this.send({ type: 'lesson', ...request });
  }

  private begins(booting: string | null, opening: string | null): void {
    this.boots.value++;
    this.error.value = null;
    this.played.value = null;
    this.playing.value = false;
    this.booting.value = booting;
    this.opening.value = opening;
  }

  private touch(): void {
    this.used.value = true;
    this.touches.value++;
  }

  /** Does a step of the tour: `played` says when it has ended. */
  play(step: number): void {
    this.played.value = null;
    this.playing.value = true;
    this.send({ type: 'play', step });
  }

  private receive(update: Update): void {
    switch (update.type) {
      case 'booted':
        this.clear(update.hosts);
        break;
      case 'looking':
        this.clearLooks();
        break;
      case 'rewound':
        for (const consoles of this.hostConsoles.value) consoles.clear();
        break;
      case 'console':
        this.hostConsoles.value[update.host]?.print(update.domain, update.bytes);
        break;
      case 'played':
        this.playing.value = false;
        this.played.value = { step: update.step, done: update.done };
        break;
      case 'state':
        this.look(update.state);
        break;
      case 'lesson':
        this.onJudged?.(update.judged);
        break;
      case 'story':
        this.read(update);
        break;
      case 'explained':
        this.explained.value = update;
        break;
      case 'overview':
        this.overview.apply(update);
        this.overviewed.value++;
        break;
      case 'timeline':
        this.timeline.value = update;
        break;
      case 'way':
        this.way.value = update;
        break;
      case 'pageTables':
        this.pageTables.value = update;
        break;
      case 'codePage':
        this.codePage.value = update;
        break;
      case 'stage':
        this.stage.value = update;
        break;
      case 'hash':
        this.hash.value = `${update.hash} at instruction ${update.instructions.toLocaleString('en')}`;
        break;
      case 'saved':
        this.onSaved.get(update.purpose)?.(update);
        break;
      case 'fetched':
        this.onFetched.get(update.id)?.(update);
        break;
      case 'shared':
        this.onShared?.(update);
        break;
      case 'shown':
        this.bookmarks.value = update.bookmarks;
        this.left.value = update.at;
        break;
      case 'error':
        this.failed(update.command, update.message);
    }
  }

  /** Another world is there. */
  private clear(hosts: number): void {
    for (const consoles of this.hostConsoles.value) consoles.clear();
    const kept = this.hostConsoles.value.slice(0, hosts);
    const more = Array.from({ length: hosts - kept.length }, () => new Consoles(isHidden));
    this.hostConsoles.value = [...kept, ...more];
    this.booting.value = null;
    this.opening.value = null;
    this.images = this.nextImages;
    this.hash.value = null;
    this.bookmarks.value = [];
    this.left.value = null;
    this.clearLooks();
    this.unread.value = '';
    this.used.value = false;
    this.told = true;
  }

  private clearLooks(): void {
    this.story.value = null;
    this.explained.value = null;
    this.pageTables.value = null;
    this.codePage.value = null;
    this.timeline.value = null;
  }

  private read(story: StoryView): void {
    const now = performance.now();
    const { at, events } = this.counted;
    const more = story.seen - events;
    if (this.state.value.running && more >= 0 && now > at) this.eventRate.value = (more / (now - at)) * 1000;
    this.counted = { at: now, events: story.seen };
    this.story.value = story;
  }

  private failed(command: Command['type'] | null, message: string): void {
    const remains = this.state.value.booted ? ' What was there before goes on.' : '';
    if (command === 'open') {
      this.error.value = `${this.opening.value ?? 'It'} cannot be opened: ${message}.${remains}`;
      this.opening.value = null;
    } else if (command === 'boot' || command === 'lesson') {
      this.error.value = `${this.booting.value ?? 'It'} does not boot: ${message}.${remains}`;
      this.booting.value = null;
      this.playing.value = false;
    } else if (command === 'save') {
      this.error.value = `This world cannot be saved: ${message}.`;
      this.onSaveFailed?.();
    } else this.error.value = command === 'breakpoints' ? `No breakpoint at ${message}.` : message;
  }

  private look(state: LabState): void {
    this.measure(state);
    if (!state.running) this.eventRate.value = 0;
    if (state.instructions !== this.state.value.instructions) this.unread.value = '';
    this.previous.value = this.state.value;
    this.state.value = state;
    this.consoles.look(state.domains);
    if (!this.told) return;
    this.keptBreakpoints.value = state.breakpoints.map(({ wanted }) => wanted);
    this.keptEvents.value = state.eventBreaks;
  }

  private measure({ instructions, running }: LabState): void {
    const now = performance.now();
    const elapsed = now - this.measured.at;
    if (elapsed < 100 && running) return;
    const done = instructions - this.measured.instructions;
    this.rate.value = running && done > 0 ? done / elapsed / 1000 : 0;
    this.measured = { at: now, instructions };
  }
}

function isHidden(): boolean {
  return document.hidden;
}

function isLines(value: unknown): value is readonly WantedLine[] {
  return Array.isArray(value) && value.every(isLine);
}

function isLine(value: unknown): value is WantedLine {
  if (typeof value !== 'object' || value === null) return false;
  const { file, line, last } = value as Record<string, unknown>;
  return (
    typeof file === 'string' && typeof line === 'number' && (last === undefined || typeof last === 'number')
  );
}
