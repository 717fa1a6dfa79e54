/**
 * Migrations that are cut: a domain is sent from A to B again and again from the same instant, and each time something is broken at
 * an instant of it. Afterwards exactly one copy is to run. C has no domains: where B has crashed, it takes B's place some time later, with B's
 * address and nothing of what B had, as a host that is up again.
 */
import type { Random } from '../../../devices/random.ts';
import { STAGES } from '../migration.ts';
import type { Stage } from '../migration.ts';
import type { SavedWorld } from '../snapshot/format.ts';
import { Consoles, mote, moteWorld } from './testing.ts';
import type { World } from './world.ts';

const [A, B, C] = [0, 1, 2];
/** A line of `ps` with a process of xend's. */
const XEND = /^ *(\d+).*\bxend$/gm;
const PROMPT = /(^|\n)\/ \$ $/;
const SECOND = 1e9;
const B_ADDRESS = '10.0.0.101';
const MIGRATE = 'sh /migrate &';
const SCRIPT = `xm migrate --live --resource=80 --max-left=0 mote ${B_ADDRESS}; echo over`;
/** What that prints when it is. */
const OVER = /(^|\n)over\n/;
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
  readonly stage: Stage;
  /** Which round, within pre-copy; 0: another stage. */
  readonly round: number;
}

interface Span extends Place {
  readonly fromNs: number;
  readonly toNs: number;
  /** The world at its beginning. */
  readonly here: SavedWorld;
}

/** What came of one. */
export interface Outcome extends Place {
  readonly kind: CutKind;
  readonly atNs: number;
  /** How many run, and how many are there and do not, on A, B, C. */
  readonly copies: string;
  readonly verdict: 'one copy' | 'gone with its host' | 'WRONG';
}

interface Copies {
  readonly running: number;
  readonly still: number;
}

/** When, after it was asked for, what begins: in ns. */
interface Course {
  readonly stages: ReadonlyMap<Stage, number>;
  /** Ends of the rounds. */
  readonly rounds: readonly number[];
  /** When B has heard that the domain is its own. */
  readonly oursNs: number;
  readonly endNs: number;
}

