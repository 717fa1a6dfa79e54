/** `xenoscope boot`: a domain in the terminal. */
import { SHUTDOWN_crash } from '../../hypervisor/abi/sched.ts';
import { ImageError } from '../../hypervisor/domain/builder/image-error.ts';
import { dom0Images, moteImages, type OnProgress } from '../../guests/toolchain/mote-node.ts';
import { debianDom0, withMote } from '../../guests/debian/dom0.ts';
import { wholeDom0 } from '../../guests/debian/dom0-whole.ts';
import { readSources } from '../../guests/toolchain/node.ts';
import type { Line } from '../lab/code.ts';
import { describeBreakpoint } from '../lab/at-breakpoint.ts';
import { describeEnd } from '../lab/ending.ts';
import { lastLineOf } from '../lab/function-lines.ts';
import type { DomainRequest } from '../lab/host.ts';
import { Lab } from '../lab/lab.ts';
import { ALONE_MB, HOST_MB } from '../lab/usual-host.ts';
import { stateHash } from '../lab/state-hash.ts';
import { folderImage, isFolder } from './build.ts';
import { atLogin } from './at-login.ts';
import { countLines, translationLines } from './counts.ts';
import { EXIT_BREAKPOINT, EXIT_CRASHED, EXIT_ENDED_EARLY, EXIT_OK, EXIT_TIME_OUT } from './exit-codes.ts';
import { imagePaths, openDisks, readFolders, readImage } from './host-files.ts';
import { KeptLab } from '../lab/runs.ts';
import { Recorder, saveOnTheWay, saveSnapshot } from './kept-runs.ts';
import { labUplink } from '../lab/outside/uplink.ts';
import { publish } from './publish.ts';
import type { Published } from './publish.ts';
import { ready } from './ready.ts';
import { runInTerminal, SILENCE_NS, type Ending } from './run.ts';
import { TraceFile } from './trace-file.ts';
import { UserError } from './user-error.ts';
import { WHOLE_COMMAND_LINE, wholeDom0Request } from './whole-dom0.ts';
import { NS_PER_SECOND } from '../../devices/nanoseconds.ts';

export interface BootOptions {
  readonly ramdisk?: string;
  readonly dom0?: boolean;
  readonly debianDom0?: boolean;
  /** It is a whole one, with systemd, on a disk. */
  readonly whole?: boolean;
  /** Debian's domain 0 is to stand at its login. */
  readonly atLogin?: boolean;
  /** A menu of GRUB's, which says what boots; and which of its entries, from 0 on. */
  readonly menu?: string;
  readonly entry?: number;
  readonly hosts?: number;
  readonly world?: string;
  readonly hostMemory?: number;
  readonly disk: readonly string[];
  readonly share: readonly string[];
  readonly memory?: number;
  readonly vcpus: number;
  readonly cpus: number;
  readonly sched?: string;
  readonly xen?: string;
  readonly extra: string;
  readonly until?: RegExp;
  readonly for?: number;
  readonly break: readonly Line[];
  readonly trace?: string;
  /** The trace is to be sentences. */
  readonly words?: boolean;
  readonly hash?: boolean;
  readonly counts?: boolean;
  /** Ports that are reachable here. */
  readonly publish: readonly Published[];
  /** A snapshot at the end goes here. */
  readonly save?: string;
  /** A recording of the run goes here. */
  readonly output?: string;
  readonly snapshots?: boolean;
}

/** Said of kernels that somebody else made: some of them wait for ever for what is not there. */
const ALONE =
  'xenoscope: this domain is alone on its host, without xenstore, disks and network; domain 0 serves them (--dom0, xm create)\n';

type Brought = Pick<DomainRequest, 'kernel' | 'ramdisk' | 'disks' | 'files'>;

/** Debian as domain 0, Mote's images in its root or, of a whole one, at /lab. */
async function debianImages({ whole = false, disk }: BootOptions, progress: OnProgress): Promise<Brought> {
  const [debian, mote] = [await (whole ? wholeDom0() : debianDom0()), await moteImages(progress)];
  if (debian === undefined)
    throw new UserError('--debian-dom0 is for a machine whose apt has Debian bookworm, as root');
  if ('disk' in debian) return wholeDom0Request(debian, mote, disk);
  return { kernel: readImage(debian.kernel), ramdisk: withMote(readImage(debian.root), mote) };
}

/** Where its console is. */
const DEBIAN_CONSOLE = 'console=hvc0';

/** The command line: of Debian's domain 0 behind what it needs. */
function commandLineOf({ debianDom0: isDebian = false, whole = false, extra }: BootOptions): string {
  if (!isDebian) return extra;
  return `${whole ? WHOLE_COMMAND_LINE : DEBIAN_CONSOLE} ${extra}`.trim();
}

