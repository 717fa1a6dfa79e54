/** What is in front of a face: the world that is there, the host of it that is looked at, and what is told of both. */
import type { Lab } from '../lab.ts';
import { migrationViews } from '../migration-view.ts';
import type { LabState, Update } from '../protocol.ts';
import type { OpenedRun } from '../runs.ts';
import { Overviews } from '../timeline/overviews.ts';
import { WantedBreaks } from '../wanted-breaks.ts';
import type { Going } from './going.ts';
import { Looks } from './looks.ts';
import type { Past } from './past.ts';

export class Front {
  /** What there is: a host that is alone, or those of a world; and the one that is looked at. */
  opened: OpenedRun | null = null;
  host = 0;
  readonly looks: Looks;
  readonly breaks = new WantedBreaks();
  private readonly post: (update: Update) => void;
  private readonly going: Going;
  private readonly past: Past;
  private overviews = new Overviews([]);
  /** A face has not been told of the overview of this host. */
  private isNewOverview = true;

  constructor(post: (update: Update) => void, going: Going, past: Past) {
    this.post = post;
    this.going = going;
    this.past = past;
    this.looks = new Looks(post);
  }

  get lab(): Lab | null {
    return this.opened?.hosts[this.host]?.lab ?? null;
  }

  /** The world goes: another one comes. */
  clear(): void {
    if (this.lab !== null) this.leave(this.lab);
    this.opened?.world?.endThreads();
  }

  /** Another world is there; a host of it is to be shown. */
  enter(opened: OpenedRun): void {
    this.opened = opened;
    this.post({ type: 'booted', hosts: opened.hosts.length });
    for (const { lab } of opened.hosts) lab.witness.watch();
    this.overviews.end();
    this.overviews = new Overviews(opened.hosts.map(({ lab }) => lab));
    this.hear();
    opened.kept.run.past.isKept = true;
    this.looks.stage.begin(opened.hosts);
  }

  /** A host that runs in a thread of its own has traced this. */
  heard(...told: Parameters<Overviews['heard']>): void {
    this.overviews.heard(...told);
    this.looks.stage.heard(...told);
  }

  /** Looks at a host: what is to stop a run is set there, and its trace is told. */
  show(host: number): void {
    this.host = host;
    const lab = this.lab!;
    this.breaks.apply(lab);
    this.looks.begin(lab);
    this.isNewOverview = true;
  }

  /** Nobody looks at it any more. */
  leave(lab: Lab): void {
    lab.breaks.disarm();
    this.looks.end(lab);
  }

  /** What the consoles have printed, and print from now on, is posted. */
  hear(): void {
    for (const [host, { lab }] of this.opened!.hosts.entries())
      lab.witness.listen((domain, bytes) => {
        if (!this.past.isAway) this.post({ type: 'console', host, domain, bytes });
      });
  }

  postState(): void {
    this.looks.postStory();
    this.looks.postState(this.lab, this.state());
    if (this.lab === null) return;
    this.post({ type: 'overview', ...this.overviews.take(this.host, this.isNewOverview) });
    this.isNewOverview = false;
  }

  private state(): LabState {
    const { lab, breaks } = this;
    const { isRunning: running, stepping, stopped } = this.going;
    const hosts = this.opened?.hosts ?? [];
    return {
      ...this.looks.stateOf(lab, running),
      hosts: hosts.map((each) => ({ name: each.name, ns: each.lab.ns })),
      host: this.host,
      migrations: migrationViews(
        hosts.map((each) => ({ name: each.name, migrations: each.lab.witness.migrations })),
        Math.max(...hosts.map((each) => each.lab.ns)),
      ),
      running,
      stepping,
      stopped,
      follows: this.looks.follows,
      breakpoints: breaks.views,
      eventBreaks: breaks.events,
    };
  }
}
