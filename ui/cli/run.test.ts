/** The terminal as a console: what leaves it and what does not, and what every way out means as an exit status. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { helloKernel } from '../../guests/tests/hello.ts';
import { moteImages } from '../../guests/toolchain/mote-node.ts';
import { bug } from '../../hypervisor/bug.ts';
import { Xen } from '../../hypervisor/xen.ts';
import { loadCore } from '../lab/core-node.ts';
import type { DomainRequest } from '../lab/host.ts';
import { Lab } from '../lab/lab.ts';
import { status } from './boot.ts';
import { main } from './main.ts';
import { runInTerminal, SILENCE_NS, type Ending } from './run.ts';
import { Keyboard, takeOutput } from './testing.ts';

const CTRL_BACKSLASH = '\x1c';
const CTRL_RIGHT_BRACKET = '\x1d';

const kernel = await helloKernel();

function bootHello(): Promise<Lab> {
  return Lab.boot(loadCore(), { kernel, commandLine: '', memoryMb: 16, vcpus: 1 });
}

describe('a terminal', () => {
  let printed = '';
  beforeEach(() => {
    printed = '';
    takeOutput((text) => (printed += text));
    return () => {
      vi.restoreAllMocks();
    };
  });

  /** Runs with these typed, each when what stands beside it has been printed. */
  async function run(...typed: readonly (readonly [after: string, keys: string])[]): Promise<Ending> {
    const keyboard = new Keyboard(true);
    const lab = await bootHello();
    const left = [...typed];
    lab.onConsole(() => setImmediate(offer));
    function offer(): void {
      while (left.length > 0 && printed.includes(left[0]![0])) keyboard.write(left.shift()![1]);
      if (left.length > 0) setImmediate(offer);
    }
    const ending = await runInTerminal(lab, {}, keyboard);
    expect(keyboard.isRaw).toBe(false);
    return ending;
  }

  it('Ctrl-] is a key like any other, for the guest', async () => {
    expect((await run(['Hello', `${CTRL_RIGHT_BRACKET}q`])).kind).toBe('ended');
    expect(printed).toContain('Good bye.');
  });

  it('Ctrl-\\ asks; q leaves', async () => {
    expect((await run(['Hello', CTRL_BACKSLASH], ['a domain runs: q ends it', 'q'])).kind).toBe('left');
    expect(printed).not.toContain('Good bye.');
  });

  it('Ctrl-\\ asks; any other key goes on, and the guest does not get it', async () => {
    const ending = await run(
      ['Hello', CTRL_BACKSLASH],
      ['q ends it', 'c'],
      ['goes on]', 'still here'],
      ['You typed h', 'q'],
    );
    expect(ending.kind).toBe('ended');
    expect(printed).toContain('Good bye.');
  });
});

it('a run without anybody to type ends where the guest waits for nothing but keys', async () => {
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  const lab = await Lab.boot(loadCore(), {
    ...(await moteImages()),
    commandLine: '',
    memoryMb: 64,
    vcpus: 1,
  });
  const ending = await runInTerminal(lab, {}, new Keyboard(false).end());
  expect(ending.kind).toBe('idle');
  // However it was cut: the clock stays where that came to be. Who wants to come to a time gets there.
  const other = await Lab.boot(loadCore(), lab.request as DomainRequest);
  while (other.run({ idle: true }, 123_457)?.kind !== 'idle');
  expect(other.place).toEqual(lab.place);
  expect((await runInTerminal(lab, { ns: 5e9 }, new Keyboard(false).end())).kind).toBe('time');
  expect(lab.ns).toBe(5e9);
  // Who has asked for a time is not told of the silence.
  const longNs = lab.ns + SILENCE_NS + 1e9;
  expect((await runInTerminal(lab, { ns: longNs }, new Keyboard(false).end())).kind).toBe('time');
  vi.restoreAllMocks();
});

describe('exit statuses', async () => {
  const lab = await bootHello();
  const nothing = { break: [] } as const;
  const until = { break: [], until: /never/ };
  const atLine = { break: [{ file: 'main.ts', line: 1 }] };
  it.each([
    ['idle', { kind: 'idle' }, nothing, 4],
    ['idle before the text', { kind: 'idle' }, until, 4],
    ['left', { kind: 'left' }, nothing, 0],
    ['left before the text', { kind: 'left' }, until, 4],
    ['left before the breakpoint', { kind: 'left' }, atLine, 4],
    ['ended', { kind: 'ended' }, nothing, 0],
    ['ended before the text', { kind: 'ended' }, until, 4],
    ['ended before the breakpoint', { kind: 'ended' }, atLine, 4],
    ['the text', { kind: 'text', text: 'never' }, until, 0],
    ['out of time', { kind: 'time' }, nothing, 5],
    ['silent', { kind: 'silent' }, nothing, 5],
  ] as const)('%s', (_how, ending, options, expected) => {
    expect(status(lab, ending, options)).toBe(expected);
  });
});

it('who reads no more of the output ends the run', async () => {
  const bin = fileURLToPath(new URL('bin.js', import.meta.url));
  const child = spawn(process.execPath, [bin, 'boot', '--until', 'never'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  child.stdout.once('data', () => child.stdout.destroy());
  const ended = await new Promise((done) => child.on('close', done));
  expect(said.replace(/^xenoscope: building .*\n/gm, '')).toBe('');
  expect(ended).toBe(141);
});

it('a fault of Xen’s own is a report on stderr and status 7', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'xenoscope-'));
  const file = join(folder, 'hello.elf');
  writeFileSync(file, kernel);
  const said: string[] = [];
  const stderr = vi.spyOn(process.stderr, 'write').mockImplementation((text) => said.push(String(text)) > 0);
  const stdout = vi.spyOn(process.stdout, 'write').mockImplementation(() => true);
  const fails = vi.spyOn(Xen.prototype, 'run').mockImplementation(() => bug('frame 5 is freed twice'));
  try {
    expect(await main(['node', 'xenoscope', 'boot', file, '--for', '1'])).toBe(7);
  } finally {
    for (const spy of [stderr, stdout, fails]) spy.mockRestore();
    rmSync(folder, { recursive: true });
  }
  expect(said.join('')).toMatch(
    /The host has crashed.*\nXen BUG: frame 5 is freed twice\nat instruction 0, /,
  );
});
