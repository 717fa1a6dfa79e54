/** For tests of the command line: a keyboard, what is printed, and the command in a process of its own. */
import { spawn } from 'node:child_process';
import { PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { vi } from 'vitest';
import { main } from './main.ts';

export const BIN = fileURLToPath(new URL('bin.js', import.meta.url));

/** A terminal, or a pipe, as process.stdin would be; whether it is raw. */
export class Keyboard extends PassThrough {
  readonly isTTY: boolean;
  isRaw = false;

  constructor(isTTY: boolean) {
    super();
    this.isTTY = isTTY;
  }

  setRawMode(raw: boolean): void {
    this.isRaw = raw;
  }
}

/** Takes what this process prints, in place of the terminal, until `vi.restoreAllMocks`. */
export function takeOutput(print: (text: string) => void): void {
  const take = (chunk: string | Uint8Array): boolean => {
    print(typeof chunk === 'string' ? chunk : new TextDecoder().decode(chunk));
    return true;
  };
  vi.spyOn(process.stdout, 'write').mockImplementation(take);
  vi.spyOn(process.stderr, 'write').mockImplementation(take);
}

export interface Result {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `xenoscope ARGS` in a process of its own, with `input` on its standard input. */
export function xenoscope(args: readonly string[], input = ''): Promise<Result> {
  return new Promise((done) => {
    const child = spawn(process.execPath, [BIN, ...args], { stdio: 'pipe' });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.on('close', (status) => {
      done({ status, stdout, stderr });
    });
    child.stdin.end(input);
  });
}

/** The same for `xenoscope boot ARGS`. */
export function boot(args: readonly string[], input = ''): Promise<Result> {
  return xenoscope(['boot', ...args], input);
}

/** As `boot`, in this process, for what ends before anything runs: that a process of its own says it is seen with the others. */
export async function refused(args: readonly string[]): Promise<Omit<Result, 'stdout'>> {
  let stderr = '';
  const written = vi.spyOn(process.stderr, 'write').mockImplementation((chunk) => {
    stderr += String(chunk);
    return true;
  });
  const status = await main([process.execPath, BIN, 'boot', ...args]);
  written.mockRestore();
  return { status, stderr };
}
