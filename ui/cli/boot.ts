/** `xenoscope boot`: a domain in the terminal. */
import { SHUTDOWN_crash } from '../../hypervisor/abi/sched.ts';
import { ImageError } from '../../hypervisor/domain/builder/image-error.ts';
import { dom0Images, moteImages } from '../../guests/toolchain/mote-node.ts';
import type { Line } from '../lab/code.ts';
import { loadCore } from '../lab/core-node.ts';
import { describeBreakpoint } from '../lab/at-breakpoint.ts';
import { describeEnd } from '../lab/ending.ts';
import { Lab, type DomainRequest, type Stop, type Until } from '../lab/lab.ts';
import { DiskUnavailable } from '../lab/host-devices.ts';
import { drive } from '../lab/pacing.ts';
import { stateHash } from '../lab/state-hash.ts';
import { buildFolder, isFolder } from './build.ts';
import { countLines } from './counts.ts';
import { EXIT_BREAKPOINT, EXIT_CRASHED, EXIT_ENDED_EARLY, EXIT_OK, EXIT_TIME_OUT } from './exit-codes.ts';
import { openDisks, readFolders, readImage } from './host-files.ts';
import { Progress } from './progress.ts';
import { Terminal } from './terminal.ts';
import { TraceFile } from './trace-file.ts';
import { UserError } from './user-error.ts';

export interface BootOptions {
  readonly ramdisk?: string;
  readonly dom0?: boolean;
  readonly hostMemory: number;
  readonly disk: readonly string[];
  readonly share: readonly string[];
  readonly memory: number;
  readonly vcpus: number;
  readonly cpus: number;
  readonly sched?: string;
  readonly xen?: string;
  readonly extra: string;
  readonly until?: RegExp;
  readonly for?: number;
  readonly break: readonly Line[];
  readonly trace?: string;
  readonly seed: number;
  readonly hash?: boolean;
  readonly counts?: boolean;
}

const NS_PER_SECOND = 1e9;

/** The kernel that an argument means: a file, a folder to build it from, or, without one, Mote with its ramdisk. */
async function images(
  kernel: string | undefined,
  isDom0: boolean,
): Promise<{ kernel: Uint8Array; ramdisk?: Uint8Array }> {
  const building = (name: string): void => {
    process.stderr.write(`xenoscope: building ${name}\n`);
  };
  if (kernel === undefined) return isDom0 ? dom0Images(building) : moteImages(building);
  return { kernel: isFolder(kernel) ? (await buildFolder(kernel)).file : readImage(kernel) };
}

/** What a host with domain 0 has. */
async function hostOf(options: BootOptions): Promise<Pick<DomainRequest, 'hostMb' | 'disks' | 'files'>> {
  const { hostMemory, disk, share } = options;
  return { hostMb: hostMemory, disks: await openDisks(disk), files: readFolders(share) };
}

async function makeLab(kernel: string | undefined, options: BootOptions): Promise<Lab> {
  if (options.dom0 !== true && options.disk.length + options.share.length > 0)
    throw new UserError('--disk and --share are for domain 0: give --dom0, too');
  const ramdisk = options.ramdisk === undefined ? {} : { ramdisk: readImage(options.ramdisk) };
  const isDom0 = options.dom0 ?? false;
  const request = {
    ...(isDom0 ? { isDom0, ...(await hostOf(options)) } : {}),
    ...(await images(kernel, isDom0)),
    ...ramdisk,
    commandLine: options.extra,
    memoryMb: options.memory,
    vcpus: options.vcpus,
    cpus: options.cpus,
    ...(options.sched === undefined ? {} : { scheduler: options.sched }),
    ...(options.xen === undefined ? {} : { xenCommandLine: options.xen }),
  };
  try {
    return await Lab.boot(loadCore(), request);
  } catch (error) {
    if (error instanceof ImageError) throw new UserError(`${kernel ?? 'Mote'}: ${error.message}`);
    if (error instanceof RangeError) throw new UserError(error.message);
    throw error;
  }
}

function setBreakpoints(lab: Lab, lines: readonly Line[]): void {
  for (const [n, found] of lab.setBreakpoints(lines).entries()) {
    const { file, line } = lines[n]!;
    if (found === null)
      throw new UserError(
        `${file}:${String(line)}: no code is there; a file is named by its path, or as much of its end as is its alone, and only kernels and ` +
          'programs of the toolchain say what their code comes from',
      );
    if (found.line !== line)
      process.stderr.write(
        `xenoscope: ${found.file}:${String(line)} has no code, line ${String(found.line)} has\n`,
      );
  }
}

/** Boots and drives a domain to its end; returns the exit status. */
export async function boot(kernel: string | undefined, options: BootOptions): Promise<number> {
  const lab = await makeLab(kernel, options);
  setBreakpoints(lab, options.break);
  const watched = process.stdin.isTTY && options.until === undefined && options.for === undefined;
  const left = new AbortController();
  const progress = new Progress(lab, process.stderr.isTTY && !process.stdout.isTTY);
  const trace = options.trace === undefined ? undefined : new TraceFile(options.trace, lab.periodNs);
  if (trace !== undefined) lab.hypervisor.trace.add(trace);
  lab.onConsole((bytes) => process.stdout.write(bytes));
  const terminal = new Terminal(
    (bytes) => {
      lab.type(bytes);
    },
    () => {
      left.abort();
    },
  );
  const until: Until = {
    ...(options.until === undefined ? {} : { text: options.until }),
    ...(options.for === undefined ? {} : { ns: options.for * NS_PER_SECOND }),
  };
  const stop = await drive(lab, until, {
    realTime: watched,
    signal: left.signal,
    onSlice: () => {
      progress.tick();
    },
  }).catch((error: unknown) => {
    terminal.close();
    throw error instanceof DiskUnavailable ? new UserError(error.message) : error;
  });
  terminal.close();
  progress.clear();
  trace?.close();
  report(lab, stop, options);
  if (options.counts === true) process.stderr.write(`${countLines(lab.hypervisor.counts).join('\n')}\n`);
  if (options.hash === true)
    process.stdout.write(`\n${await stateHash(lab.hypervisor)} at instruction ${String(lab.instructions)}\n`);
  return status(lab, stop, options);
}

function report(lab: Lab, stop: Stop | undefined, options: BootOptions): void {
  if (stop?.kind === 'ended') process.stderr.write(`\n${describeEnd(lab.domain, lab.code.kernel)}\n`);
  if (stop?.kind === 'breakpoint') process.stderr.write(`\n${describeBreakpoint(lab, stop.place)}\n`);
  if (stop?.kind === 'time')
    process.stderr.write(`\nxenoscope: ${String(options.for)} s of guest time are over\n`);
  if (stop?.kind === 'idle') process.stderr.write('\nxenoscope: the domain waits for ever\n');
}

function status(lab: Lab, stop: Stop | undefined, options: BootOptions): number {
  if (stop?.kind === 'time') return EXIT_TIME_OUT;
  if (stop?.kind === 'breakpoint') return EXIT_BREAKPOINT;
  if (stop?.kind === 'idle') return EXIT_ENDED_EARLY;
  if (stop?.kind !== 'ended') return EXIT_OK;
  if (lab.domain.shutdown?.reason === SHUTDOWN_crash) return EXIT_CRASHED;
  return options.until === undefined ? EXIT_OK : EXIT_ENDED_EARLY;
}
