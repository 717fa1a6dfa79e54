/** What a face looks at of the host in front, and how it is told of it: a domain, its page tables, the trace. */
import { codePageView, type CodePlace } from '../code-page.ts';
import type { Domain } from '../../../hypervisor/state/domain.ts';
import type { Lab } from '../lab.ts';
import { NOTHING_BOOTED, stateOf } from '../lab-state.ts';
import { pageTablesView } from '../page-tables.ts';
import type { TablePath } from '../page-tables.ts';
import type { LabState, StoryWindow, Update } from '../protocol.ts';
import { StageLook } from '../stage/look.ts';
import { Story } from '../story.ts';
import type { Recalled } from '../timeline/recalled.ts';

/** Between two states, and two looks at the story, while it runs, in ms. */
const STATE_MS = 200;

export class Looks {
  private readonly post: (update: Update) => void;
  private story: Story | null = null;
  /** What the face reads of it; null: nothing. */
  private storyWindow: StoryWindow | null = null;
  /** How many events there were when that was told last. */
  private toldEvents = -1;
  /** The domain that the face looks at; null: whichever has the processor when the host stops. */
  private wantedDomain: number | null = null;
  private shownDomain = 0;
  /** Tables that the face looks at; null: it does not. */
  private openTables: readonly TablePath[] | null = null;
  private lastStateMs = 0;
  /** The picture of all hosts. */
  readonly stage = new StageLook();

  constructor(post: (update: Update) => void) {
    this.post = post;
  }

  /** Whether it looks at whichever domain has the processor. */
  get follows(): boolean {
    return this.wantedDomain === null;
  }
  set domain(wanted: number | null) {
    this.wantedDomain = wanted;
  }
  set tables(open: readonly TablePath[] | null) {
    this.openTables = open;
  }

  /** Begins with a host: its trace is told. */
  begin(lab: Lab): void {
    this.story = new Story(lab.periodNs, () => lab.witness.names);
    this.story.resume(lab.hypervisor.ticks());
    this.toldEvents = -1;
    lab.hypervisor.trace.add(this.story);
    this.wantedDomain = null;
    this.shownDomain = lab.domain.id;
  }

  /** Has no more to do with a host. */
  end(lab: Lab): void {
    if (this.story !== null) lab.hypervisor.trace.remove(this.story);
    this.story = null;
  }

  /** Looks away while something is done that nobody is told of. */
  async away<T>(lab: Lab, work: () => T | Promise<T>): Promise<T> {
    const { story } = this;
    story?.leave(lab.hypervisor.ticks());
    if (story !== null) lab.hypervisor.trace.remove(story);
    try {
      return await work();
    } finally {
      story?.resume(lab.hypervisor.ticks());
      this.toldEvents = -1;
      if (story !== null) lab.hypervisor.trace.add(story);
    }
  }

  /** What came before this instant, in ticks, is wanted for the story; null: nothing is, or nobody reads it. */
  get lackedTicks(): number | null {
    return this.storyWindow === null ? null : (this.story?.lacks ?? null);
  }

  /** What came before that instant is known: it is told, unless something else is lacked by now. */
  recall({ events, isAll }: Recalled, lackedTicks: number | null): void {
    if (lackedTicks === null || this.lackedTicks !== lackedTicks) return;
    this.story?.recall(events, isAll);
    this.toldEvents = -1;
    this.postStory();
  }

  /** It has just been told where it stands. */
  told(): void {
    this.lastStateMs = performance.now();
  }
  /** Whether it is time to tell again. */
  get isDue(): boolean {
    return performance.now() - this.lastStateMs >= STATE_MS;
  }

  /** What the face reads: another window is told at once. */
  set window(window: StoryWindow | null) {
    this.storyWindow = window;
    this.toldEvents = -1;
    this.postStory();
  }

  postStory(): void {
    const { story, storyWindow } = this;
    if (story === null || storyWindow === null) return;
    const view = story.look(storyWindow);
    if (view.seen === this.toldEvents) return;
    this.toldEvents = view.seen;
    this.post({ type: 'story', ...view });
  }

  explain(sequence: number): void {
    const explanation = this.story?.explain(sequence) ?? null;
    this.post({ type: 'explained', sequence, explanation });
  }

  /** What is told of the host in front; while it runs, the panes stay with the domain that they are with. */
  stateOf(lab: Lab | null, isRunning: boolean): ReturnType<typeof stateOf> | typeof NOTHING_BOOTED {
    if (lab === null) return NOTHING_BOOTED;
    this.shownDomain = this.domainToShow(lab, isRunning);
    return stateOf(lab, this.shownDomain);
  }

  private domainToShow({ hypervisor, domain }: Lab, isRunning: boolean): number {
    const { domains, current } = hypervisor;
    if (this.wantedDomain !== null && domains.has(this.wantedDomain)) return this.wantedDomain;
    if (!isRunning && current !== null && domains.has(current.domain.id)) return current.domain.id;
    return domains.has(this.shownDomain) ? this.shownDomain : domain.id;
  }

  postState(lab: Lab | null, state: LabState): void {
    this.told();
    this.post({ type: 'state', state });
    this.postPageTables(lab);
    this.stage.arrive();
    this.postStage(state.running);
  }

  postStage(isRunning: boolean): void {
    const view = this.stage.view(isRunning);
    if (view !== null) this.post({ type: 'stage', ...view });
  }

  postPageTables(lab: Lab | null): void {
    const { openTables } = this;
    if (lab === null || openTables === null) return;
    const domain = this.domainOf(lab);
    this.post({ type: 'pageTables', ...pageTablesView(lab.hypervisor, domain, lab.code, openTables) });
  }

  postCodePage(lab: Lab | null, place: CodePlace): void {
    if (lab === null) return;
    this.post({ type: 'codePage', ...codePageView(lab.hypervisor, this.domainOf(lab), place) });
  }

  /** The domain that the face looks at. */
  private domainOf({ hypervisor, domain }: Lab): Domain {
    return hypervisor.domains.get(this.shownDomain) ?? domain;
  }
}
