/** How a scenario's run goes on: of a host that is alone, or of one of a world's. Time-outs are in guest time. */
import type { Fault } from '../faults.ts';
import type { Lab } from '../lab.ts';
import type { World } from '../world/world.ts';
import type { WorldStop } from '../world/turns.ts';

/** What a run is to go on for; whichever comes first. */
export interface Wait {
  /** The console prints this. */
  readonly text?: RegExp;
  /** Asked whenever the run pauses. */
  readonly isOver: () => boolean;
  /** How often it pauses to be asked, in ns of guest time, besides where a stop was requested. */
  readonly everyNs: number;
  /** The clock is there. */
  readonly untilNs: number;
}

export type Outcome =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'over' }
  | { readonly kind: 'time' }
  /** The host's domain, or all of a world's, has shut down: nothing comes any more. */
  | { readonly kind: 'ended' };

export interface Drive {
  /** Guest time: of a world, what every host has reached. */
  readonly ns: number;
  run(wait: Wait): Promise<Outcome>;
  type(keys: Uint8Array): void;
  /** Breaks something of the host, now. Throws FaultImpossible. */
  inject(fault: Fault): void;
}

export class LoneDrive implements Drive {
  private readonly lab: Lab;

  constructor(lab: Lab) {
    this.lab = lab;
  }

  get ns(): number {
    return this.lab.ns;
  }

  async run({ text, isOver, everyNs, untilNs }: Wait): Promise<Outcome> {
    const { lab } = this;
    const until = { ns: untilNs, ...(text === undefined ? {} : { text }) };
    for (;;) {
      const stop = lab.run(until, Math.ceil(everyNs / lab.periodNs));
      if (stop?.kind === 'text') return { kind: 'text', text: stop.text };
      if (isOver()) return { kind: 'over' };
      if (stop?.kind === 'time' || stop?.kind === 'ended') return { kind: stop.kind };
      if (stop?.kind === 'waiting') await lab.fetch();
    }
  }

  type(keys: Uint8Array): void {
    this.lab.type(keys);
  }

  inject(fault: Fault): void {
    this.lab.inject(fault);
  }
}

/** A world's hosts go on together: where one has come to what was waited for, the others are at most a turn ahead. */
export class WorldDrive implements Drive {
  private readonly world: World;
  private readonly host: number;

  constructor(world: World, host: number) {
    this.world = world;
    this.host = host;
  }

  get ns(): number {
    return this.world.ns;
  }

  async run({ text, isOver, everyNs, untilNs }: Wait): Promise<Outcome> {
    const { world, host } = this;
    const until = { ns: untilNs, ...(text === undefined ? {} : { text: { host, pattern: text } }) };
    for (;;) {
      const stop = world.run(until, everyNs);
      const printed = this.textOf(stop);
      if (printed !== undefined) return { kind: 'text', text: printed };
      if (isOver()) return { kind: 'over' };
      if (stop?.kind === 'time' || stop?.kind === 'ended') return { kind: stop.kind };
      if (stop?.kind === 'host') await world.fetch();
    }
  }

  private textOf(stop: WorldStop | undefined): string | undefined {
    if (stop?.kind !== 'host') return undefined;
    const mine = stop.stops.find(({ host }) => host === this.host)?.stop;
    return mine?.kind === 'text' ? mine.text : undefined;
  }

  type(keys: Uint8Array): void {
    this.world.type(this.host, keys);
  }

  inject(fault: Fault): void {
    this.world.inject(this.host, fault);
  }
}
