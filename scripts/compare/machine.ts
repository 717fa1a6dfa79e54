/** A machine as a process of this one: its console is the process's input and output, and what it costs is what the process does. */
import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Of /proc/PID/stat: clock ticks a second, and where the CPU times of a process and of those that it has waited for begin. */
const TICKS_PER_SECOND = 100;
const FIRST_TIME = 11;
const TIMES = 4;
/** Seconds of the wall clock: whoever is silent for so long does not answer any more. */
const PATIENCE_SECONDS = 900;

/** How a machine is started. */
export interface Way {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** It has printed this when one can type; null: at once. */
  readonly ready: RegExp | null;
}

export class MachineProcess {
  private readonly child: ChildProcessWithoutNullStreams;
  private text = '';
  private heard: () => void = () => undefined;

  constructor({ command, args, environment }: Way) {
    this.child = spawn(command, args, { env: { ...process.env, ...environment } });
    for (const stream of [this.child.stdout, this.child.stderr])
      stream.on('data', (bytes: Buffer) => {
        this.text += bytes.toString('latin1');
        this.heard();
      });
    this.child.on('exit', () => {
      this.heard();
    });
  }

  type(line: string): void {
    this.text = '';
    this.child.stdin.write(`${line}\n`);
  }

  /** Waits until it has printed this. Rejects where it ends before, or is silent for ever. */
  async until(wanted: RegExp): Promise<void> {
    while (!wanted.test(this.text)) {
      if (this.child.exitCode !== null) throw new Error(`it has ended: ${this.text.slice(-500)}`);
      const before = this.text.length;
      await new Promise<void>((done) => {
        const timer = setTimeout(done, PATIENCE_SECONDS * 1000);
        this.heard = () => {
          clearTimeout(timer);
          done();
        };
      });
      if (this.text.length === before && this.child.exitCode === null)
        throw new Error(`it says nothing any more: ${this.text.slice(-500)}`);
    }
  }

  /** What it has taken of the processors until now, its children too. */
  get cpuSeconds(): number {
    const stat = readFileSync(`/proc/${String(this.child.pid)}/stat`, 'latin1');
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .slice(FIRST_TIME, FIRST_TIME + TIMES);
    return fields.reduce((sum, ticks) => sum + Number(ticks), 0) / TICKS_PER_SECOND;
  }

  /** The most memory that it has had, in MiB. */
  get memoryMb(): number {
    const status = readFileSync(`/proc/${String(this.child.pid)}/status`, 'latin1');
    return Number(/VmHWM:\s*(\d+) kB/.exec(status)?.[1] ?? 0) / 1024;
  }

  end(): void {
    this.child.kill('SIGKILL');
  }
}
