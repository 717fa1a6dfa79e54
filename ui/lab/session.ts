/**
 * A lab behind messages: takes `Command`s, drives a lab in slices, posts `Update`s. It knows nothing of how they travel:
 * a Web Worker in the page, a plain call in a test.
 */
import type { WantedLine } from './code.ts';
import { passes, wantedFilter } from './event-filter.ts';
import { isEventStep } from './event-steps.ts';
import type { Lab } from './lab.ts';
import { goAgain, sitDown } from './lessons/sitting.ts';
import type { LessonRequest } from './lessons/sitting.ts';
import { Tutor } from './lessons/tutor.ts';
import type { Stop, Until } from './stop.ts';
import { migrationViews } from './migration-view.ts';
import { drive, driveStep } from './pacing.ts';
import type { Command, LabState, OpenRequest, SavePurpose, StepKind, Update } from './protocol.ts';
import { bootHosts, openFile } from './opening.ts';
import { imagesAmong } from './own-images.ts';
import type { OpenedRun } from './runs.ts';
import { Looks } from './session-looks.ts';
import type { Sources } from './snapshot/description.ts';
import { beginSeek, beginStep } from './stepping.ts';
import type { Stepping } from './stepping.ts';
import { describeStop, wantedBy } from './stop-text.ts';
import type { Start } from './stop-text.ts';
import { dropBranch, takeUp } from './time/branches.ts';
import { goBack, goToTime, seekBack } from './time/ways-back.ts';
import { Desk } from './timeline/desk.ts';
import { Overviews } from './timeline/overviews.ts';
import { timelineOf } from './timeline/span.ts';
import type { TimelineView } from './timeline/view.ts';
import { begin, TOUR } from './tour.ts';
import { WantedBreaks } from './wanted-breaks.ts';
import { NS_PER_SECOND } from '../../devices/nanoseconds.ts';

/** How far a step to a hypercall or event goes before it gives up, in ticks (10 s of guest time). */
const STEP_TICKS = 10_000_000_000;

/** Commands that make another world: others wait for it. */
const MAKES: ReadonlySet<Command['type']> = new Set(['boot', 'open', 'lesson']);

/** Any but a question of the past. */
type OtherCommand = Exclude<Command, { type: 'timeline' }>;

export class Session {
  private readonly core: WebAssembly.Module;
  private readonly post: (update: Update) => void;
  private readonly image: Sources['image'];
  /** What there is: a host that is alone, or those of a world; and the one that is looked at. */
  private opened: OpenedRun | null = null;
  private host = 0;
  private readonly looks: Looks;
  private readonly breaks = new WantedBreaks();
  private readonly desk = new Desk();
  private overviews = new Overviews([]);
  /** A face has not been told of the overview of this host. */
  private isNewOverview = true;
  /** Commands that are being obeyed, but for questions of the past; and the last of those, while it has no answer. */
  private doing = 0;
  private question: Extract<Command, { type: 'timeline' }> | null = null;
  private run: AbortController | null = null;
  /** Ends when the last run or step has. */
  private over: Promise<unknown> = Promise.resolve();
  /** What the step under way is after; null: there is none. */
  private stepping: string | null = null;
  private stopped: string | null = null;
  /** How often somebody has paused it. */
  private pauses = 0;
  /** The step of the tour that has begun and not ended. */
  private begun: { readonly step: number; readonly until: Until } | null = null;
  /** Judges the lesson whose world this is. */
  private tutor: Tutor | null = null;
  /** Guest time never runs ahead of the wall clock; a busy guest is slower anyway. */
  private realTime = true;
  /** Ends when the domain that was asked for last is there: what comes behind it waits. */
  private ready: Promise<void> = Promise.resolve();

  /** `image`: finds images that snapshots need and that do not come with them. */
  constructor(
    core: WebAssembly.Module,
    post: (update: Update) => void,
    image: Sources['image'] = () => Promise.resolve(undefined),
  ) {
    this.core = core;
    this.post = post;
    this.image = image;
    this.looks = new Looks(post);
  }

  /** The host that is looked at. */
  private get lab(): Lab | null {
    return this.opened?.hosts[this.host]?.lab ?? null;
  }

  /** Does what a face asks for. What goes wrong is posted as an error, never thrown. */
  async command(command: Command): Promise<void> {
    try {
      if (command.type !== 'timeline') {
        await this.first(command);
        return;
      }
      this.question = command;
      if (this.desk.isAway) await this.desk.giveUp();
      await this.answer();
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.post({ type: 'error', command: command.type, message });
      this.postState();
    }
  }

