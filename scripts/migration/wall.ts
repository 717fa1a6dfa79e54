/**
 * How long a migration takes here, where nobody watches: both hosts in one thread, or each in one of its own, as `xenoscope boot --hosts`
 * does it; and what it takes of processors, which a busy machine changes less. Hosts that send to each other all the time take turns
 * within the LAN's latency: two threads are no faster then where two processors do little more together than one.
 */
import { loadCore } from '../../ui/lab/core-node.ts';
import { startNodeThread } from '../../ui/lab/world/node-threads.ts';
import { ThreadedWorld } from '../../ui/lab/world/threaded-world.ts';
import { mote, moteFiles } from '../../ui/lab/world/testing.ts';
import { World } from '../../ui/lab/world/world.ts';

const PROMPT = /(^|\n)\/ \$ $/;
const PATIENCE_NS = 60e9;
const REST_MB = 72;
const DOM0_MB = 48;
const [FROM, TO] = [0, 1];
const OPEN = ['(xend-relocation-server yes)', "(xend-relocation-hosts-allow '')"];

interface Cost {
  readonly wallSeconds: number;
  /** Of all threads. */
  readonly processorSeconds: number;
}

/** Of Mote with so much memory, live. */
export async function wallCost(memoryMb: number, threads: 1 | 2): Promise<Cost> {
  const hosts = ['A', 'B'].map((name) => mote(name, { hostMb: memoryMb + REST_MB, memoryMb: DOM0_MB }));
  const lans = [{ name: 'lan', megabitsPerSecond: 1000 }];
  const files = await moteFiles();
  const world =
    threads === 1
      ? await World.make(loadCore(), { hosts, lans }, files)
      : await ThreadedWorld.make(loadCore(), { hosts, lans }, files, startNodeThread);
  try {
    const until = async (host: number, pattern: RegExp): Promise<void> => {
      const stop = await world.run({ text: { host, pattern }, ns: world.ns + PATIENCE_NS });
      if (stop?.kind !== 'host') throw new Error(`host ${String(host)} does not print ${String(pattern)}`);
    };
    const type = async (host: number, line: string, pattern = /\n\/ \$ $/): Promise<void> => {
      world.type(host, new TextEncoder().encode(`${line}\r`));
      await until(host, pattern);
    };
    for (const host of [FROM, TO]) await until(host, PROMPT);
    for (const line of OPEN) await type(TO, `echo "${line}" >> /etc/xen/xend-config.sxp`);
    await type(TO, 'xend restart');
    await type(FROM, `xm create mote memory=${String(memoryMb)}; sleep 1`);
    const [before, usedBefore] = [performance.now(), process.cpuUsage()];
    await type(FROM, 'xm migrate --live mote 10.0.0.101', /Sent \d+ KiB/);
    const { user, system } = process.cpuUsage(usedBefore);
    return { wallSeconds: (performance.now() - before) / 1000, processorSeconds: (user + system) / 1e6 };
  } finally {
    if (world instanceof ThreadedWorld) world.close();
  }
}
