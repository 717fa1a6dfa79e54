/**
 * Migrations that are cut: a domain is sent from A to B again and again from the same instant, and each time something is broken at
 * an instant of it. Afterwards exactly one copy is to run; by post-copy, once B has it, one or none: then both hosts say that it is lost.
 * C has no domains: where B has crashed, it takes B's place some time later, with B's address and nothing of what B had, as a host that
 * is up again.
 */
import type { Random } from '../../../devices/random.ts';
import { Migrations, POST_COPY } from '../migration.ts';
import type { Stage } from '../migration.ts';
import type { SavedWorld } from '../snapshot/format.ts';
import { Consoles, mote, moteWorld, PROMPT } from './testing.ts';
import type { World } from './world.ts';

const [A, B, C] = [0, 1, 2];
/** A line of `ps` with a process of xend's. */
const XEND = /^ *(\d+).*\bxend$/gm;
const SECOND = 1e9;
const B_ADDRESS = '10.0.0.101';
/** Of `xm migrate`, by how it goes. */
const SWITCHES = { live: '--live --resource=80 --max-left=0', 'post-copy': '--postcopy --resource=80' };
export type Way = keyof typeof SWITCHES;
const WAYS = Object.keys(SWITCHES) as Way[];
/** What a migration prints when it is over. */
const OVER = /(^|\n)over\n/;
/** What is in xend's log of who had sent a domain that is lost, and of who had taken it in. */
const LOST: Readonly<Record<number, string>> = {
  [A]: 'the domain is lost: it ran there',
  [B]: 'mote is lost: it runs here',
};
/** In which stage somebody is surely at it on both sides. */
const WORKING: Readonly<Record<Way, Stage>> = { live: 'iterative pre-copy', 'post-copy': POST_COPY };
/** How far apart one looks at one that is not cut, and how long after it is over it is still cut. */
const LOOK_FINE_NS = 0.005 * SECOND;
const AFTER_NS = 0.1 * SECOND;
/** How far apart one looks afterwards, and for how long at most: longer than anybody waits for anything. */
const LOOK_NS = 5 * SECOND;
const LOOKS = 80;

export const KINDS = [
  'LAN cut',
  'frames lost',
  'A crashes',
  'B crashes',
  'sender killed',
  'receiver killed',
  'xend of A killed',
  'xend of B killed',
  'xend of A and sender killed',
  'xend of B and receiver killed',
  'memory of B taken',
] as const;
export type CutKind = (typeof KINDS)[number];

/** Where one is cut. */
export interface Place {
  readonly way: Way;
  readonly stage: Stage;
  /** Which round, within pre-copy; 0: another stage. */
  readonly round: number;
}

interface Span extends Place {
  readonly fromNs: number;
  readonly toNs: number;
  /** The world at its beginning. */
  readonly here: SavedWorld;
  readonly course: Course;
}

/** What came of one. */
export interface Outcome extends Place {
  readonly kind: CutKind;
  readonly atNs: number;
  /** How many run, and how many are there and do not, on A, B, C. */
  readonly copies: string;
  readonly verdict: 'one copy' | 'gone with its host' | 'lost, and said so' | 'WRONG';
}

interface Copies {
  readonly running: number;
  readonly still: number;
  /** Of those that run: not all of its pages have come. */
  readonly inHalves: number;
}

/** When, after it was asked for, what begins: in ns. */
interface Course {
  readonly way: Way;
  /** Processes of xend that are at it, on A and on B. */
  sender: string;
  receiver: string;
  readonly stages: ReadonlyMap<Stage, number>;
  /** Ends of the rounds. */
  readonly rounds: readonly number[];
  /** When B has heard that the domain is its own. */
  readonly oursNs: number;
  /** Some time after A has said that it is over. */
  readonly endNs: number;
}

export class Cuts {
  private readonly world: World;
  private readonly consoles: Consoles;
  private readonly spans: Span[] = [];
  /** Processes of xend's own, by host. */
  private readonly xend: string[] = [];
  /** The domain's UUID. */
  private handle: readonly number[] = [];

