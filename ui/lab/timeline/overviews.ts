/** The overviews of a world's hosts, which go with it through time. */
import type { Lab } from '../lab.ts';
import type { Branch, PastListener } from '../time/past.ts';
import { countAll } from '../world/away-trace.ts';
import type { AwayTrace } from '../world/away-trace.ts';
import { Overview } from './overview.ts';
import type { OverviewChange } from './overview.ts';
import { nameOfVcpu } from './record.ts';

/** Who is on each processor, `d0v0` or `idle`. */
function runningOn({ hypervisor }: Lab): readonly string[] {
  return hypervisor.pcpus.map(({ running }) =>
    running === null ? 'idle' : nameOfVcpu(running.domain.id, running.id),
  );
}

export class Overviews implements PastListener {
  private readonly labs: readonly Lab[];
  private readonly overviews: readonly Overview[];
  /** Of runs that were left. */
  private readonly left = new WeakMap<Branch, readonly Overview[]>();

  /** From now on, until `end`; `labs`: all of a world. */
  constructor(labs: readonly Lab[]) {
    this.labs = labs;
    this.overviews = labs.map(() => new Overview());
    for (const [host, { hypervisor }] of labs.entries()) hypervisor.trace.add(this.overviews[host]!);
    const [first] = labs;
    if (first !== undefined) first.past.listener = this;
    this.moved();
  }

  end(): void {
    for (const [host, { hypervisor, past }] of this.labs.entries()) {
      hypervisor.trace.remove(this.overviews[host]!);
      past.listener = null;
    }
  }

  /** What was traced of a host that runs in another thread. */
  heard(host: number, told: AwayTrace): void {
    countAll(told, this.overviews[host]!);
  }

  moved(): void {
    for (const [host, lab] of this.labs.entries())
      this.overviews[host]!.moved(lab.place.ticks, runningOn(lab));
  }

  another(left: Branch | null): void {
    if (left !== null) this.keep(left);
    for (const [host, lab] of this.labs.entries()) this.overviews[host]!.forget(lab.place.ticks);
  }

  tookUp(taken: Branch, left: Branch): void {
    this.keep(left);
    const kept = this.left.get(taken);
    for (const [host, overview] of this.overviews.entries()) {
      const had = kept?.[host];
      if (had === undefined) overview.forget(taken.fork[host]!.ticks);
      else overview.become(had);
    }
    this.moved();
  }

  private keep(branch: Branch): void {
    this.left.set(
      branch,
      this.overviews.map((overview) => overview.copy()),
    );
  }

  /** What has changed of a host's since it was told last; `isNew`: everything is told. */
  take(host: number, isNew: boolean): OverviewChange {
    // Nobody is asked before the world goes elsewhere: so all are, whenever one is told of.
    for (const [other, { place }] of this.labs.entries()) this.overviews[other]!.upTo(place.ticks);
    const overview = this.overviews[host]!;
    if (isNew) overview.tellAll();
    const { periodNs, place } = this.labs[host]!;
    return overview.take(periodNs, place.ticks);
  }
}