  /** Does it before anything is told of the past. */
  private async first(command: OtherCommand): Promise<void> {
    this.doing++;
    try {
      if (this.desk.isAway) await this.desk.giveUp();
      await this.obey(command);
    } finally {
      this.doing--;
    }
    await this.answer();
  }

  /** Tells of a span of the past, if that was asked for, the world stands, and nobody else wants anything of it. */
  private async answer(): Promise<void> {
    const { question, lab, opened } = this;
    if (question === null || this.doing > 0 || this.desk.isAway || lab === null || opened === null) return;
    this.question = null;
    const { id, ...request } = question;
    const labs = opened.hosts.map((each) => each.lab);
    const tell = (signal: AbortSignal): Promise<TimelineView | undefined> =>
      this.looks.away(lab, () => timelineOf(lab, labs, request, signal));
    try {
      const view = await this.desk.answer(tell);
      if (view !== undefined) this.post({ type: 'timeline', id, view, why: '' });
      // Given up for something else, unless for another question: its turn comes again.
      else this.question ??= question;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.post({ type: 'timeline', id, view: null, why });
    }
  }

  private async obey(command: OtherCommand): Promise<void> {
    if (!MAKES.has(command.type)) await this.ready.catch(() => undefined);
    switch (command.type) {
      case 'boot':
        this.ready = this.ready.catch(() => undefined).then(() => this.boot(command));
        await this.ready;
        if (command.runs === true) await this.go({});
        return;
      case 'open':
        this.ready = this.ready.catch(() => undefined).then(() => this.open(command));
        await this.ready;
        if (command.runs === true) await this.go({});
        else if (this.lab !== null) await this.showCode(this.lab);
        return;
      case 'lesson':
        this.ready = this.ready.catch(() => undefined).then(() => this.beginLesson(command));
        await this.ready;
        await this.go({});
        return;
      case 'save':
        return this.save(command.purpose);
      case 'run':
        await this.go({});
        return;
      case 'pause':
        this.pauses++;
        this.run?.abort();
        return;
      case 'step':
        return this.step(command.kind, command.domain);
      case 'back':
        return this.travel((lab) => goBack(lab, command.kind, command.domain));
      case 'seek':
        return this.seek(command.event, command.way);
      case 'goTo':
        return this.travel((lab) => goToTime(lab, command.ns));
      case 'breakpoints':
        await this.bringCode();
        this.setBreakpoints(command.lines);
        return;
      case 'eventBreaks':
        this.breaks.setEvents(this.lab, command.events);
        this.postState();
        return;
      case 'takeUp':
        return this.travel((lab) => {
          takeUp(lab, command.branch);
          return 'It is where that run was left, and goes on with it.';
        });
      case 'dropBranch':
        if (this.lab !== null) dropBranch(this.lab, command.branch);
        this.postState();
        return;
      case 'runUntil':
        await this.go(this.untilOf(command));
        return;
      case 'pace':
        this.realTime = command.realTime;
        return;
      case 'play':
        return this.play(command.step);
      case 'keys':
        this.opened?.hosts[command.host ?? this.host]?.lab.type(command.bytes);
        return;
      case 'lookAtHost':
        return this.lookAtHost(command.host);
      case 'look':
        this.looks.domain = command.domain;
        this.postState();
        return;
      case 'pageTables':
        this.looks.tables = command.open;
        if (command.open !== null) await this.bringCode();
        this.looks.postPageTables(this.lab);
        return;
      case 'stage':
        this.looks.stage.lens = command.lens;
        this.looks.stage.frame = command.frame;
        this.looks.postStage(this.run !== null);
        return;
      case 'story':
        this.looks.window = command.window;
        return;
      case 'explain':
        this.looks.explain(command.sequence);
        return;
      case 'hash':
        return this.hash();
    }
  }

  /** Another world; where it cannot be made, the one that is there goes on. */
  private async boot({ hosts = 1, ...request }: Extract<Command, { type: 'boot' }>): Promise<void> {
    this.enter(await bootHosts(this.core, hosts, request));
    this.postState();
  }

  /** Goes on with a world from a file; where that cannot be restored, as `boot`. */
  private async open({ file, images = [] }: OpenRequest): Promise<void> {
    const among = imagesAmong(images);
    const sources: Sources = { image: async (wanted) => (await among(wanted)) ?? this.image(wanted) };
    const { opened, stands } = await openFile(this.core, file, sources);
    // Who waits for lines needs to know where they are; else nobody asks for the sources before it stands.
    if (this.breaks.views.length > 0) for (const { lab } of opened.hosts) await bringCodeOf(lab, this.post);
    this.enter(opened);
    this.stopped = stands;
    this.postState();
  }

