/**
 * A lab behind messages: takes `Command`s, drives a lab in slices, posts `Update`s. It knows nothing of how they travel:
 * a Web Worker in the page, a plain call in a test.
 */
import type { WantedLine } from '../code.ts';
import type { Lab } from '../lab.ts';
import { goAgain, sitDown } from '../lessons/sitting.ts';
import type { LessonRequest } from '../lessons/sitting.ts';
import { Tutor } from '../lessons/tutor.ts';
import { bootHosts, openFile } from '../opening.ts';
import { imagesAmong } from '../own-images.ts';
import type { Command, OpenRequest, SavePurpose, Update } from '../protocol.ts';
import type { OpenedRun } from '../runs.ts';
import { shareRun } from '../sharing.ts';
import type { Sources } from '../snapshot/description.ts';
import type { Until } from '../stop.ts';
import { dropBranch, takeUp } from '../time/branches.ts';
import type { Shown } from '../time/shown.ts';
import { goBack, goToTime, seekBack } from '../time/ways-back.ts';
import { begin, TOUR } from '../tour.ts';
import type { WantedBreaks } from '../wanted-breaks.ts';
import type { HostThread } from '../world/far-host.ts';
import { NS_PER_SECOND } from '../../../devices/nanoseconds.ts';
import { Browsing } from './browsing.ts';
import { Front } from './front.ts';
import { Going } from './going.ts';
import type { Looks } from './looks.ts';
import { Past } from './past.ts';
import { storyQuestion, timelineQuestion, wayQuestion } from './questions.ts';

/** What is done for each command but questions of the past. */
type Deeds = {
  readonly [T in OtherCommand['type']]: (command: Extract<OtherCommand, { type: T }>) => unknown;
};

type OtherCommand = Exclude<Command, { type: 'timeline' | 'way' }>;

/** Commands that make another world: others wait for it. */
const MAKES: ReadonlySet<Command['type']> = new Set(['boot', 'open', 'lesson']);

export class Session {
  private readonly core: WebAssembly.Module;
  private readonly post: (update: Update) => void;
  private readonly image: Sources['image'];
  /** Starts a thread for a host of a world; undefined: there are none. */
  private readonly startThread: (() => HostThread) | undefined;
  private readonly front: Front;
  private readonly looks: Looks;
  private readonly breaks: WantedBreaks;
  private readonly going: Going;
  private readonly past: Past;
  private readonly browsing: Browsing;
  /** The step of the tour that has begun and not ended. */
  private begun: { readonly step: number; readonly until: Until } | null = null;
  /** Judges the lesson whose world this is. */
  private tutor: Tutor | null = null;
  /** Ends when the domain that was asked for last is there: what comes behind it waits. */
  private ready: Promise<void> = Promise.resolve();

  private readonly deeds: Deeds = {
    boot: async (command) => {
      await this.make(() => this.boot(command));
      if (command.runs === true) await this.going.go({});
    },
    open: async (command) => {
      await this.make(() => this.open(command));
      if (command.runs === true) await this.going.go({});
      else if (this.lab !== null) await this.showCode(this.lab);
    },
    lesson: async (command) => {
      await this.make(() => this.beginLesson(command));
      await this.going.go({});
    },
    save: ({ purpose }) => this.save(purpose),
    share: (command) => this.share(command),
    run: () => this.going.go({}),
    pause: () => {
      this.going.pause();
    },
    step: async ({ kind, domain }) => {
      await this.bringCode();
      await this.going.step(kind, domain);
    },
    back: ({ kind, domain }) => this.travel((lab) => goBack(lab, kind, domain)),
    seek: ({ event, way }) =>
      way === 'back' ? this.travel((lab) => seekBack(lab, event)) : this.going.seek(event),
    goTo: ({ ns }) => this.travel((lab) => goToTime(lab, ns)),
    breakpoints: async ({ lines }) => {
      await this.bringCode();
      this.setBreakpoints(lines);
    },
    eventBreaks: ({ events }) => {
      this.breaks.setEvents(this.lab, events);
      this.postState();
    },
    takeUp: ({ branch }) =>
      this.travel((lab) => {
        takeUp(lab, branch);
        return 'It is where that run was left, and goes on with it.';
      }),
    dropBranch: ({ branch }) => {
      if (this.lab !== null) dropBranch(this.lab, branch);
      this.postState();
    },
    runUntil: (command) => this.going.go(untilOf(command)),
    pace: ({ realTime }) => {
      this.going.realTime = realTime;
    },
    play: ({ step }) => this.play(step),
    keys: ({ bytes, host = this.host }) => this.opened?.hosts[host]?.lab.type(bytes),
    lookAtHost: ({ host }) => this.lookAtHost(host),
    look: ({ domain }) => {
      this.looks.domain = domain;
      this.postState();
    },
    pageTables: async ({ open }) => {
      this.looks.tables = open;
      if (open !== null) await this.bringCode();
      this.looks.postPageTables(this.lab);
    },
    codePage: ({ vcpu, address }) => {
      this.looks.postCodePage(this.lab, { vcpu, address });
    },
    stage: ({ lens, wanted }) => {
      this.looks.stage.lens = lens;
      this.looks.stage.wanted = wanted;
      this.looks.postStage(this.going.isRunning);
    },
    story: ({ window }) => {
      this.looks.window = window;
    },
    explain: ({ sequence }) => {
      this.looks.explain(sequence);
    },
    fetch: (command) => {
      this.browsing.fetch(command, this.going.isRunning);
    },
    hash: () => this.hash(),
  };

