/**
 * `npm run soak:migration -- [cuts] [seed]`: a domain is sent from A to B again and again from the same instant, live or standing
 * still, and each time something is cut at a random instant of it: B crashes, the LAN loses a few frames, or all from then on. Afterwards
 * exactly one copy runs, or none where B had it and is gone, or where the cut came at the very message that gives it away, and
 * then A still has it, suspended, for `xm resume`: never two. Exit status 1: another outcome.
 */
import { dom0Images } from '../guests/toolchain/mote-node.ts';
import { loadCore } from '../ui/lab/core-node.ts';
import { World } from '../ui/lab/world/world.ts';

const PROMPT = /(^|\n)\/ \$ $/;
const PATIENCE_NS = 900e9;
/** So long the receiver waits for what does not come, and more. */
const SETTLE_NS = 400e9;
const ALL_FRAMES = 100_000_000;
const [A, B] = [0, 1];
const [cuts = 40, seed = 1] = process.argv.slice(2).map(Number);

let state = seed;
/** A number below `limit` (xorshift32). */
function random(limit: number): number {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) % limit;
}

const { kernel, ramdisk } = await dom0Images();
const host = { kernel: 'mote', ramdisk: 'dom0', hostMb: 96, memoryMb: 48 };
const hosts = [
  { ...host, name: 'A' },
  { ...host, name: 'B' },
];
const world = await World.make(loadCore(), { hosts }, { mote: kernel, dom0: ramdisk });
const screens = ['', ''];
for (const [index, { lab }] of world.hosts.entries())
  lab.onConsole((bytes) => (screens[index] += new TextDecoder('latin1').decode(bytes)));

function until(index: number, pattern: RegExp): boolean {
  const goal = { text: { host: index, pattern }, ns: world.ns + PATIENCE_NS };
  let stop;
  while (stop === undefined) stop = world.run(goal, Infinity);
  return stop.kind === 'host';
}
function type(index: number, keys: string): void {
  screens[index] = '';
  world.type(index, new TextEncoder().encode(`${keys}\r`));
}
function run(index: number, command: string): string {
  type(index, command);
  if (!until(index, PROMPT)) throw new Error(`${command}: no end of it\n${screens[index]!}`);
  return screens[index]!;
}
function to(ns: number): void {
  let stop;
  while (stop === undefined) stop = world.run({ ns }, Infinity);
}

/** Of a host: domains that run, and those that are there and do not. */
function copies(index: number): { running: number; still: number } {
  const { lab, progress } = world.hosts[index]!;
  if (progress.isOff) return { running: 0, still: 0 };
  const guests = [...lab.hypervisor.domains.values()].filter(({ id }) => id !== 0);
  const running = guests.filter(({ shutdown, pauseCount }) => shutdown === null && pauseCount === 0).length;
  return { running, still: guests.length - running };
}

until(A, PROMPT);
until(B, PROMPT);
for (const line of ['(xend-relocation-server yes)', "(xend-relocation-hosts-allow '')"])
  run(B, `echo "${line}" >> /etc/xen/xend-config.sxp`);
run(B, 'xend restart');
run(A, "echo 'memory = 8' >> /etc/xen/mote; xm create mote; sleep 1");
const here = world.save();
const began = world.ns;
run(A, 'xm migrate --live mote 10.0.0.101');
const wholeNs = world.ns - began;
const counts = new Map<string, number>();
let isGood = true;
for (let n = 0; n < cuts; n++) {
  world.goTo(here);
  const how = random(2) === 0 ? '--live ' : '';
  const atNs = Math.floor((random(1_000_000) / 1_000_000) * wholeNs * 1.1);
  const kind = ['B crashes', 'frames lost', 'LAN cut'][random(3)]!;
  type(A, `xm migrate ${how}mote 10.0.0.101`);
  to(world.ns + atNs);
  if (kind === 'B crashes') world.inject(B, { kind: 'crash domain', domain: 0, message: 'cut' });
  else world.injectLan(0, { kind: 'drop frames', count: kind === 'LAN cut' ? ALL_FRAMES : 1 + random(20) });
  to(world.ns + SETTLE_NS);
  const [a, b] = [copies(A), copies(B)];
  const outcome = `A ${String(a.running)}+${String(a.still)}, B ${String(b.running)}+${String(b.still)}`;
  const isGone = kind === 'B crashes' && a.running + a.still === 0;
  const isKept = kind !== 'frames lost' && a.still === 1;
  const good = a.running + b.running === 1 || (a.running + b.running === 0 && (isGone || isKept));
  isGood &&= good;
  if (!good)
    process.stdout.write(
      `cut ${String(n)}, ${kind} after ${String(atNs)} ns, ${how}: ${outcome}\n${screens[A]!}\n`,
    );
  counts.set(`${kind}: ${outcome}`, (counts.get(`${kind}: ${outcome}`) ?? 0) + 1);
}
for (const [outcome, count] of [...counts].sort())
  process.stdout.write(`${String(count).padStart(5)} × ${outcome}\n`);
process.stdout.write(
  `${String(cuts)} cuts within ${(wholeNs / 1e6).toFixed(0)} ms: ${isGood ? 'well' : 'WRONG'}\n`,
);
process.exitCode = isGood ? 0 : 1;