  /** A lesson's world: where it is gone on with, all that was done is done again first. */
  private async beginLesson(request: LessonRequest): Promise<void> {
    const { lesson, opened, marks } = await sitDown(this.core, request);
    this.enter(opened);
    await goAgain(opened, marks);
    this.tutor = new Tutor(lesson, opened, request.done, (judged) => {
      this.post({ type: 'lesson', judged });
    });
    this.postState();
  }

  private async save(purpose: SavePurpose): Promise<void> {
    const { opened } = this;
    if (opened === null) return;
    const { ns } = opened.kept.run;
    this.post({ type: 'saved', purpose, file: await opened.kept.snapshot(), ns });
  }

  /** Another world is there. */
  private enter(opened: OpenedRun): void {
    if (this.lab !== null) this.leave(this.lab);
    this.run?.abort();
    this.run = null;
    this.opened = opened;
    this.begun = null;
    this.tutor = null;
    this.stopped = null;
    this.post({ type: 'booted', hosts: opened.hosts.length });
    for (const { lab } of opened.hosts) lab.witness.watch();
    this.overviews.end();
    this.overviews = new Overviews(opened.hosts.map(({ lab }) => lab));
    this.hear(opened);
    opened.kept.run.past.isKept = true;
    this.looks.stage.begin(opened.hosts);
    this.show(0);
  }

  /** Looks at a host: what is to stop a run is set there, and its trace is told. */
  private show(host: number): void {
    this.host = host;
    const lab = this.lab!;
    this.breaks.apply(lab);
    this.looks.begin(lab);
    this.isNewOverview = true;
  }

  private leave(lab: Lab): void {
    lab.breaks.disarm();
    this.looks.end(lab);
  }

  /** In the midst of a run, that goes on with the other host in front. */
  private async lookAtHost(host: number): Promise<void> {
    const { opened, run, pauses } = this;
    if (opened?.hosts[host] === undefined || host === this.host) return;
    const isRunning = run !== null && this.stepping === null;
    run?.abort();
    await this.over;
    if (this.run === run) this.run = null;
    this.leave(this.lab!);
    this.show(host);
    this.post({ type: 'looking' });
    this.postState();
    // Somebody may have paused it meanwhile.
    if (isRunning && this.pauses === pauses) await this.go({});
    else void this.showCode(this.lab!);
  }

  /** What the consoles have printed, and print from now on, is posted. */
  private hear({ hosts }: OpenedRun): void {
    for (const [host, { lab }] of hosts.entries())
      lab.witness.listen((domain, bytes) => {
        if (!this.desk.isAway) this.post({ type: 'console', host, domain, bytes });
      });
  }

  /** Goes to another instant, in place of whatever the lab does. What happens on the way nobody is told of. */
  private async travel(go: (lab: Lab) => string): Promise<void> {
    const { lab, opened } = this;
    if (lab === null || opened === null) return;
    this.run?.abort();
    await this.over;
    await this.bringCode();
    for (const each of opened.hosts) each.lab.witness.listen(() => undefined);
    try {
      this.stopped = await this.looks.away(lab, () => go(lab));
    } finally {
      this.begun = null;
      this.looks.stage.forget();
      this.post({ type: 'rewound', ns: lab.ns });
      this.hear(opened);
    }
    this.postState();
  }

  /** Brings what somebody who looks closer needs to know of the code. */
  private async bringCode(): Promise<void> {
    if (this.lab?.lacksCode !== true) return;
    await bringCodeOf(this.lab, this.post);
  }

  private setBreakpoints(lines: readonly WantedLine[]): void {
    for (const { wanted, why } of this.breaks.setLines(this.lab, lines))
      this.post({
        type: 'error',
        command: 'breakpoints',
        message: `${wanted.file}:${String(wanted.line)}: ${why ?? ''}`,
      });
    this.postState();
  }

  private untilOf(command: { text?: string; instructions?: number; seconds?: number }): Until {
    return {
      ...(command.text === undefined ? {} : { text: new RegExp(command.text) }),
      ...(command.instructions === undefined ? {} : { instructions: command.instructions }),
      ...(command.seconds === undefined ? {} : { ns: command.seconds * NS_PER_SECOND }),
    };
  }

  /** A step that was stopped half-way goes on where it was. */
  private async play(step: number): Promise<void> {
    const { lab } = this;
    const wanted = TOUR[step];
    if (lab === null || wanted === undefined) return;
    if (this.begun?.step !== step) this.begun = { step, until: begin(lab, wanted) };
    const stop = await this.go(this.begun.until);
    if (this.lab !== lab) return;
    if (stop?.kind === 'text' || stop?.kind === 'time') this.begun = null;
    this.post({ type: 'played', step, done: stop?.kind === 'text' });
  }

