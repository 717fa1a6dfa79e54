/** What takes a host's lab through time where the host is one of a world's: the world goes with it, forth and back. */
import type { Stop as HypervisorStop } from '../../../hypervisor/state/hypervisor.ts';
import type { SavedWorld } from '../snapshot/format.ts';
import type { Course } from '../time/course.ts';
import type { Past, Place } from '../time/past.ts';
import type { Come } from './inputs.ts';
import type { World } from './world.ts';

export class HostCourse implements Course {
  readonly host: number;
  private readonly world: World;

  constructor(world: World, host: number) {
    this.world = world;
    this.host = host;
  }

  get past(): Past {
    return this.world.past;
  }

  get places(): readonly Place[] {
    return this.world.places;
  }

  save(): SavedWorld {
    return this.world.save();
  }

  restore(saved: SavedWorld): void {
    this.world.restore(saved);
  }

  go(untilTicks: number): HypervisorStop {
    return this.world.go(this.host, untilTicks);
  }

  get nextTicks(): number {
    const { hosts, exchange } = this.world;
    const { lab } = hosts[this.host]!;
    const calm = lab.hypervisor.idle ? Math.ceil(exchange.calmUntilNs(this.host) / lab.periodNs) : 0;
    return Math.max(lab.place.ticks + 1, calm);
  }

  get frameNs(): number {
    return Math.min(...this.world.exchange.lans.map(({ latencyNs }) => latencyNs));
  }

  get leastTicks(): number {
    const { world, host } = this;
    return world.isApart ? Math.ceil(world.exchange.longNs / world.hosts[host]!.lab.periodNs) : 0;
  }

  come(what: Come): void {
    this.world.come(this.host, what);
  }

  fetch(): Promise<void> {
    return this.world.fetch();
  }
}
