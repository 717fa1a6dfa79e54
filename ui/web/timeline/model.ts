/** What a timeline shows, and what it asks of the lab for that. */
import { computed, effect, signal } from '@preact/signals';
import type { LaneItem, Place, TimelineView } from '../../lab/timeline/view.ts';
import { kept } from '../kept.ts';
import type { LabClient } from '../lab-client.ts';
import type { Mark } from './surface.ts';
import { duration, panned, within, zoomed } from './stretch.ts';
import type { Stretch } from './stretch.ts';

/** Events that are asked for at once. */
const MOST_EVENTS = 20_000;
/** Nobody moves it for so long: then what is shown is asked for. */
const CALM_MS = 120;
const MOST_MARKS = 200;
/** To both sides of the instant now. */
const AROUND_NS = 250_000;
/** How much closer, by one key or button. */
export const ZOOM = 1.6;

function isWithin(one: Stretch, other: Stretch): boolean {
  return one.fromNs >= other.fromNs && one.toNs <= other.toNs;
}

export class TimelineModel {
  /** What is shown; null: the whole run, however long it gets. */
  readonly stretch = signal<Stretch | null>(null);
  readonly selected = signal<Stretch | null>(null);
  readonly focus = signal<Place | null>(null);
  /** Events that are looked for, as typed; empty: none. */
  readonly filter = signal('');
  /** Where the host has stood. */
  readonly marks = signal<readonly Mark[]>([]);
  private readonly client: LabClient;
  /** What was asked for last: of which run, and which stretch. */
  private asked: { readonly key: string; readonly filter: string; readonly of: Stretch } | null = null;
  private id = 0;
  private calm: ReturnType<typeof setTimeout> | undefined;
  /** Where it stands next is to be shown. */
  private follows = false;

  constructor(client: LabClient) {
    this.client = client;
  }

  /** All that there is. */
  readonly whole = computed((): Stretch => {
    const { ns, past } = this.client.state.value;
    return { fromNs: 0, toNs: Math.max(1000, ns, past?.endNs ?? 0) };
  });

  readonly shown = computed((): Stretch => {
    const { stretch, whole } = this;
    return stretch.value === null ? whole.value : within(stretch.value, whole.value);
  });

  /** What is known exactly of what is shown; null: nothing is. */
  readonly exact = computed((): TimelineView | null => {
    const view = this.client.timeline.value?.view ?? null;
    const { fromNs, toNs } = this.shown.value;
    if (view === null || this.expected > MOST_EVENTS) return null;
    return view.toNs > fromNs && view.fromNs < toNs ? view : null;
  });

  /** How many events what is shown has, about. */
  get expected(): number {
    void this.client.overviewed.value;
    const { fromNs, toNs } = this.shown.value;
    return this.client.overview.events(fromNs, toNs);
  }

  /** Whether every event is to be shown: else nobody has to go through the past again. */
  readonly isOpen = kept('timeline', false, (value): value is boolean => typeof value === 'boolean');

  /** Asks for what is shown, whenever that changes, until it is ended. */
  listen(): () => void {
    const end = effect(() => {
      const { running, booted, past, branches, host } = this.client.state.value;
      const key = [this.client.boots.value, host, past?.endNs, branches.length, this.filter.value];
      const { fromNs, toNs } = this.shown.value;
      clearTimeout(this.calm);
      if (running || !booted || past === null || !this.isOpen.value) return;
      this.calm = setTimeout(() => {
        this.ask(key.join(), { fromNs, toNs });
      }, CALM_MS);
    });
    const begun = effect(() => {
      void this.client.boots.value;
      this.marks.value = [];
      this.stretch.value = null;
      this.selected.value = null;
    });
    const marks = effect(() => {
      const { ns, stopped, past } = this.client.state.value;
      if (stopped === null) return;
      this.mark({ ns, words: stopped }, past?.endNs ?? ns);
      if (this.follows) this.follow(ns);
    });
    let before: TimelineView | null = null;
    const refocus = effect(() => {
      const view = this.client.timeline.value?.view ?? null;
      this.refocus(before, view);
      before = view;
    });
    return () => {
      end();
      refocus();
      begun();
      marks();
      clearTimeout(this.calm);
    };
  }

