/** The command line: parses it and hands over. Faults of the user's are one line on stderr and exit status 2. */
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import type { Line } from '../lab/code.ts';
import { setTranslates } from '../lab/core-node.ts';
import { HostCrash } from '../lab/host-crash.ts';
import { version } from '../../package.json';
import type { BootOptions } from './boot.ts';
import { INSTANT_HELP } from './instant.ts';
import type { ReplayOptions, RestoreOptions } from './replay.ts';
import type { TranslateOptions } from './translate.ts';
import type { DebugOptions } from './debug/debug.ts';
import type { ExploreOptions, Seeds } from './explore/explore.ts';
import {
  EXIT_HELP,
  EXIT_HELP_EXPLORE,
  EXIT_HELP_GRADE,
  EXIT_HELP_TEST,
  EXIT_HOST_CRASHED,
  EXIT_NO_READER,
  EXIT_USAGE,
} from './exit-codes.ts';
import { parsePublished } from './publish.ts';
import type { Published } from './publish.ts';
import { UserError } from './user-error.ts';

/** Seeds are u32. */
const MAX_SEED = 0xffff_ffff;

/** Of the tour. */
function part(text: string): number {
  if (text !== '1' && text !== '2') throw new InvalidArgumentError('It must be 1 or 2.');
  return Number(text);
}

function positiveInteger(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value <= 0)
    throw new InvalidArgumentError('It must be a whole number above 0.');
  return value;
}

function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}

function seconds(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0)
    throw new InvalidArgumentError('It must be a number of seconds above 0.');
  return value;
}

/** `1..1000`, or one. */
function seeds(text: string): Seeds {
  const match = /^(\d+)(?:\.\.(\d+))?$/.exec(text);
  const first = Number(match?.[1]);
  const last = Number(match?.[2] ?? match?.[1]);
  if (match === null || last > MAX_SEED || first > last)
    throw new InvalidArgumentError('They must be the first and the last, as 1..1000.');
  return { first, last };
}

/** `kernel/events/clock.ts:20`, added to those given before. */
function line(text: string, before: readonly Line[]): Line[] {
  const match = /^(.+):(\d+)$/.exec(text);
  if (match === null || Number(match[2]) === 0)
    throw new InvalidArgumentError('It must be a file and a line of it, as mote/main.ts:30.');
  return [...before, { file: match[1]!, line: Number(match[2]) }];
}

/** One more of what may be given several times. */
function another(text: string, before: readonly string[]): string[] {
  return [...before, text];
}

function expression(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}

/** What a world's description says of each of its hosts. */
const SAID_BY_A_WORLD = [
  ...['hosts', 'ramdisk', 'hostMemory', 'disk', 'share', 'memory', 'vcpus', 'cpus', 'sched', 'xen', 'extra'],
];

/** Adds what `boot` and `record` are told. */
function withBootOptions(command: Command): Command {
  return withPublished(withTrace(withTranslation(command)))
    .argument(
      '[kernel]',
      'bzImage, ELF file with Xen notes, or folder of a kernel to build; without one, Mote boots',
    )
    .option('--ramdisk <file>', 'initial ramdisk')
    .option(
      '--dom0',
      "it is domain 0, privileged, with the machine's console; Mote then has xm, and domains to make",
    )
    .addOption(
      new Option(
        '--debian-dom0',
        "Debian's own kernel is domain 0, with Debian's packages of the stock toolstack, xl: made by apt, once; xl create -c /etc/xen/mote",
      ).conflicts(['ramdisk', 'hosts', 'world']),
    )
    .option(
      '--whole',
      'with --debian-dom0: all of it, with systemd, on a disk: LVM, RAID, LUKS, NFS, iSCSI, NBD, libvirt; /dev/vdb, vdc, vdd are empty',
    )
    .option(
      '--at-login',
      'with --debian-dom0: it stands at its login; on this machine it boots once, and is kept',
    )
    .addOption(
      new Option(
        '--menu <file>',
        "a menu of GRUB's (menu.lst): one of its entries says Xen's line, domain 0's kernel with its own, and the ramdisk",
      ).conflicts(['ramdisk', 'world', 'debianDom0']),
    )
    .option('--entry <N>', "of the menu's entries that one, from 0 on, unasked", wholeNumber)
    .option(
      '--hosts <N>',
      'so many hosts (8 at most), each with domain 0, on one LAN: A, B, ...; their consoles in turns (Ctrl-\\)',
      positiveInteger,
    )
    .addOption(
      new Option('--world <file>', 'the hosts, LANs and images that a JSON file describes').conflicts(
        SAID_BY_A_WORLD,
      ),
    )
    .option(
      '--host-memory <MB>',
      "the host's memory, with --dom0 (512 unless said otherwise)",
      positiveInteger,
    )
    .option(
      '--disk <file[,ro]>',
      'a disk for domain 0, or its URL: /dev/vda, the next one /dev/vdb, ...; what it writes stays in the run (may be given again)',
      another,
      [],
    )
    .option(
      '--share <folder>',
      'its files are at /lab in domain 0, as they were when it booted; what it changes stays in the run (may be given again)',
      another,
      [],
    )
    .option(
      '--memory <MB>',
      "the domain's memory (128 unless said otherwise; domain 0 has all of the host's)",
      positiveInteger,
    )
    .option('--vcpus <N>', 'virtual processors', positiveInteger, 1)
    .option('--cpus <N>', "the host's physical processors: 1, 2, 4, 8 or 16", positiveInteger, 1)
    .option('--sched <name>', "the host's scheduler: credit, sedf, bvt, atropos or rrobin")
    .option('--xen <text>', "Xen's command line: dom0_mem=, dom0_max_vcpus=, sched=, console=")
    .option('--extra <text>', "the kernel's command line", '')
    .option('--until <regex>', 'end when the console has printed this', expression)
    .option('--for <seconds>', 'end after so many seconds of guest time', seconds)
    .option(
      '--break <file:line>',
      'end before this line of the kernel or of a program, and say who called it (may be given again)',
      line,
      [],
    )
    .hook('preAction', (_, action) => {
      if (action.opts<BootOptions>().debianDom0 === true) fitDebian(action);
    });
}