/** The kernel that an argument means: a file, a folder to build it from, or, without one, Mote with its ramdisk. */
export async function kernelImages(
  kernel: string | undefined,
  isDom0: boolean,
  progress: OnProgress,
): Promise<{ kernel: Uint8Array; ramdisk?: Uint8Array }> {
  if (kernel === undefined) return isDom0 ? dom0Images(progress) : moteImages(progress);
  return { kernel: isFolder(kernel) ? await folderImage(kernel) : readImage(kernel) };
}

/** What a host with domain 0 has. */
async function hostOf(
  options: BootOptions,
): Promise<Pick<DomainRequest, 'hostMb' | 'memoryMb' | 'disks' | 'files'>> {
  const { hostMemory, memory, disk, share } = options;
  return {
    hostMb: hostMemory ?? HOST_MB,
    ...(memory === undefined ? {} : { memoryMb: memory }),
    disks: await openDisks(disk),
    files: readFolders(share),
  };
}

/** Options that would be ignored. */
function refuseWhatCannotApply(options: BootOptions): void {
  if (options.dom0 === true) return;
  if (options.disk.length + options.share.length > 0)
    throw new UserError('--disk and --share are for domain 0: give --dom0, too');
  if (options.xen !== undefined && /(^|\s)dom0_/.test(options.xen))
    throw new UserError('dom0_mem= and dom0_max_vcpus= are for domain 0: give --dom0, too');
  if (options.hostMemory !== undefined)
    throw new UserError(
      "--host-memory is for a host with domain 0: give --dom0, too, or --memory for the domain's own",
    );
}

async function makeLab(
  kernel: string | undefined,
  options: BootOptions,
): Promise<{ lab: Lab; core: WebAssembly.Module }> {
  refuseWhatCannotApply(options);
  const ramdisk = options.ramdisk === undefined ? {} : { ramdisk: readImage(options.ramdisk) };
  const isDom0 = options.dom0 ?? false;
  const isDebian = options.debianDom0 === true;
  const { core, files: brought } = await ready((progress) =>
    isDebian ? debianImages(options, progress) : kernelImages(kernel, isDom0, progress),
  );
  const request: DomainRequest = {
    ...(isDom0 ? { isDom0, ...(await hostOf(options)) } : { memoryMb: options.memory ?? ALONE_MB }),
    ...brought,
    ...ramdisk,
    commandLine: commandLineOf(options),
    vcpus: options.vcpus,
    cpus: options.cpus,
    ...(options.sched === undefined ? {} : { scheduler: options.sched }),
    ...(options.xen === undefined ? {} : { xenCommandLine: options.xen }),
    paths: imagePaths(kernel, options),
  };
  try {
    const lab = await (options.atLogin === true ? atLogin(core, request) : Lab.boot(core, request));
    return { lab, core };
  } catch (error) {
    if (error instanceof ImageError) throw new UserError(`${kernel ?? 'Mote'}: ${error.message}`);
    if (error instanceof RangeError) throw new UserError(error.message);
    throw error;
  }
}

/** Stops before these lines; where one has no code, before the next one of its function that has. */
export function setBreakpoints(lab: Lab, lines: readonly Line[]): void {
  const sources = lines.length === 0 ? new Map<string, string>() : readSources();
  const wanted = lines.map((each) => {
    const text = sources.get(each.file)?.split('\n');
    return text === undefined ? each : { ...each, last: lastLineOf(each.file, text, each.line) };
  });
  for (const [n, found] of lab.breaks.setLines(wanted).entries()) {
    const { file, line } = lines[n]!;
    if (typeof found === 'string')
      throw new UserError(
        `${file}:${String(line)}: ${found}; a file is named by its path, or as much of its end as is its alone, and only kernels and ` +
          'programs of the toolchain say what their code comes from',
      );
    if (found.line !== line)
      process.stderr.write(
        `xenoscope: ${found.file}:${String(line)} has no code, line ${String(found.line)} has\n`,
      );
  }
}

/** What began before the login cannot be had any more there. */
function refuseAtLogin({ atLogin, debianDom0, disk, output }: BootOptions): void {
  if (atLogin !== true) return;
  if (debianDom0 !== true) throw new UserError('--at-login is for --debian-dom0');
  if (disk.length > 0)
    throw new UserError('--at-login goes without --disk: what is on a disk may be another by now');
  if (output !== undefined)
    throw new UserError('a recording begins with the first instruction: it goes without --at-login');
}

/** What the console had printed before: whoever goes on sees it. */
export function showAgain(lab: Lab): void {
  lab.witness.listen((domain, bytes) => {
    if (domain === lab.domain.id) process.stdout.write(bytes);
  });
  lab.witness.listen(() => undefined);
}

