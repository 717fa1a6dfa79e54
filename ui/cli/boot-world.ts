/** `xenoscope boot --hosts N`, `--world FILE`: a world of hosts in the terminal. */
import { availableParallelism } from 'node:os';
import { dirname, extname, resolve } from 'node:path';
import { describeBreakpoint } from '../lab/at-breakpoint.ts';
import { ImageError } from '../../hypervisor/domain/builder/image-error.ts';
import { dom0Images, type OnProgress } from '../../guests/toolchain/mote-node.ts';
import { HOST_MB } from '../lab/usual-host.ts';
import { hostsAlike } from '../lab/world/alike.ts';
import { checkDescription } from '../lab/world/description.ts';
import type { WorldDescription } from '../lab/world/description.ts';
import { diskName } from '../lab/snapshot/description.ts';
import type { WorldImages } from '../lab/world/images.ts';
import { startNodeThread } from '../lab/world/node-threads.ts';
import type { HostStop } from '../lab/world/turns.ts';
import { ThreadedWorld } from '../lab/world/threaded-world.ts';
import { World } from '../lab/world/world.ts';
import type { AnyWorld } from '../lab/world/world-pacing.ts';
import { kernelImages, setBreakpoints } from './boot.ts';
import type { BootOptions, RunOptions } from './boot.ts';
import { countLines, translationLines } from './counts.ts';
import { EXIT_BREAKPOINT, EXIT_CRASHED, EXIT_ENDED_EARLY, EXIT_OK, EXIT_TIME_OUT } from './exit-codes.ts';
import { diskPath, imagePaths, IS_URL, openDisks, readFolders, readImage } from './host-files.ts';
import { KeptWorld } from '../lab/runs.ts';
import { Recorder, saveOnTheWay, saveSnapshot } from './kept-runs.ts';
import { worldUplink } from '../lab/outside/uplink.ts';
import { publish } from './publish.ts';
import { ready } from './ready.ts';
import { SILENCE_NS } from './run.ts';
import { runWorldInTerminal, type WorldEnding } from './run-world.ts';
import { TraceFile } from './trace-file.ts';
import { UserError } from './user-error.ts';
import { NS_PER_SECOND } from '../../devices/nanoseconds.ts';

/** What Mote's images are called in a description. */
const MOTE = 'mote';
const DOM0 = 'dom0';

interface Plan {
  readonly description: WorldDescription;
  readonly images: WorldImages;
  /** Where images are, by name; Mote's are found by themselves. */
  readonly paths: Readonly<Record<string, string>>;
}

/** Hosts that are alike. */
async function alike(
  count: number,
  kernel: string | undefined,
  options: BootOptions,
  progress: OnProgress,
): Promise<Plan> {
  const { ramdisk, disk, share, sched, xen, memory } = options;
  const request = {
    ...(await kernelImages(kernel, true, progress)),
    ...(ramdisk === undefined ? {} : { ramdisk: readImage(ramdisk) }),
    commandLine: options.extra,
    hostMb: options.hostMemory ?? HOST_MB,
    ...(memory === undefined ? {} : { memoryMb: memory }),
    vcpus: options.vcpus,
    cpus: options.cpus,
    ...(sched === undefined ? {} : { scheduler: sched }),
    ...(xen === undefined ? {} : { xenCommandLine: xen }),
    disks: await openDisks(disk),
    files: readFolders(share),
  };
  const disks = disk.map((text, n) => [diskName(String(n)), diskPath(text)] as const);
  const paths = { ...imagePaths(kernel, { ...options, disk: [] }), ...Object.fromEntries(disks) };
  return { ...hostsAlike(count, request), paths };
}

/** What a file describes. Images are Mote's, or files by their paths from where it is. */
async function described(path: string, progress: OnProgress): Promise<Plan> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(readImage(path)));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new UserError(`${path}: ${error.message}`);
  }
  const description = checkDescription(value);
  const mote = await dom0Images(progress);
  const images: Record<string, WorldImages[string]> = { [MOTE]: mote.kernel, [DOM0]: mote.ramdisk };
  const paths: Record<string, string> = {};
  const place = (name: string): string =>
    (paths[name] = IS_URL.test(name) ? name : resolve(dirname(path), name));
  for (const { image } of description.stores ?? []) images[image] ??= readImage(place(image));
  for (const { kernel, ramdisk, disks, files } of description.hosts) {
    for (const name of [kernel, ramdisk, ...Object.values(files ?? {})])
      if (name !== undefined) images[name] ??= readImage(place(name));
    for (const { image } of disks ?? []) images[image] ??= (await openDisks([place(image)]))[0]!.bytes;
  }
  return { description, images, paths };
}

/** Whether hosts may run in threads of their own: who looks into them, or saves them, has them here. */
function mayThread(
  { break: lines, trace, save, output, publish: ports }: BootOptions,
  hosts: number,
): boolean {
  const isLookedInto =
    lines.length > 0 || ports.length > 0 || [trace, save, output].some((each) => each !== undefined);
  // Who watches may save at any time.
  return hosts > 1 && availableParallelism() > 1 && !isLookedInto && !process.stdin.isTTY;
}