export class Cuts {
  private readonly world: World;
  private readonly consoles: Consoles;
  private readonly spans: Span[] = [];
  private course!: Course;
  /** Processes of xend: its own, by host, and those at the migration. */
  private readonly xend: string[] = [];
  private sender = '';
  /** The domain's UUID. */
  private handle: readonly number[] = [];
  private receiver = '';

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
    for (const line of ['(xend-relocation-server yes)', "(xend-relocation-hosts-allow '')"])
      for (const host of [B, C]) this.run(host, `echo "${line}" >> /etc/xen/xend-config.sxp`);
    for (const host of [B, C]) this.run(host, 'xend restart');
    for (const host of [A, B, C]) this.xend.push(this.pidsOf(host)[0]!);
    this.run(A, "echo 'memory = 10' >> /etc/xen/mote; xm create mote");
    this.handle = [...this.world.hosts[A]!.lab.hypervisor.domains.get(1)!.handle];
    // What is left then is too little for the other, and the other way round.
    this.run(
      B,
      `echo 'memory = 24' >> /etc/xen/mote; echo 'name = "filler"' >> /etc/xen/mote; mv /etc/xen/mote /etc/xen/filler`,
    );
    this.run(A, `echo '${SCRIPT}' > /migrate`);
    this.consoles.type(A, 'xm console mote\recho here\r');
    this.consoles.until(A, /\nhere\r?\n\/ \$ $/);
    this.run(A, 'thrash 1 > /dev/null &');
    this.consoles.type(A, '\x1d');
    this.consoles.until(A, PROMPT);
    this.look(this.world.save());
  }

  private pidsOf(host: number): string[] {
    return [...this.run(host, 'ps').matchAll(XEND)].map(([, pid]) => pid!);
  }

  /** One that is not cut, to see when what happens; and one in which it is asked who is at it. */
  private look(here: SavedWorld): void {
    const { world } = this;
    for (const { lab } of world.hosts) lab.witness.watch();
    const startNs = world.ns;
    this.consoles.type(A, `${MIGRATE}\r`);
    this.consoles.to(startNs + 10 * SECOND);
    const [out, into] = [A, B].map((host) => world.hosts[host]!.lab.witness.migrations.all.at(-1)!);
    const stages = new Map(out!.stages.map(({ stage, atNs }) => [stage, atNs - startNs]));
    if (stages.size !== STAGES.length) throw new Error(`it does not migrate: ${this.consoles.screens[A]!}`);
    const firstNs = stages.get('iterative pre-copy')!;
    let ns = firstNs;
    const rounds = out!.rounds.filter(({ isLast }) => !isLast).map((round) => (ns += round.ns));
    const oursNs = into!.stages.find(({ stage }) => stage === 'commitment')!.atNs - startNs;
    this.course = { stages, rounds, oursNs, endNs: stages.get('activation')! + 0.1 * SECOND };
    world.goTo(here);
    this.consoles.type(A, `${MIGRATE}\r`);
    this.keepSpans(startNs);
    world.goTo(this.spans.find(({ round }) => round === 1)!.here);
    [this.sender, this.receiver] = [this.workerOf(A), this.workerOf(B)];
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

  /** Of the course without a cut, for people. */
  get courseText(): string {
    const { stages, rounds } = this.course;
    const ms = (ns: number): string => `${(ns / 1e6).toFixed(0)} ms`;
    return (
      [...stages].map(([stage, ns]) => `${stage} ${ms(ns)}`).join(', ') +
      `; rounds end at ${rounds.map(ms).join(', ')}`
    );
  }

  /** Cuts one, somewhere within a place, or one of them, each as likely as the other. */
  cut(random: Random, kind: CutKind, place?: Place): Outcome {
    const { world } = this;
    const { stage, round, fromNs, toNs, here } = this.spanOf(random, place);
    const atNs = Math.floor(fromNs + random.share() * (toNs - fromNs));
    world.goTo(here);
    this.consoles.screens[A] = '';
    this.consoles.to(world.ns + atNs - fromNs);
    const repair = this.inflict(random, kind);
    repair();
    let copies = this.copies();
    let wasTwo = false;
    for (let look = 0; look < LOOKS; look++) {
      this.consoles.to(world.ns + LOOK_NS);
      copies = this.copies();
      const running = copies.reduce((sum, each) => sum + each.running, 0);
      const still = copies.reduce((sum, each) => sum + each.still, 0);
      wasTwo ||= running > 1;
      // Nobody is at it any more.
      const isOver = world.hosts[A]!.progress.isOff || OVER.test(this.consoles.screens[A]!);
      if (isOver && running === 1 && still === 0) break;
    }
    const verdict = wasTwo ? 'WRONG' : this.verdict(kind, atNs, copies);
    return { kind, stage, round, atNs, copies: copiesText(copies), verdict };
  }

  /** Goes to each span's beginning, and keeps what is there. */
  private keepSpans(startNs: number): void {
    const { stages, rounds, endNs } = this.course;
    const add = (stage: Stage, round: number, fromNs: number, toNs: number): void => {
      this.consoles.to(startNs + fromNs);
      this.spans.push({ stage, round, fromNs, toNs, here: this.world.save() });
    };
    for (const [index, stage] of STAGES.entries()) {
      const fromNs = stages.get(stage)!;
      const toNs = index + 1 < STAGES.length ? stages.get(STAGES[index + 1]!)! : endNs;
      if (stage !== 'iterative pre-copy') add(stage, 0, fromNs, toNs);
      else for (const [n, end] of rounds.entries()) add(stage, n + 1, n === 0 ? fromNs : rounds[n - 1]!, end);
    }
  }

  private spanOf(random: Random, wanted: Place | undefined): Span {
    const chosen = this.spans[below(random, this.spans.length)]!;
    if (wanted === undefined) return chosen;
    return this.spans.find(({ stage, round }) => stage === wanted.stage && round === wanted.round)!;
  }

  /** Breaks something; what mends it, after some time, as somebody would. */
  private inflict(random: Random, kind: CutKind): () => void {
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
        return shell(A, `kill -9 ${this.sender}`);
      case 'receiver killed':
        return shell(B, `kill -9 ${this.receiver}`);
      case 'xend of A killed':
        return shell(A, `kill -9 ${this.xend[A]!}; ${again}`);
      case 'xend of B killed':
        return shell(B, `kill -9 ${this.xend[B]!}; ${again}`);
      case 'xend of A and sender killed':
        return shell(A, `kill -9 ${this.xend[A]!} ${this.sender}; ${again}`);
      case 'xend of B and receiver killed':
        return shell(B, `kill -9 ${this.xend[B]!} ${this.receiver}; ${again}`);
      case 'memory of B taken':
        return shell(B, 'xm create filler');
    }
  }

  private copies(): Copies[] {
    return this.world.hosts.map(({ lab, progress }) => {
      if (progress.isOff) return { running: 0, still: 0 };
      const guests = [...lab.hypervisor.domains.values()].filter(({ handle }) =>
        this.handle.every((byte, at) => handle[at] === byte),
      );
      const running = guests.filter(
        ({ shutdown, pauseCount }) => shutdown === null && pauseCount === 0,
      ).length;
      return { running, still: guests.length - running };
    });
  }

  private verdict(kind: CutKind, atNs: number, copies: readonly Copies[]): Outcome['verdict'] {
    const running = copies.reduce((sum, each) => sum + each.running, 0);
    const still = copies.reduce((sum, each) => sum + each.still, 0);
    if (running === 1 && still === 0) return 'one copy';
    // It goes down with the host that had it: A, until B has heard that it is its own; B, once A knows that it runs there.
    const wentDown =
      (kind === 'A crashes' && atNs <= this.course.oursNs) ||
      (kind === 'B crashes' && atNs >= this.course.stages.get('activation')!);
    return running === 0 && still === 0 && wentDown ? 'gone with its host' : 'WRONG';
  }

  /** What the hosts have to say, where something went wrong. */
  report(): string {
    return [A, B, C]
      .filter((host) => !this.world.hosts[host]!.progress.isOff)
      .map((host) => {
        this.consoles.type(
          host,
          'xm list; xenstore-ls /tool; tail -n 20 /var/log/xen/xend.log; echo do""ne\r',
        );
        this.consoles.until(host, /\ndone\r?\n/);
        return this.consoles.screens[host]!;
      })
      .join('\n');
  }
}

function copiesText(copies: readonly Copies[]): string {
  return copies
    .map(({ running, still }, host) => `${'ABC'[host]!} ${String(running)}+${String(still)}`)
    .join(', ');
}

function below(random: Random, limit: number): number {
  return Math.floor(random.share() * limit);
}
