/** A migration in a world, measured: what it sent, how long the domain stood still, what clients on a third host got meanwhile. */
import { Consoles } from '../../ui/lab/world/testing.ts';
import type { MigrationRound } from '../../ui/lab/migration.ts';
import type { World } from '../../ui/lab/world/world.ts';

/** The host that sends, the one that takes, the one with the clients. */
export const [FROM, TO, CLIENTS] = [0, 1, 2];
export const MS = 1e6;
const PAGE_BYTES = 4096;
/** How finely it is looked at what the clients get. */
export const STEP_NS = MS;
/** How long they are looked at before and behind. */
const AROUND_NS = 300 * MS;
const MOST_NS = 120e9;
const PROMPT = /(^|\n)\/ \$ $/;

export interface Course {
  /** From when it was asked for until the sender knew that the domain runs elsewhere, and until the first step behind that. */
  readonly ns: number;
  /** From when the domain had suspended itself until it ran on the other host. */
  readonly downNs: number;
  readonly rounds: readonly MigrationRound[];
  /** That the sender has written, and what that comes to on the cable, with headers and what was sent twice. */
  readonly bytes: number;
  readonly cableBytes: number;
  /** Post-copy: pages that were fetched when the domain reached for them, and that were pushed; null: it is none. */
  readonly later: { readonly fetched: number; readonly pushed: number } | null;
  /** All the pages that the domain has. */
  readonly memoryBytes: number;
  /** Bytes of frames that came to the clients' host, by step; `startStep`: when it was asked for. */
  readonly clientBytes: readonly number[];
  readonly startStep: number;
  /** Wall time of the migration alone, in ms. */
  readonly wallMs: number;
}

/** Sends `name` to the other host, as `xm migrate SWITCHES` does, with what clients do going on. Throws an Error where it stays. */
export function measure(world: World, consoles: Consoles, name: string, switches: string): Course {
  const lab = world.hosts[FROM]!.lab;
  const received = (host: number): number => world.exchange.lans[0]!.ports[portOf(host)]!.receivedBytes;
  const clientBytes: number[] = [];
  const step = (): void => {
    const before = received(CLIENTS);
    consoles.to(world.ns + STEP_NS);
    clientBytes.push(received(CLIENTS) - before);
  };
  const steps = (ns: number): void => {
    for (let done = 0; done < ns; done += STEP_NS) step();
  };
  steps(AROUND_NS);
  const startStep = clientBytes.length;
  const [startNs, startWallMs, startBytes] = [world.ns, performance.now(), received(TO)];
  const id = lab.witness.migrations.all.length;
  const memoryBytes = pagesOf(world, name) * PAGE_BYTES;
  consoles.type(FROM, `xm migrate ${switches} ${name} 10.0.0.101\r`);
  while (!PROMPT.test(consoles.screens[FROM]!)) {
    if (world.ns > startNs + MOST_NS) throw new Error(`it does not end: ${consoles.screens[FROM]!}`);
    step();
  }
  const wallMs = performance.now() - startWallMs;
  const ns = world.ns - startNs;
  const cableBytes = received(TO) - startBytes;
  steps(AROUND_NS);
  const out = lab.witness.migrations.all[id];
  const came = world.hosts[TO]!.lab.witness.migrations.all.at(-1);
  const sent =
    /(\d+) KiB in all/.exec(consoles.screens[FROM]!) ?? /Sent (\d+) KiB/.exec(consoles.screens[FROM]!);
  if (out === undefined || came === undefined || sent === null)
    throw new Error(`it has not gone: ${consoles.screens[FROM]!}`);
  return {
    ...{ ns, cableBytes, memoryBytes, clientBytes, startStep, wallMs },
    later: out.later,
    downNs: came.resumedNs! - out.suspendedNs!,
    rounds: out.rounds,
    bytes: Number(sent[1]) * 1024,
  };
}

/** The gateway is at the first one. */
function portOf(host: number): number {
  return 1 + host;
}

function pagesOf(world: World, name: string): number {
  const { hypervisor, witness } = world.hosts[FROM]!.lab;
  const [id] = [...witness.names].findLast(([, each]) => each === name) ?? [];
  const domain = id === undefined ? undefined : hypervisor.domains.get(id);
  if (domain === undefined) throw new Error(`there is no domain ${name}`);
  return domain.totalPages;
}