  /** `image`: finds images that snapshots need and that do not come with them; `startThread`: starts a thread, where there are any. */
  constructor(
    core: WebAssembly.Module,
    post: (update: Update) => void,
    image: Sources['image'] = () => Promise.resolve(undefined),
    startThread?: () => HostThread,
  ) {
    this.core = core;
    this.post = post;
    this.image = image;
    this.startThread = startThread;
    this.browsing = new Browsing(post);
    this.going = new Going(() => this.lab, {
      begins: (isFree) => {
        this.part(isFree);
        this.postState();
      },
      beginsStep: () => {
        this.looks.told();
      },
      onSlice: () => this.afterSlice(),
      ended: () => {
        this.part(false);
        return this.tutor?.look();
      },
      stands: (lab) => {
        this.browsing.forget();
        this.postState();
        void this.showCode(lab);
      },
    });
    this.past = new Past(() => this.asked());
    this.front = new Front(post, this.going, this.past);
    this.looks = this.front.looks;
    this.breaks = this.front.breaks;
  }

  private get opened(): OpenedRun | null {
    return this.front.opened;
  }
  /** The host that is looked at. */
  private get host(): number {
    return this.front.host;
  }
  private get lab(): Lab | null {
    return this.front.lab;
  }

  /** Does what a face asks for. What goes wrong is posted as an error, never thrown. */
  async command(command: Command): Promise<void> {
    try {
      if (command.type === 'timeline') await this.past.ask(timelineQuestion(command, this.post));
      else if (command.type === 'way') await this.past.ask(wayQuestion(command, this.post));
      else await this.past.first(() => this.obey(command));
      if (this.looks.lackedTicks !== null && !this.going.isRunning)
        await this.past.ask(storyQuestion(this.looks));
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.post({ type: 'error', command: command.type, message });
      this.postState();
    }
  }

  private asked(): ReturnType<ConstructorParameters<typeof Past>[0]> {
    const { lab, opened } = this;
    if (lab === null || opened === null) return null;
    return { lab, hosts: opened.hosts, away: (work) => this.looks.away(lab, work) };
  }

  private async obey<T extends OtherCommand['type']>(
    command: Extract<OtherCommand, { type: T }>,
  ): Promise<void> {
    if (!MAKES.has(command.type)) await this.ready.catch(() => undefined);
    this.opened?.world?.gather();
    await this.deeds[command.type as T](command);
  }

  /** Makes a world: what is asked for behind it waits. */
  private async make(world: () => Promise<void>): Promise<void> {
    this.ready = this.ready.catch(() => undefined).then(world);
    await this.ready;
  }

  /** Another world; where it cannot be made, the one that is there goes on. */
  private async boot({ hosts = 1, ...request }: Extract<Command, { type: 'boot' }>): Promise<void> {
    this.enter(await bootHosts(this.core, hosts, request));
    this.postState();
  }

  /** Goes on with a world from a file; where that cannot be restored, as `boot`. */
  private async open({ images = [], ...request }: OpenRequest): Promise<void> {
    const among = imagesAmong(images);
    const sources: Sources = { image: async (wanted) => (await among(wanted)) ?? this.image(wanted) };
    const { opened, stands, shown } = await openFile(this.core, request, sources);
    // Who waits for lines needs to know where they are; else nobody asks for the sources before it stands.
    if (this.breaks.views.length > 0) for (const { lab } of opened.hosts) await bringCodeOf(lab, this.post);
    this.enter(opened);
    this.going.stopped = stands;
    if (shown !== null) await this.showAgain(shown);
    this.postState();
  }