/** Memory of the host of Debian's domain 0, unless said otherwise: its root is in memory, twice while it boots. */
const DEBIAN_HOST_MB = 1024;

function fitDebian(action: Command): void {
  action.setOptionValue('dom0', true);
  const { hostMemory } = action.opts<BootOptions>();
  if (hostMemory === undefined) action.setOptionValue('hostMemory', DEBIAN_HOST_MB);
}

/** Adds what a run can be told to say of what the hypervisor did. */
function withTrace(command: Command): Command {
  return command
    .option('--trace <file>', 'write what the hypervisor does to a file')
    .option('--words', 'with --trace: a sentence for each event')
    .option('--hash', 'print a hash of the whole state at the end')
    .option('--counts', 'print how often each hypercall was made, and how much code was translated')
    .hook('preAction', (_, action) => {
      const { words, trace } = action.opts<{ readonly words?: boolean; readonly trace?: string }>();
      if (words === true && trace === undefined)
        throw new UserError('--words is for a trace: give --trace FILE, too');
    });
}

/** Adds what makes ports of the world reachable here. */
function withPublished(command: Command): Command {
  return command.option(
    '--publish <[address:]port:[address:]port>',
    "a port of this machine leads to one of the world's, of the first host unless another's address is given: 8080:8080 (may be given again)",
    (text: string, before: readonly Published[]) => [...before, parsePublished(text)],
    [],
  );
}

/** Adds what all that run code can be told. */
function withTranslation(command: Command): Command {
  return command
    .option(
      '--no-translate',
      'interpret all code; hot code becomes WebAssembly else, and every bit stays the same',
    )
    .hook('preAction', (_, action) => {
      setTranslates(action.opts<{ readonly translate: boolean }>().translate);
    });
}

/** Adds where images that a file names are. */
function withImages(command: Command): Command {
  return withTranslation(command).option(
    '--image <file>',
    'an image that the file was made with; Mote is found by itself, and what is still where it was (may be given again)',
    another,
    [],
  );
}