async function makeWorld(
  kernel: string | undefined,
  options: BootOptions,
): Promise<{ readonly world: AnyWorld; readonly core: WebAssembly.Module }> {
  const { hosts, world } = options;
  if (world !== undefined && kernel !== undefined)
    throw new UserError('--world says what its hosts boot: it goes without a kernel');
  try {
    const { core, files: plan } = await ready((progress) =>
      world === undefined ? alike(hosts ?? 1, kernel, options, progress) : described(world, progress),
    );
    const { description, images, paths } = plan;
    if (mayThread(options, description.hosts.length))
      return { world: await ThreadedWorld.make(core, description, images, startNodeThread), core };
    const made = await World.make(core, description, images);
    made.paths = paths;
    return { world: made, core };
  } catch (error) {
    if (error instanceof ImageError) throw new UserError(`${kernel ?? 'Mote'}: ${error.message}`);
    if (error instanceof RangeError)
      throw new UserError(world === undefined ? error.message : `${world}: ${error.message}`);
    throw error;
  }
}

/** Boots and drives a world to its end; returns the exit status. */
export async function bootWorld(kernel: string | undefined, options: BootOptions): Promise<number> {
  const { world, core } = await makeWorld(kernel, options);
  return runWorld(world, core, options);
}

/** Drives a world to its end in the terminal; returns the exit status. */
export async function runWorld(
  world: AnyWorld,
  core: WebAssembly.Module,
  options: RunOptions,
): Promise<number> {
  const kept = world instanceof World ? new KeptWorld(world, core) : null;
  const recorder =
    kept === null || options.output === undefined
      ? null
      : new Recorder(kept, options.output, options.snapshots);
  const traces = world instanceof World ? watch(world, options) : [];
  const until = {
    ...(options.until === undefined ? {} : { text: { pattern: options.until } }),
    ...(options.for === undefined ? {} : { ns: options.for * NS_PER_SECOND }),
  };
  const publisher = await publish(options, () => (world instanceof World ? worldUplink(world) : null));
  try {
    const ending = await runWorldInTerminal(world, until, process.stdin, {
      look: async () => {
        publisher?.attend();
        await recorder?.look();
      },
      isServing: publisher !== null,
      ...(kept === null ? {} : { save: () => saveOnTheWay(kept) }),
    });
    for (const trace of traces) trace.close();
    const said = words(world, ending, options);
    if (said !== undefined) process.stderr.write(`\n${said}\n`);
    const hasCrashed = await tellOfHosts(world, options);
    // It ends with all hosts at one time: that is what is printed and saved, too.
    const recorded = await recorder?.end();
    if (options.hash === true) process.stdout.write(`\n${await world.hash()} at ${String(world.ns)} ns\n`);
    if (recorded !== undefined) process.stderr.write(`xenoscope: ${recorded}\n`);
    if (kept !== null && options.save !== undefined)
      process.stderr.write(`xenoscope: ${await saveSnapshot(kept, options.save)}\n`);
    return statusOf(ending, options, hasCrashed);
  } finally {
    publisher?.close();
    if (world instanceof ThreadedWorld) world.close();
  }
}

/** Sets what is to be seen of each host: breakpoints, and a trace in a file of its own, which has its name. */
function watch({ hosts, description }: World, options: RunOptions): TraceFile[] {
  for (const { lab } of hosts) setBreakpoints(lab, options.break);
  const { trace, words = false } = options;
  if (trace === undefined) return [];
  return hosts.map(({ lab }, host) => {
    const ending = extname(trace);
    const name = description.hosts[host]!.name;
    return new TraceFile(`${trace.slice(0, trace.length - ending.length)}-${name}${ending}`, lab, words);
  });
}

/** How hosts ended, and what they did. True: a domain 0 has crashed. */
async function tellOfHosts(world: AnyWorld, options: RunOptions): Promise<boolean> {
  let hasCrashed = false;
  for (const [host, { name }] of world.description.hosts.entries()) {
    const facts = await world.facts(host);
    hasCrashed ||= facts.hasCrashed;
    if (facts.ending !== null) process.stderr.write(`${name}: ${facts.ending}\n`);
    const lines = [...countLines(facts.counts), ...translationLines(facts.translations, facts.instructions)];
    if (options.counts === true) process.stderr.write(`${name}:\n${lines.join('\n')}\n`);
  }
  return hasCrashed;
}

function words(world: AnyWorld, ending: WorldEnding, options: RunOptions): string | undefined {
  if (ending.kind === 'host' && world instanceof World) return stopsIn(world, ending.stops);
  if (ending.kind === 'time') return `xenoscope: ${String(options.for)} s of guest time are over`;
  if (ending.kind === 'idle') return 'xenoscope: all hosts wait for input, and the standard input has ended';
  if (ending.kind === 'silent')
    return `xenoscope: the input has ended, and nothing was printed for ${String(SILENCE_NS / NS_PER_SECOND)} s of guest time`;
  return undefined;
}

function statusOf(ending: WorldEnding, options: RunOptions, hasCrashed: boolean): number {
  if (hasCrashed) return EXIT_CRASHED;
  if (ending.kind === 'time' || ending.kind === 'silent') return EXIT_TIME_OUT;
  if (ending.kind === 'idle') return EXIT_ENDED_EARLY;
  if (ending.kind === 'host')
    return ending.stops.some(({ stop }) => stop.kind === 'breakpoint') ? EXIT_BREAKPOINT : EXIT_OK;
  return options.until === undefined && options.break.length === 0 ? EXIT_OK : EXIT_ENDED_EARLY;
}

/** Where hosts have come to breakpoints. */
function stopsIn({ hosts, description }: World, stops: readonly HostStop[]): string | undefined {
  const lines = stops.flatMap(({ host, stop }) =>
    stop.kind === 'breakpoint'
      ? [`${description.hosts[host]!.name}: ${describeBreakpoint(hosts[host]!.lab, stop.place)}`]
      : [],
  );
  return lines.length === 0 ? undefined : lines.join('\n');
}
