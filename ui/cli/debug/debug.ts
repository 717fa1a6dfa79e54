/** `xenoscope debug FILE`: a debugger in the terminal, or of the commands that come on standard input. */
import { createInterface, type Interface } from 'node:readline';
import { readSources } from '../../../guests/toolchain/node.ts';
import { isSnapshot } from '../../lab/snapshot/magic.ts';
import { readRecording } from '../../lab/time/recording.ts';
import { isRecording } from '../../lab/time/recording-mark.ts';
import { EXIT_OK, EXIT_USAGE } from '../exit-codes.ts';
import { readImage } from '../host-files.ts';
import { bootRun, openRun } from '../../lab/runs.ts';
import { bringCode, ImageFiles, tellOfOtherCore, withFile } from '../kept-runs.ts';
import { ready } from '../ready.ts';
import { UserError } from '../user-error.ts';
import { commandNamed, complete } from './commands.ts';
import { Debugger, tell, type Opened } from './debugger.ts';
import { seconds, where } from './looks.ts';

export interface DebugOptions {
  readonly image: readonly string[];
}

const PROMPT = '(xenoscope) ';
const HISTORY_LINES = 500;

/** Debugs what is in a file until there are no more commands; returns the exit status. */
export async function debugFile(path: string, { image }: DebugOptions): Promise<number> {
  const opened = await open(path, new ImageFiles(image));
  const debug = new Debugger(opened, readSources());
  const isWatched = process.stdin.isTTY && process.stdout.isTTY;
  const output = new Output();
  for (const { lab } of opened.hosts)
    lab.onConsole((bytes) => {
      if (lab === debug.lab) output.console(bytes);
    });
  if (isWatched) output.line(greeting(path, debug));
  const lines = createInterface({
    input: process.stdin,
    output: process.stdout,
    terminal: isWatched,
    prompt: isWatched ? PROMPT : '',
    historySize: HISTORY_LINES,
    completer: (line: string) => complete(debug, line),
  });
  return talk(debug, lines, output, isWatched);
}

async function open(path: string, images: ImageFiles): Promise<Opened> {
  const file = readImage(path);
  const nothing = (): Promise<undefined> => Promise.resolve(undefined);
  if (isSnapshot(file)) {
    const { core } = await ready(nothing);
    const opened = await withFile(path, () => openRun(core, file, images));
    for (const { lab } of opened.hosts) await bringCode(lab);
    return { ...opened, marks: null };
  }
  if (!isRecording(file))
    throw new UserError(`${path}: it is neither a recording nor a snapshot of Xenoscope`);
  const recording = await withFile(path, () => readRecording(file));
  const { core } = await ready(nothing);
  tellOfOtherCore(recording, core);
  return { ...(await withFile(path, () => bootRun(core, recording, images))), marks: recording.marks };
}

function greeting(path: string, debug: Debugger): string {
  const { lab, marks, hosts } = debug;
  const of = hosts.length === 1 ? '' : ` of the hosts ${hosts.map(({ name }) => name).join(', ')}`;
  const what =
    marks === null
      ? `a snapshot${of}, of ${seconds(lab.ns)}`
      : `a recording${of}, up to ${seconds(debug.endTicks * lab.periodNs)}; this is its beginning`;
  return `${path}: ${what}.\n${where(debug)}\n\`help\` lists the commands, Tab completes, Ctrl-C stops a run, Ctrl-D leaves.`;
}

/** What is printed: the guest's console as it is, and what commands say, from a line's beginning on. */
class Output {
  private isInLine = false;

  console(bytes: Uint8Array): void {
    process.stdout.write(bytes);
    if (bytes.length > 0) this.isInLine = bytes.at(-1) !== 0x0a;
  }

  line(text: string): void {
    if (text === '') return;
    process.stdout.write(`${this.isInLine ? '\n' : ''}${text}\n`);
    this.isInLine = false;
  }
}

/** Commands one after the other; on a terminal with a prompt, and Ctrl-C gives up what is under way. */
async function talk(debug: Debugger, lines: Interface, output: Output, isWatched: boolean): Promise<number> {
  let running: AbortController | null = null;
  lines.on('SIGINT', () => {
    if (running !== null) running.abort();
    else {
      process.stdout.write('(Ctrl-D leaves)\n');
      lines.prompt();
    }
  });
  let hasFailed = false;
  if (isWatched) lines.prompt();
  for await (const line of lines) {
    running = new AbortController();
    debug.signal = running.signal;
    const [name = '', ...rest] = line.trim().split(/\s+/);
    if (name !== '' && !name.startsWith('#')) {
      try {
        const command = commandNamed(name);
        if (command.names.includes('quit')) break;
        // What is typed keeps its blanks.
        output.line(
          await command.run(debug, rest.length === 0 ? '' : line.trim().slice(name.length).trimStart()),
        );
      } catch (error) {
        output.line(`${isWatched ? '' : `${line.trim()}: `}${tell(error)}`);
        hasFailed = true;
      }
    }
    running = null;
    if (isWatched) lines.prompt();
  }
  lines.close();
  return hasFailed && !isWatched ? EXIT_USAGE : EXIT_OK;
}