/** Boots and drives a domain to its end; returns the exit status. */
export async function boot(kernel: string | undefined, options: BootOptions): Promise<number> {
  const { menu, ...rest } = options;
  if (menu !== undefined) {
    if (kernel !== undefined) throw new UserError('--menu says which kernel boots: it goes without another');
    const { bootFromMenu } = await import('./boot-menu.ts');
    const chosen = await bootFromMenu(menu, rest);
    return boot(chosen.kernel, chosen.options);
  }
  if (options.debianDom0 === true && kernel !== undefined)
    throw new UserError('--debian-dom0 brings its kernel: it goes without another');
  if (options.hosts !== undefined || options.world !== undefined) {
    const { bootWorld } = await import('./boot-world.ts');
    return bootWorld(kernel, options);
  }
  if (options.whole === true && options.debianDom0 !== true)
    throw new UserError('--whole is for --debian-dom0');
  refuseAtLogin(options);
  const { lab, core } = await makeLab(kernel, options);
  if (options.atLogin === true && process.stdout.isTTY) showAgain(lab);
  if (kernel !== undefined && options.dom0 !== true && !isFolder(kernel)) process.stderr.write(ALONE);
  return runLab(lab, core, options);
}

/** What of the options is of the run, not of what is booted. */
export type RunOptions = Pick<
  BootOptions,
  'until' | 'for' | 'break' | 'trace' | 'words' | 'hash' | 'counts' | 'save' | 'output' | 'snapshots'
> & { readonly publish?: readonly Published[] };

/** Drives a lab to its end in the terminal; returns the exit status. */
export async function runLab(lab: Lab, core: WebAssembly.Module, options: RunOptions): Promise<number> {
  setBreakpoints(lab, options.break);
  const trace =
    options.trace === undefined ? undefined : new TraceFile(options.trace, lab, options.words === true);
  const kept = new KeptLab(lab, core);
  const recorder =
    options.output === undefined ? undefined : new Recorder(kept, options.output, options.snapshots);
  const publisher = await publish(options, () => labUplink(lab));
  const ending = await runInTerminal(
    lab,
    {
      ...(options.until === undefined ? {} : { text: options.until }),
      ...(options.for === undefined ? {} : { ns: options.for * NS_PER_SECOND }),
    },
    process.stdin,
    {
      look: async () => {
        publisher?.attend();
        await recorder?.look();
      },
      isServing: publisher !== null,
      save: () => saveOnTheWay(kept),
    },
  ).finally(() => publisher?.close());
  trace?.close();
  report(lab, ending, options);
  if (options.counts === true) {
    const { counts, machine } = lab.hypervisor;
    const lines = [
      ...countLines(counts),
      ...translationLines(machine.translations, machine.processor.retired),
    ];
    process.stderr.write(`${lines.join('\n')}\n`);
  }
  if (options.hash === true)
    process.stdout.write(`\n${await stateHash(lab.hypervisor)} at instruction ${String(lab.instructions)}\n`);
  if (recorder !== undefined) process.stderr.write(`xenoscope: ${await recorder.end()}\n`);
  if (options.save !== undefined)
    process.stderr.write(`xenoscope: ${await saveSnapshot(kept, options.save)}\n`);
  return status(lab, ending, options);
}

function report(lab: Lab, ending: Ending, options: RunOptions): void {
  const said = words(lab, ending, options);
  if (said !== undefined) process.stderr.write(`\n${said}\n`);
}

function words(lab: Lab, ending: Ending, options: RunOptions): string | undefined {
  if (ending.kind === 'ended') return describeEnd(lab.domain, lab.code.kernel);
  if (ending.kind === 'breakpoint') return describeBreakpoint(lab, ending.place);
  if (ending.kind === 'time') return `xenoscope: ${String(options.for)} s of guest time are over`;
  if (ending.kind === 'idle')
    return 'xenoscope: the domain waits for input, and the standard input has ended';
  if (ending.kind === 'silent')
    return `xenoscope: the input has ended, and nothing was printed for ${String(SILENCE_NS / NS_PER_SECOND)} s of guest time`;
  return undefined;
}

/** What a run's end means as an exit status; exit-codes.ts says it to the user. */
export function status(lab: Lab, ending: Ending, options: Pick<BootOptions, 'until' | 'break'>): number {
  const waitedFor = options.until !== undefined || options.break.length > 0;
  if (ending.kind === 'time' || ending.kind === 'silent') return EXIT_TIME_OUT;
  if (ending.kind === 'breakpoint') return EXIT_BREAKPOINT;
  if (ending.kind === 'idle') return EXIT_ENDED_EARLY;
  if (ending.kind === 'left') return waitedFor ? EXIT_ENDED_EARLY : EXIT_OK;
  if (ending.kind !== 'ended') return EXIT_OK;
  if (lab.domain.shutdown?.reason === SHUTDOWN_crash) return EXIT_CRASHED;
  return waitedFor ? EXIT_ENDED_EARLY : EXIT_OK;
}