  private follow(ns: number): void {
    const { fromNs, toNs } = this.shown.peek();
    this.follows = false;
    if (ns < fromNs || ns > toNs) this.center(ns);
  }

  private mark(mark: Mark, endNs: number): void {
    const others = this.marks.peek().filter(({ ns }) => ns !== mark.ns && ns <= endNs);
    this.marks.value = [...others, mark].slice(-MOST_MARKS);
  }

  /** Unless it is known, or has been asked for. */
  private ask(key: string, shown: Stretch): void {
    if (this.expected > MOST_EVENTS) return;
    const { asked } = this;
    const { id, view = null } = this.client.timeline.peek() ?? {};
    const isThere = id !== this.id || (view !== null && (view.isCut || view.toNs >= shown.toNs));
    if (asked?.key === key && isWithin(shown, asked.of) && isThere) return;
    const margin = (shown.toNs - shown.fromNs) / 2;
    const around = { fromNs: Math.max(0, shown.fromNs - margin), toNs: shown.toNs + margin };
    const isFew = this.client.overview.events(around.fromNs, around.toNs) < MOST_EVENTS;
    const of = isFew ? around : shown;
    const filter = this.filter.peek().trim();
    this.asked = { key, filter: this.filter.peek(), of };
    // How many there are is known of the host in front alone.
    const limit = MOST_EVENTS * Math.max(1, this.client.state.peek().hosts.length);
    this.client.send({
      type: 'timeline',
      id: ++this.id,
      ...of,
      limit,
      filter: filter === '' ? null : filter,
    });
  }

  /** The item that has the focus has it in what is known now, too. */
  private refocus(before: TimelineView | null, view: TimelineView | null): void {
    const focus = this.focus.peek();
    if (focus === null || before === view) return;
    const name = before?.lanes[focus.lane]?.name;
    const had = before?.lanes[focus.lane]?.items[focus.item];
    const lane = view?.lanes.findIndex((each) => each.name === name) ?? -1;
    const item =
      view?.lanes[lane]?.items.findIndex(
        ({ fromNs, row, kind }) => fromNs === had?.fromNs && row === had.row && kind === had.kind,
      ) ?? -1;
    this.focus.value = item < 0 ? null : { lane, item };
  }

  zoom(factor: number, aroundNs?: number): void {
    const { shown, whole } = this;
    const middle = (shown.value.fromNs + shown.value.toNs) / 2;
    this.show(zoomed(shown.value, factor, aroundNs ?? middle, whole.value));
  }

  pan(share: number): void {
    this.show(panned(this.shown.value, share, this.whole.value));
  }

  show(stretch: Stretch): void {
    const { fromNs, toNs } = this.whole.value;
    const isWhole = stretch.fromNs <= fromNs && stretch.toNs >= toNs;
    this.stretch.value = isWhole ? null : stretch;
  }

  center(ns: number): void {
    const { fromNs, toNs } = this.shown.value;
    const half = (toNs - fromNs) / 2;
    this.show(within({ fromNs: ns - half, toNs: ns + half }, this.whole.value));
  }

  around(): void {
    const { ns } = this.client.state.value;
    this.show(within({ fromNs: ns - AROUND_NS, toNs: ns + AROUND_NS }, this.whole.value));
  }

  goTo(ns: number): void {
    if (this.client.state.value.running) return;
    this.client.send({ type: 'goTo', ns: Math.max(0, ns) });
  }

  item({ lane, item }: Place): LaneItem | undefined {
    return this.exact.value?.lanes[lane]?.items[item];
  }