function program(done: (status: number) => void): Command {
  const command = new Command('xenoscope')
    .description('A Xen you can see through.')
    .version(version)
    .exitOverride();
  withBootOptions(command.command('boot'))
    .description('boot a kernel as a paravirtualized domain; the terminal is its console (Ctrl-\\ leaves)')
    .option('--save <file>', 'write a snapshot at the end: `restore` goes on with it, `debug` looks into it')
    .addHelpText('after', EXIT_HELP)
    .action(async (kernel: string | undefined, options: BootOptions) => {
      const { boot } = await import('./boot.ts');
      done(await boot(kernel, options));
    });
  withBootOptions(command.command('record'))
    .description(
      'boot as `boot` does, and record the run: `replay` runs it again, `debug` goes back and forth in it',
    )
    .requiredOption('-o, --output <file>', 'where the recording goes')
    .option('--snapshots', 'with snapshots of instants on the way: who debugs it goes to its end at once')
    .option('--save <file>', 'write a snapshot at the end, too')
    .addHelpText('after', EXIT_HELP)
    .action(async (kernel: string | undefined, options: BootOptions) => {
      const { boot } = await import('./boot.ts');
      done(await boot(kernel, options));
    });
  withImages(command.command('replay'))
    .description('run what was recorded again, and compare the state with the recording at each of its marks')
    .argument('<file>', 'recording')
    .option('--at <instant>', `stop at an instant, and say where that is: ${INSTANT_HELP}`)
    .option('--until <regex>', 'end when the console has printed this', expression)
    .option(
      '--break <file:line>',
      'end before this line, and say who called it (may be given again)',
      line,
      [],
    )
    .option('--hash', 'print a hash of the whole state at the end')
    .addHelpText('after', EXIT_HELP)
    .action(async (file: string, options: ReplayOptions) => {
      const { replayFile } = await import('./replay.ts');
      done(await replayFile(file, options));
    });
  withPublished(withTrace(withImages(command.command('restore'))))
    .description('go on with a snapshot in the terminal')
    .argument('<file>', 'snapshot')
    .option('--until <regex>', 'end when the console has printed this', expression)
    .option('--for <seconds>', "end when the host's clock, from its boot on, is at so many seconds", seconds)
    .option(
      '--break <file:line>',
      'end before this line, and say who called it (may be given again)',
      line,
      [],
    )
    .option('--save <file>', 'write a snapshot at the end')
    .addHelpText('after', EXIT_HELP)
    .action(async (file: string, options: RestoreOptions) => {
      const { restoreFile } = await import('./replay.ts');
      done(await restoreFile(file, options));
    });
  withImages(command.command('debug'))
    .description(
      'go back and forth in a recording, or on from a snapshot; commands come from the terminal or from standard input',
    )
    .argument('<file>', 'recording or snapshot')
    .addHelpText('after', EXIT_HELP)
    .action(async (file: string, options: DebugOptions) => {
      const { debugFile } = await import('./debug/debug.ts');
      done(await debugFile(file, options));
    });
  command
    .command('build')
    .description(
      "build a kernel of your own: a folder's main.ts on the kernel library (guests/README.md tells how)",
    )
    .argument('<folder>', 'folder with main.ts, and assembler files (.asm) if it has any')
    .option('-o, --output <file>', 'where the ELF file goes; by default the name of the folder, with .elf')
    .action(async (folder: string, options: { readonly output?: string }) => {
      const { build } = await import('./build.ts');
      done(await build(folder, options.output));
    });
  command
    .command('translate')
    .description(
      'show what hot code becomes: x86, what the decoder makes of it, and WebAssembly, side by side (core/translator/README.md)',
    )
    .argument('<file>', "ELF file of a kernel or program, or an assembler's source (.asm)")
    .option(
      '--at <address>',
      'where the code begins: hexadecimal, or a function or label; else where the file does',
    )
    .action(async (file: string, options: TranslateOptions) => {
      const { translate } = await import('./translate.ts');
      done(await translate(file, options));
    });
  withTranslation(command.command('tour'))
    .description('show a host, typed as a person would; then two, between which a domain migrates')
    .option('--part <number>', 'one of the two alone: 1 or 2', part)
    .option('--hash', 'print a hash of the whole state at the end')
    .action(async (options: { readonly hash?: boolean; readonly part?: number }) => {
      const { tour } = await import('./tour.ts');
      done(await tour(options));
    });
  withTranslation(command.command('grade'))
    .description(
      'judge a result that a student has exported from a lesson: replay it, and say which steps hold',
    )
    .argument('<result>', 'the file')
    .addHelpText('after', EXIT_HELP_GRADE)
    .action(async (path: string) => {
      const { grade } = await import('./grade.ts');
      done(await grade(path));
    });
  withTranslation(command.command('test'))
    .description('run the scenarios that files (JavaScript modules) export, one after the other')
    .argument('<files...>')
    .option('--junit <file>', 'write the results as JUnit XML')
    .addHelpText('after', EXIT_HELP_TEST)
    .action(async (files: string[], options: { readonly junit?: string }) => {
      const { runFiles } = await import('./test-scenarios.ts');
      done(await runFiles(files, options));
    });
  withTranslation(command.command('explore'))
    .description('try a scenario with many seeds: each lets other things vary, as they do on real machines')
    .argument('<file>', 'JavaScript module that exports the scenario')
    .requiredOption('--seeds <first..last>', 'the seeds to try', seeds)
    .option('--name <name>', 'which scenario, where the file exports several')
    .option('--jobs <N>', 'how many at once; as many as there are processors unless given', positiveInteger)
    .option('-o, --output <folder>', 'recordings, and how far it is: it goes on there', 'xenoscope-campaign')
    .option('--queue <url>', 'on several machines, by a Redis: who runs the same command there takes part')
    .addHelpText('after', EXIT_HELP_EXPLORE)
    .action(async (file: string, options: ExploreOptions) => {
      const { explore } = await import('./explore/explore.ts');
      done(await explore(file, options));
    });
  return command;
}

/** Whoever read the output has gone (`| head`): there is nothing left to do, and nothing to say. */
function leaveWithReader(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
  process.exit(EXIT_NO_READER);
}

/** Runs the command line `argv` (with node and script in front); returns the exit status. */
export async function main(argv: readonly string[]): Promise<number> {
  for (const stream of [process.stdout, process.stderr])
    if (!stream.listeners('error').includes(leaveWithReader)) stream.on('error', leaveWithReader);
  let status = 0;
  try {
    await program((value) => (status = value)).parseAsync([...argv]);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_USAGE;
    if (error instanceof HostCrash) {
      process.stderr.write(`\n${error.message}\n`);
      return EXIT_HOST_CRASHED;
    }
    if (!(error instanceof UserError)) throw error;
    process.stderr.write(`xenoscope: ${error.message}\n`);
    return EXIT_USAGE;
  }
  return status;
}