  private constructor(world: World) {
    this.world = world;
    this.consoles = new Consoles(world);
  }

  static async make(): Promise<Cuts> {
    const small = { hostMb: 64, memoryMb: 40 };
    const hosts = [mote('A', small), mote('B', small), mote('C', small)];
    const cuts = new Cuts(await moteWorld({ hosts }));
    cuts.prepare();
    return cuts;
  }

  private run(host: number, command: string): string {
    return this.consoles.run(host, command);
  }

  private prepare(): void {
    for (const host of [A, B, C]) this.consoles.until(host, PROMPT);
    for (const host of [B, C]) this.consoles.letIn(host);
    for (const host of [A, B, C]) this.xend.push(this.pidsOf(host)[0]!);
    this.run(A, "echo 'memory = 10' >> /etc/xen/mote; xm create mote");
    this.handle = [...this.world.hosts[A]!.lab.hypervisor.domains.get(1)!.handle];
    // What is left then is too little for the other, and the other way round.
    this.run(
      B,
      `echo 'memory = 24' >> /etc/xen/mote; echo 'name = "filler"' >> /etc/xen/mote; mv /etc/xen/mote /etc/xen/filler`,
    );
    for (const way of WAYS)
      this.run(A, `echo 'xm migrate ${SWITCHES[way]} mote ${B_ADDRESS}; echo over' > /${way}`);
    this.consoles.inside(A, 'mote', 'thrash 1 > /dev/null &');
    const here = this.world.save();
    for (const way of WAYS) this.look(here, way);
  }

  private pidsOf(host: number): string[] {
    return [...this.run(host, 'ps').matchAll(XEND)].map(([, pid]) => pid!);
  }

  /** One that is not cut, to see when what happens; and one in which it is asked who is at it. */
  private look(here: SavedWorld, way: Way): void {
    const { world, consoles } = this;
    const seen = [A, B].map((host) => new Migrations(world.hosts[host]!.lab.periodNs));
    for (const [host, each] of seen.entries()) world.hosts[host]!.lab.hypervisor.trace.add(each);
    this.begin(here, way);
    const startNs = world.ns;
    while (!OVER.test(consoles.screens[A]!) && world.ns < startNs + 10 * SECOND)
      consoles.to(world.ns + LOOK_FINE_NS);
    const endNs = world.ns - startNs + AFTER_NS;
    const [out, into] = seen.map(({ all }) => all[0]);
    const stages = new Map(out!.stages.map(({ stage, atNs }) => [stage, atNs - startNs]));
    if (!stages.has('activation')) throw new Error(`it does not migrate: ${consoles.screens[A]!}`);
    let ns = stages.get('iterative pre-copy') ?? 0;
    const rounds = out!.rounds.filter(({ isLast }) => !isLast).map((round) => (ns += round.ns));
    const oursNs = into!.stages.find(({ stage }) => stage === 'commitment')!.atNs - startNs;
    for (const [host, each] of seen.entries()) world.hosts[host]!.lab.hypervisor.trace.remove(each);
    this.begin(here, way);
    const course = { way, stages, rounds, oursNs, endNs, sender: '', receiver: '' };
    this.keepSpans(startNs, course);
    world.goTo(this.spans.findLast(({ stage }) => stage === WORKING[way])!.here);
    [course.sender, course.receiver] = [this.workerOf(A), this.workerOf(B)];
  }

  private begin(here: SavedWorld, way: Way): void {
    this.world.goTo(here);
    this.consoles.type(A, `sh /${way} &\r`);
  }

  /** Who is at it, beside xend itself. */
  private workerOf(host: number): string {
    // What stands on its screen is of before: its prompt, too.
    this.consoles.type(host, 'ps; echo se""en\r');
    this.consoles.until(host, /\nseen\r?\n/);
    const pids = [...this.consoles.screens[host]!.matchAll(XEND)].map(([, pid]) => pid!);
    const worker = pids.find((pid) => pid !== this.xend[host]);
    if (worker === undefined) throw new Error(`nobody is at it: ${this.consoles.screens[host]!}`);
    return worker;
  }