  /** Goes to the item by so many behind the one with the focus, in its lane; at first to the one that is now. */
  step(by: 1 | -1): void {
    const view = this.exact.value;
    if (view === null) return;
    const { lane } = this.focus.value ?? { lane: this.firstLane(view) };
    const items = view.lanes[lane]!.items;
    const { ns } = this.client.state.value;
    const now = items.findLastIndex(({ fromNs }) => fromNs <= ns);
    const item = this.focus.value === null ? now : this.focus.value.item + by;
    if (item >= 0 && item < items.length) this.attend({ lane, item });
  }

  private firstLane({ lanes }: TimelineView): number {
    return Math.max(
      0,
      lanes.findIndex(({ of }) => of === 'vcpu'),
    );
  }

  /** Goes to the item of the next lane that is there then, or of the one before. */
  stepLane(by: 1 | -1): void {
    const view = this.exact.value;
    const { focus } = this;
    if (view === null || focus.value === null) {
      this.step(1);
      return;
    }
    const ns = this.item(focus.value)?.fromNs ?? 0;
    for (let lane = focus.value.lane + by; lane >= 0 && lane < view.lanes.length; lane += by) {
      const { items } = view.lanes[lane]!;
      if (items.length === 0) continue;
      this.attend({
        lane,
        item: Math.max(
          0,
          items.findLastIndex(({ fromNs }) => fromNs <= ns),
        ),
      });
      return;
    }
  }

  /** Looks for events, as a person types them; for none where that is empty. */
  find(filter: string): void {
    this.filter.value = filter;
    this.focus.value = null;
  }

  /** To the next of those that were found, or the one before; behind the last comes the first. */
  stepFound(by: 1 | -1): void {
    const view = this.exact.value;
    if (view === null || view.found.length === 0) return;
    const at = view.found
      .map((place) => ({ place, ns: this.item(place)?.fromNs ?? 0 }))
      .sort((a, b) => a.ns - b.ns);
    const { focus } = this;
    const ns = focus.value === null ? this.client.state.value.ns : (this.item(focus.value)?.fromNs ?? 0);
    const next = by > 0 ? at.find((each) => each.ns > ns) : at.findLast((each) => each.ns < ns);
    const found = next ?? (by > 0 ? at[0] : at.at(-1));
    if (found !== undefined) this.attend(found.place);
  }

  /** Goes to the next event like this of the whole run, as far as it comes, or to the last one before. */
  seek(way: 'forth' | 'back'): void {
    const event = this.filter.value.trim();
    if (event === '' || this.client.state.value.running) return;
    this.focus.value = null;
    this.client.send({ type: 'seek', event, way });
    this.follows = true;
  }

  /** Gives an item the focus, and shows it. */
  attend(place: Place): void {
    this.focus.value = place;
    const item = this.item(place);
    const { fromNs, toNs } = this.shown.value;
    if (item !== undefined && (item.fromNs < fromNs || item.fromNs > toNs)) this.center(item.fromNs);
  }

  /** What there is to say of what is shown. */
  get hint(): string {
    const { running } = this.client.state.value;
    const { fromNs, toNs } = this.shown.value;
    const many = this.expected;
    const about = `${duration(toNs - fromNs)}, about ${Math.round(many).toLocaleString('en')} events`;
    if (running)
      return `${about}. It runs: who had the processors, and how often what happened; pause it to see every event.`;
    if (many > MOST_EVENTS) return `${about}: zoom in to see every one of them.`;
    const { id, view = null, why = '' } = this.client.timeline.value ?? {};
    if (why !== '') return why;
    if (view === null) return `${about}.`;
    const filter = this.filter.value;
    const isAnswered = id === this.id && this.asked?.filter === filter;
    const count = isAnswered ? view.found.length.toLocaleString('en') : '…';
    const found = filter === '' ? '' : ` ${count} are what you look for.`;
    const cut = view.isCut
      ? ` Shown up to ${duration(view.toNs - fromNs)} from the left: zoom in to see the rest.`
      : '';
    return `${view.events.toLocaleString('en')} events, each as it was.${found}${cut}`;
  }
}