  /** Runs until something stops it, which is returned; undefined: a pause, or another run that takes its place. */
  private go(until: Until): Promise<Stop | undefined> {
    return this.drive(undefined, (lab, signal) => {
      const isRealTime = (): boolean => this.realTime;
      return drive(lab, until, {
        get realTime() {
          return isRealTime();
        },
        signal,
        onSlice: () => this.afterSlice(),
      });
    });
  }

  private async step(kind: StepKind, domain?: number): Promise<void> {
    await this.bringCode();
    await this.stepWith(kind, isEventStep(kind) ? STEP_TICKS : Infinity, (lab) =>
      beginStep(lab, kind, domain),
    );
  }

  /** To the next event like this, or back to the last one. */
  private async seek(event: string, way: 'forth' | 'back'): Promise<void> {
    const filter = wantedFilter(event);
    if (way === 'back') await this.travel((lab) => seekBack(lab, event));
    else await this.stepWith(undefined, STEP_TICKS, (lab) => beginSeek(lab, (each) => passes(filter, each)));
  }

  private async stepWith(
    kind: StepKind | undefined,
    ticks: number,
    begin: (lab: Lab) => Stepping,
  ): Promise<void> {
    await this.drive(kind, async (lab, signal) => {
      const stepping = begin(lab);
      const onSlice = (): Promise<void> => this.afterSlice();
      try {
        return await driveStep(lab, stepping, ticks, { signal, onSlice });
      } finally {
        stepping.end();
      }
    });
  }

  /** Lets the lab go on in place of whatever it does; tells where it stands then, and why. `kind`: of a step. */
  private async drive(
    kind: StepKind | undefined,
    how: (lab: Lab, signal: AbortSignal) => Promise<Stop | undefined | null>,
  ): Promise<Stop | undefined> {
    const { lab } = this;
    if (lab === null) return undefined;
    this.run?.abort();
    const run = new AbortController();
    this.run = run;
    await this.over;
    const start: Start = { ns: lab.ns, instructions: lab.instructions };
    if (this.run !== run) return undefined;
    this.stepping = kind === undefined ? null : wantedBy(kind);
    // A step that is there at once needs no word of its beginning.
    if (kind === undefined) this.postState();
    else this.looks.told();
    const going = how(lab, run.signal).finally(() => this.tutor?.look());
    this.over = going.catch(() => undefined);
    let stop: Stop | undefined | null;
    try {
      stop = await going;
    } finally {
      if (this.run === run) this.run = null;
    }
    if (this.run !== null || this.lab !== lab) return undefined;
    this.stopped = describeStop(lab, stop, start, kind);
    this.postState();
    void this.showCode(lab);
    return stop ?? undefined;
  }

  /** It stands: where that is in the sources. */
  private async showCode(lab: Lab): Promise<void> {
    if (!lab.lacksCode) return;
    this.doing++;
    await bringCodeOf(lab, this.post);
    this.doing--;
    if (this.lab === lab) this.postState();
    await this.answer();
  }

  private async hash(): Promise<void> {
    const { opened, lab } = this;
    if (opened === null || lab === null) return;
    this.post({ type: 'hash', hash: await opened.kept.run.hash(), instructions: lab.instructions });
  }

  private async afterSlice(): Promise<void> {
    if (!this.looks.isDue) return;
    this.postState();
    await this.tutor?.look();
  }

  private postState(): void {
    this.looks.postStory();
    this.looks.postState(this.lab, this.state());
    if (this.lab === null) return;
    this.post({ type: 'overview', ...this.overviews.take(this.host, this.isNewOverview) });
    this.isNewOverview = false;
  }

  private state(): LabState {
    const { lab, breaks, stepping, stopped } = this;
    const running = this.run !== null;
    const hosts = this.opened?.hosts ?? [];
    return {
      ...this.looks.stateOf(lab, running),
      hosts: hosts.map((each) => ({ name: each.name, ns: each.lab.ns })),
      host: this.host,
      migrations: migrationViews(
        hosts.map((each) => ({ name: each.name, migrations: each.lab.witness.migrations })),
      ),
      running,
      stepping: running ? stepping : null,
      stopped: running ? null : stopped,
      follows: this.looks.follows,
      breakpoints: breaks.views,
      eventBreaks: breaks.events,
    };
  }
}

/** Where it cannot be had, that is told; the host goes on without. */
async function bringCodeOf(lab: Lab, post: (update: Update) => void): Promise<void> {
  try {
    await lab.bringCode();
  } catch (error) {
    const message = `No sources are shown: ${error instanceof Error ? error.message : String(error)}.`;
    post({ type: 'error', command: null, message });
  }
}