  /** Of the courses without a cut, for people. */
  get coursesText(): string {
    const ms = (ns: number): string => `${(ns / 1e6).toFixed(0)} ms`;
    const courses = [...new Set(this.spans.map(({ course }) => course))];
    return courses
      .map(
        ({ way, stages, rounds, endNs }) =>
          `${way}: ${[...stages].map(([stage, ns]) => `${stage} ${ms(ns)}`).join(', ')}; ` +
          `rounds end at ${rounds.map(ms).join(', ')}; looked at until ${ms(endNs)}`,
      )
      .join('\n');
  }

  /** Cuts one, somewhere within a place, or one of them, each as likely as the other. */
  cut(random: Random, kind: CutKind, place?: Place): Outcome {
    const { world, consoles } = this;
    const span = this.spanOf(random, place);
    const { fromNs, toNs, here } = span;
    const atNs = Math.floor(fromNs + random.share() * (toNs - fromNs));
    world.goTo(here);
    consoles.screens[A] = '';
    consoles.to(world.ns + atNs - fromNs);
    const repair = this.inflict(random, kind, span.course);
    repair();
    let copies = this.copies();
    let wasTwo = false;
    for (let look = 0; look < LOOKS; look++) {
      consoles.to(world.ns + LOOK_NS);
      copies = this.copies();
      wasTwo ||= sum(copies).running > 1;
      // Nobody is at it any more.
      const isOver = world.hosts[A]!.progress.isOff || OVER.test(consoles.screens[A]!);
      if (isOver && isOne(copies)) break;
    }
    const verdict = wasTwo ? 'WRONG' : this.verdict(kind, atNs, span.course, copies);
    const { way, stage, round } = span;
    return { kind, way, stage, round, atNs, copies: copiesText(copies), verdict };
  }

  /** Goes to each span's beginning, and keeps what is there. */
  private keepSpans(startNs: number, course: Course): void {
    const { way, stages, rounds, endNs } = course;
    const add = (stage: Stage, round: number, fromNs: number, toNs: number): void => {
      this.consoles.to(startNs + fromNs);
      this.spans.push({ way, stage, round, fromNs, toNs, here: this.world.save(), course });
    };
    const all = [...stages];
    for (const [index, [stage, fromNs]] of all.entries()) {
      const toNs = all[index + 1]?.[1] ?? endNs;
      if (stage !== 'iterative pre-copy') add(stage, 0, fromNs, toNs);
      else for (const [n, end] of rounds.entries()) add(stage, n + 1, n === 0 ? fromNs : rounds[n - 1]!, end);
    }
  }

  private spanOf(random: Random, wanted: Place | undefined): Span {
    const chosen = this.spans[below(random, this.spans.length)]!;
    if (wanted === undefined) return chosen;
    return this.spans.find(
      ({ way, stage, round }) => way === wanted.way && stage === wanted.stage && round === wanted.round,
    )!;
  }

  /** Breaks something; what mends it, after some time, as somebody would. */
  private inflict(random: Random, kind: CutKind, { sender, receiver }: Course): () => void {
    const { world } = this;
    const seconds = 1 + below(random, kind === 'LAN cut' ? 150 : 20);
    const later = (work: () => void) => () => {
      this.consoles.to(world.ns + seconds * SECOND);
      work();
    };
    const nothing = (): void => undefined;
    const shell = (host: number, command: string): (() => void) => {
      this.consoles.type(host, `${command}\r`);
      return nothing;
    };
    const again = `sleep ${String(seconds)}; xend`;
    switch (kind) {
      case 'LAN cut':
        world.injectLan(0, { kind: 'lose frames', share: 1 });
        return later(() => {
          world.injectLan(0, { kind: 'lose frames', share: 0 });
        });
      case 'frames lost':
        world.injectLan(0, { kind: 'drop frames', count: 1 + below(random, 20) });
        return nothing;
      case 'A crashes':
        world.inject(A, { kind: 'crash domain', domain: 0, message: 'cut' });
        return nothing;
      case 'B crashes':
        world.inject(B, { kind: 'crash domain', domain: 0, message: 'cut' });
        return later(() => {
          this.consoles.type(C, `ifconfig xenbr0 ${B_ADDRESS} netmask 255.255.255.0\r`);
        });
      case 'sender killed':
        return shell(A, `kill -9 ${sender}`);
      case 'receiver killed':
        return shell(B, `kill -9 ${receiver}`);
      case 'xend of A killed':
        return shell(A, `kill -9 ${this.xend[A]!}; ${again}`);
      case 'xend of B killed':
        return shell(B, `kill -9 ${this.xend[B]!}; ${again}`);
      case 'xend of A and sender killed':
        return shell(A, `kill -9 ${this.xend[A]!} ${sender}; ${again}`);
      case 'xend of B and receiver killed':
        return shell(B, `kill -9 ${this.xend[B]!} ${receiver}; ${again}`);
      case 'memory of B taken':
        return shell(B, 'xm create filler');
    }
  }

