/**
 * What varies on a real machine and is no input: how late a timer fires, which of two vcpus that are ready goes first, how long a
 * frame or a disk takes. All of it is drawn here, and only where somebody asks for it by a seed.
 *
 * Each time that something might be otherwise is a *decision* with a name: where it is, what varies, and the how manieth time
 * of that it is (`host: disk delay 12`). What is decided is a function of the seed and of that name alone. Most decisions are
 * neutral: what happens is what happens without a seed. A run is described by those that were not (`taken`); `only` makes all
 * others neutral, so that a run can be made again with fewer of them.
 *
 * A seed decides for each kind, too, how often it varies, if ever: seeds that leave much alone find what others hide (Groce and
 * others, Swarm Testing, ISSTA 2012).
 */
import { seedOf } from './seed.ts';

const SELDOM_TO_OFTEN = [0, 1 / 64, 1 / 8, 1 / 2] as const;
const NEVER_TO_SELDOM = [0, 0, 1 / 256, 1 / 32] as const;

/** What may vary, and which shares of its decisions a seed chooses from. */
const RATES = {
  /** How much later than it was set to a timer fires, or a slice ends. */
  'timer slack': SELDOM_TO_OFTEN,
  /** How long it takes until who waits for an event is woken. */
  'wake delay': SELDOM_TO_OFTEN,
  /** Before how many of those that wait with the same right a vcpu goes that has become ready. */
  'vcpu order': SELDOM_TO_OFTEN,
  /** How long a physical processor's turn is: how fast processors are, beside each other. */
  'turn length': SELDOM_TO_OFTEN,
  /** How much longer a frame takes; others pass it meanwhile. */
  'frame delay': SELDOM_TO_OFTEN,
  /** Whether a frame is lost. */
  'frame loss': NEVER_TO_SELDOM,
  /** How long a disk takes for a request; others pass it meanwhile. */
  'disk delay': SELDOM_TO_OFTEN,
} as const;

export type Kind = keyof typeof RATES;

/** Numbers are drawn from all orders of magnitude alike: the range is halved up to so many times less one. */
const HALVINGS = 12;
const WHOLE = 0x1_0000_0000;
const GOLDEN = 0x9e37_79b9;

/** How a run is to vary: plain data, part of what a world is made from. */
export interface Vary {
  /** A u32. */
  readonly seed: number;
  /** Names of decisions: all others are neutral. Unless given, all are as they are drawn. */
  readonly only?: readonly string[];
  /** Until then, in ns of system time, nothing varies, and nothing is decided. */
  readonly afterNs?: number;
}

export class Chance {
  private readonly seed: number;
  private readonly place: string;
  private readonly afterNs: number;
  private readonly isKept: (name: string) => boolean;
  /** How many decisions there have been, by kind. */
  private readonly counts: Partial<Record<Kind, number>> = {};
  /** The names of those that were not neutral, in their order. */
  readonly taken: string[] = [];
  /** Told of each of those. */
  onTaken: ((name: string, amount: number) => void) | null = null;
  readonly #seeds = new Map<Kind, number>();

  /** `place`: what its decisions' names begin with. */
  constructor({ seed, only, afterNs = 0 }: Vary, place: string) {
    this.seed = seed;
    this.place = place;
    this.afterNs = afterNs;
    const kept = only === undefined ? null : new Set(only);
    this.isKept = (name) => kept === null || kept.has(name);
  }

  /** A decision, at `nowNs`: 0 where it is neutral, else from 1 to `most` (0 or more), small numbers more often than great ones. */
  draw(kind: Kind, most: number, nowNs: number): number {
    if (most < 1 || nowNs < this.afterNs) return 0;
    const ordinal = (this.counts[kind] ?? 0) + 1;
    this.counts[kind] = ordinal;
    const seed = this.seedFor(kind);
    const rates = RATES[kind];
    const first = mix(seed ^ Math.imul(ordinal, GOLDEN));
    if (first / WHOLE >= rates[seed % rates.length]!) return 0;
    const name = `${this.place}: ${kind} ${String(ordinal)}`;
    if (!this.isKept(name)) return 0;
    this.taken.push(name);
    const second = mix(first ^ GOLDEN);
    const range = Math.max(1, most / 2 ** (second % HALVINGS));
    const amount = 1 + Math.floor((mix(second ^ GOLDEN) / WHOLE) * range);
    this.onTaken?.(name, amount);
    return amount;
  }

  private seedFor(kind: Kind): number {
    const known = this.#seeds.get(kind);
    if (known !== undefined) return known;
    const made = mix(seedOf(this.seed, `${this.place}: ${kind}`));
    this.#seeds.set(kind, made);
    return made;
  }
}

/** Of a u32 another one, each bit of which depends on all of it (the finalizer of MurmurHash3, Appleby). */
function mix(value: number): number {
  let x = value;
  x = Math.imul(x ^ (x >>> 16), 0x85eb_ca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2_ae35);
  return (x ^ (x >>> 16)) >>> 0;
}
