/** What comes into a world from outside, and when: with its description and its images, all that a run is a function of. */
import type { LanFault } from '../../../devices/lan/lan.ts';
import type { Fault } from '../faults.ts';

/** What comes to a host: keys that are typed on its console, or a fault. */
export interface Come {
  /** None, where something is broken. */
  readonly keys: Uint8Array;
  readonly fault?: Fault;
}

export interface Input extends Come {
  readonly host: number;
  /** By the host's clock: it comes before the first instruction behind that. */
  readonly ticks: number;
}

/** What is broken of a LAN: of the frames that cross its switch behind that time. */
export interface LanInput {
  readonly lan: number;
  readonly atNs: number;
  readonly fault: LanFault;
}

/** What a log has. */
export interface Logged {
  readonly of: readonly (readonly Input[])[];
  readonly lans: readonly LanInput[];
}

/** The inputs of a run, and which of them have come. */
export class InputLog {
  /** Each host's, in the order of their instants. */
  private readonly of: Input[][];
  /** In the order of their times. */
  private readonly lans: LanInput[] = [];
  /** How many of its inputs have come: by host, and behind them of LANs. */
  come: readonly number[];

  constructor(hosts: number) {
    this.of = Array.from({ length: hosts }, () => []);
    this.come = [...this.of, this.lans].map(() => 0);
  }

  /** All that come to hosts, host by host. */
  get all(): readonly Input[] {
    return this.of.flat();
  }

  get allOfLans(): readonly LanInput[] {
    return this.lans;
  }

  /** Whether one of `all` has come. */
  hasCome(input: Input): boolean {
    return this.of[input.host]!.indexOf(input) < this.come[input.host]!;
  }

  /** When a host's next input comes, in its ticks; Infinity: it has none. */
  dueTicks(host: number): number {
    return this.of[host]![this.come[host]!]?.ticks ?? Infinity;
  }

  /** What is still to come for a host by an instant. */
  dueBy(host: number, ticks: number): readonly Input[] {
    return this.of[host]!.slice(this.come[host]!).filter((input) => input.ticks <= ticks);
  }

  /** The next one of LANs; undefined: there is none. */
  get nextOfLans(): LanInput | undefined {
    return this.lans[this.come.at(-1)!];
  }

  /** A host has taken so many of them. */
  took(host: number, count: number): void {
    this.come = this.come.map((come, each) => (each === host ? come + count : come));
  }

  /** LANs have taken the next one. */
  tookOfLans(): void {
    this.took(this.of.length, 1);
  }

  /** The last one that has come for a host. */
  last(host: number): Input | undefined {
    return this.of[host]![this.come[host]! - 1];
  }

  /** One more. Of a host's, none comes later than it does. */
  add(input: Input): void {
    this.of[input.host]!.push(input);
  }

  addOfLans(input: LanInput): void {
    this.lans.push(input);
  }

  /** All that has come of another run, up to where this one begins, has come. */
  hasHad(other: InputLog): void {
    for (const [host, inputs] of other.of.entries())
      this.of[host]!.push(...inputs.slice(0, other.come[host]));
    this.lans.push(...other.lans.slice(0, other.come.at(-1)));
    this.come = other.come;
  }

  /** What has not come never does. */
  dropRest(): void {
    for (const [lane, inputs] of [...this.of, this.lans].entries()) inputs.splice(this.come[lane]!);
  }

  /** Whether anything is still to come. */
  get hasRest(): boolean {
    return [...this.of, this.lans].some((inputs, lane) => inputs.length > this.come[lane]!);
  }

  /** All that is logged, to be put back. */
  logged(): Logged {
    return { of: this.of.map((inputs) => [...inputs]), lans: [...this.lans] };
  }

  /** Another run's log takes the place of this one's, which is the same as far as it has come. */
  replace({ of, lans }: Logged): void {
    for (const [host, inputs] of this.of.entries()) inputs.splice(0, Infinity, ...of[host]!);
    this.lans.splice(0, Infinity, ...lans);
  }

  clear(): void {
    for (const inputs of [...this.of, this.lans]) inputs.splice(0);
    this.come = this.come.map(() => 0);
  }
}