  /** Goes to where a run was left, by whoever shared it. */
  private async showAgain({ at, bookmarks }: Shown): Promise<void> {
    this.post({ type: 'shown', at, bookmarks });
    await this.lookAtHost(at.host);
    await this.travel((lab) => goToTime(lab, at.ns));
  }

  /** A lesson's world: where it is gone on with, all that was done is done again first. */
  private async beginLesson(request: LessonRequest): Promise<void> {
    const { lesson, opened, marks } = await sitDown(this.core, request);
    this.enter(opened);
    await goAgain(opened, marks);
    this.tutor = new Tutor(lesson, opened, request.done, request.sources ?? {}, (judged) => {
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

  /** The run as others can open it, where they stand where it stands now. */
  private async share({ bookmarks, look }: Extract<Command, { type: 'share' }>): Promise<void> {
    const { opened, lab, host } = this;
    if (opened === null || lab === null) return;
    const at = { ...look, host, ns: lab.ns };
    this.post({ type: 'shared', ...(await shareRun(opened, { at, bookmarks }, this.image)) });
  }

  /** Another world is there. */
  private enter(opened: OpenedRun): void {
    this.front.clear();
    this.going.forget();
    this.browsing.enter(opened);
    this.begun = null;
    this.tutor = null;
    this.front.enter(opened);
    if (this.startThread !== undefined)
      opened.world?.useThreads(this.core, this.startThread, (host, trace) => {
        this.front.heard(host, trace);
      });
    this.front.show(0);
  }

  /** In the midst of a run, that goes on with the other host in front. */
  private async lookAtHost(host: number): Promise<void> {
    if (this.opened?.hosts[host] === undefined || host === this.host) return;
    const goesOn = await this.going.interrupt();
    this.front.leave(this.lab!);
    this.front.show(host);
    this.post({ type: 'looking' });
    this.postState();
    if (goesOn) await this.going.go({});
    else void this.showCode(this.lab!);
  }

  /** Goes to another instant, in place of whatever the lab does. What happens on the way nobody is told of. */
  private async travel(go: (lab: Lab) => string): Promise<void> {
    const { lab, opened } = this;
    if (lab === null || opened === null) return;
    await this.going.halt();
    await this.bringCode();
    for (const each of opened.hosts) each.lab.witness.listen(() => undefined);
    try {
      this.going.stopped = await this.looks.away(lab, () => go(lab));
    } finally {
      this.begun = null;
      this.looks.stage.forget();
      this.post({ type: 'rewound', ns: lab.ns });
      this.front.hear();
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

  /** A step that was stopped half-way goes on where it was. */
  private async play(step: number): Promise<void> {
    const { lab } = this;
    const wanted = TOUR[step];
    if (lab === null || wanted === undefined) return;
    if (this.begun?.step !== step) this.begun = { step, until: begin(lab, wanted) };
    const stop = await this.going.go(this.begun.until);
    if (this.lab !== lab) return;
    if (stop?.kind === 'text' || stop?.kind === 'time') this.begun = null;
    this.post({ type: 'played', step, done: stop?.kind === 'text' });
  }

  /** It stands: where that is in the sources. */
  private async showCode(lab: Lab): Promise<void> {
    if (!lab.lacksCode) return;
    await this.past.first(() => bringCodeOf(lab, this.post));
    if (this.lab === lab) this.postState();
  }

  private async hash(): Promise<void> {
    const { opened, lab } = this;
    if (opened === null || lab === null) return;
    this.post({ type: 'hash', hash: await opened.kept.run.hash(), instructions: lab.instructions });
  }

  /** Whether the hosts of a world may go to threads of their own. All are here when this has been said. */
  private part(isFree: boolean): void {
    const world = this.opened?.world ?? null;
    if (world === null) return;
    world.gather();
    // A lesson looks at what each host does.
    world.isFree = isFree && this.tutor === null;
  }

  private async afterSlice(): Promise<void> {
    this.browsing.attend();
    if (!this.looks.isDue) return;
    this.opened?.world?.gather();
    this.postState();
    await this.tutor?.look();
  }

  private postState(): void {
    this.front.postState();
  }
}

function untilOf({ text, instructions, seconds }: Extract<Command, { type: 'runUntil' }>): Until {
  return {
    ...(text === undefined ? {} : { text: new RegExp(text) }),
    ...(instructions === undefined ? {} : { instructions }),
    ...(seconds === undefined ? {} : { ns: seconds * NS_PER_SECOND }),
  };
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
