/**
 * What log-dirty costs a domain that computes and writes little: the same span of a world, from the same instant, with it and without. It
 * is asked as a live migration at full speed asks: what is dirty already for every 64 pages that go, all of it at the end of a round.
 */
import { gatherDirty, startLog } from '../../hypervisor/domain/log-dirty.ts';
import type { Domain } from '../../hypervisor/state/domain.ts';
import type { Hypervisor } from '../../hypervisor/state/hypervisor.ts';
import { RUNSTATE_RUNNING } from '../../hypervisor/state/vcpu.ts';
import { FROM, MS } from './course.ts';
import { hostsWith, inside } from './hosts.ts';
import type { Guest, Hosts } from './hosts.ts';

/** 64 pages on a cable of 1 Gbit/s; of a round of 64 MiB, so many. */
const PEEK_NS = 2 * MS;
const PEEKS_OF_A_ROUND = 250;
/** What is looked at, behind what warms up. */
const STEPS = 300;
const WARM_NS = 300 * MS;
const TIMES = 5;
/** A loop that hashes a file: it reads, and writes what it works with. */
const COMPUTES = 'while true; do sha256sum /bin/sh > /dev/null; done &';

export interface LogDirtyCost {
  /** With it, by without: instructions' time that the domain ran for; exits to the hypervisor; time of the processor here. */
  readonly running: number;
  readonly exits: number;
  readonly processor: number;
  /** Pages that were dirty in a second. */
  readonly dirtied: number;
}

interface Span {
  readonly runningNs: number;
  readonly exits: number;
  readonly processorMs: number;
  readonly dirtied: number;
}

export async function logDirtyCost(guest: Guest): Promise<LogDirtyCost> {
  const hosts = (await hostsWith(guest))!;
  inside(hosts, guest, COMPUTES);
  const here = hosts.world.save();
  const spans: Record<'on' | 'off', Span[]> = { on: [], off: [] };
  // By turns: what else the machine does meets both.
  for (let n = 0; n < 2 * TIMES; n++) {
    hosts.world.goTo(here);
    const which = n % 2 === 0 ? 'off' : 'on';
    spans[which].push(spanOf(hosts, which === 'on'));
  }
  const [on, off] = [best(spans.on), best(spans.off)];
  return {
    running: on.runningNs / off.runningNs,
    exits: on.exits / off.exits,
    processor: on.processorMs / off.processorMs,
    dirtied: (on.dirtied * 1e9) / (STEPS * PEEK_NS),
  };
}

/** The one that was disturbed least; in guest time they are alike. */
function best(spans: readonly Span[]): Span {
  return spans.reduce((one, two) => (two.processorMs < one.processorMs ? two : one));
}

function spanOf({ world, consoles }: Hosts, isLogged: boolean): Span {
  const { hypervisor } = world.hosts[FROM]!.lab;
  const domain = [...hypervisor.domains.values()].at(-1)!;
  consoles.to(world.ns + WARM_NS);
  if (isLogged) startLog(hypervisor, domain);
  const before = { runningNs: runningNs(hypervisor, domain), exits: exitsOf(hypervisor.counts) };
  const used = process.cpuUsage();
  let dirtied = 0;
  for (let step = 1; step <= STEPS; step++) {
    consoles.to(world.ns + PEEK_NS);
    if (!isLogged) continue;
    gatherDirty(hypervisor);
    if (step % PEEKS_OF_A_ROUND !== 0 && step !== STEPS) continue;
    dirtied += domain.dirtyLog!.count;
    domain.dirtyLog!.clean();
  }
  const { user, system } = process.cpuUsage(used);
  const processorMs = (user + system) / 1e3;
  domain.dirtyLog = null;
  return {
    runningNs: runningNs(hypervisor, domain) - before.runningNs,
    exits: exitsOf(hypervisor.counts) - before.exits,
    processorMs,
    dirtied,
  };
}

/** For how long its vcpus have run by now. */
function runningNs(hypervisor: Hypervisor, { vcpus }: Domain): number {
  const now = hypervisor.nowNs();
  return vcpus.reduce(
    (sum, { runstate, runstateNs, runstateSinceNs }) =>
      sum + runstateNs[RUNSTATE_RUNNING]! + (runstate === RUNSTATE_RUNNING ? now - runstateSinceNs : 0),
    0,
  );
}

function exitsOf(counts: {
  readonly hypercalls: ArrayLike<number>;
  readonly pageFaults: number;
  readonly syscalls: number;
  readonly tableWrites: number;
}): number {
  const hypercalls = Array.from(counts.hypercalls).reduce((sum, each) => sum + each, 0);
  return hypercalls + counts.pageFaults + counts.syscalls + counts.tableWrites;
}