  private copies(): Copies[] {
    return this.world.hosts.map(({ lab, progress }) => {
      if (progress.isOff) return { running: 0, still: 0, inHalves: 0 };
      const guests = [...lab.hypervisor.domains.values()].filter(({ handle }) =>
        this.handle.every((byte, at) => handle[at] === byte),
      );
      const running = guests.filter(({ shutdown, pauseCount }) => shutdown === null && pauseCount === 0);
      const inHalves = running.filter(({ paged }) => paged !== null).length;
      return { running: running.length, still: guests.length - running.length, inHalves };
    });
  }

  private verdict(
    kind: CutKind,
    atNs: number,
    course: Course,
    copies: readonly Copies[],
  ): Outcome['verdict'] {
    if (isOne(copies)) return 'one copy';
    const { running, still } = sum(copies);
    if (running > 0 || still > 0) return 'WRONG';
    const { way, oursNs, stages, endNs } = course;
    // It goes down with the host that had it: A, until B has heard that it is its own; B, once A knows that all of it is there.
    const goneFromB = way === 'live' ? stages.get('activation')! : endNs - AFTER_NS;
    if (kind === 'A crashes' && atNs <= oursNs) return 'gone with its host';
    if (kind === 'B crashes' && atNs >= goneFromB) return 'gone with its host';
    // In two halves only from when A has given it away: whoever of both is there says so.
    const isInHalves = way === 'post-copy' && atNs >= stages.get('commitment')!;
    return isInHalves && this.sayLost() ? 'lost, and said so' : 'WRONG';
  }

  private sayLost(): boolean {
    return [A, B]
      .filter((host) => !this.world.hosts[host]!.progress.isOff)
      .every((host) => this.ask(host, 'tail -n 5 /var/log/xen/xend.log').includes(LOST[host]!));
  }

  /** What the hosts have to say, where something went wrong. */
  report(): string {
    return [A, B, C]
      .filter((host) => !this.world.hosts[host]!.progress.isOff)
      .map((host) => this.ask(host, 'xm list; xenstore-ls /tool; tail -n 20 /var/log/xen/xend.log'))
      .join('\n');
  }

  /** What a command prints on a host on which something else may print meanwhile. */
  private ask(host: number, command: string): string {
    this.consoles.type(host, `${command}; echo do""ne\r`);
    this.consoles.until(host, /\ndone\r?\n/);
    return this.consoles.screens[host]!;
  }
}

function sum(copies: readonly Copies[]): Copies {
  const of = (field: keyof Copies): number => copies.reduce((all, each) => all + each[field], 0);
  return { running: of('running'), still: of('still'), inHalves: of('inHalves') };
}

/** Whether exactly one runs, whole. */
function isOne(copies: readonly Copies[]): boolean {
  const { running, still, inHalves } = sum(copies);
  return running === 1 && still === 0 && inHalves === 0;
}

function copiesText(copies: readonly Copies[]): string {
  return copies
    .map(({ running, still }, host) => `${'ABC'[host]!} ${String(running)}+${String(still)}`)
    .join(', ');
}

function below(random: Random, limit: number): number {
  return Math.floor(random.share() * limit);
}
