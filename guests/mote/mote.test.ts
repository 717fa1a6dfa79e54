/** Mote as a person uses it: typed at its console, on our Xen. */
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { SHUTDOWN_poweroff } from '../../hypervisor/abi/sched.ts';
import { checkFrameTable } from '../../hypervisor/state/check.ts';
import { loadCore } from '../../ui/lab/core-node.ts';
import { describeEnd } from '../../ui/lab/ending.ts';
import { Lab } from '../../ui/lab/lab.ts';
import { stateHash } from '../../ui/lab/state-hash.ts';
import { moteImages } from '../toolchain/mote-node.ts';
import type { MoteImages } from '../toolchain/mote.ts';

const SLICE_TICKS = 50_000_000;
const PATIENCE_NS = 60e9;
const PROMPT = /\n(\/\S*) \$ $/;

let images: MoteImages;
beforeAll(async () => {
  images = await moteImages();
});

class Terminal {
  readonly lab: Lab;
  text = '\n';
  private readonly decoder = new TextDecoder();

  private constructor(lab: Lab) {
    this.lab = lab;
    lab.onConsole((bytes) => {
      this.text += this.decoder.decode(bytes, { stream: true });
    });
  }

  static async boot(memoryMb = 32): Promise<Terminal> {
    const lab = await Lab.boot(loadCore(), { ...images, commandLine: '', memoryMb, vcpus: 1 });
    const terminal = new Terminal(lab);
    terminal.until(PROMPT);
    return terminal;
  }

  /** Runs until what was printed since the last input ends as `wanted`. */
  until(wanted: RegExp): void {
    const ns = this.lab.ns + PATIENCE_NS;
    while (!wanted.test(this.text)) {
      const stop = this.lab.run({ text: wanted, ns }, SLICE_TICKS);
      if (stop === undefined || stop.kind === 'text') continue;
      throw new Error(
        `${stop.kind} while waiting for ${String(wanted)}:\n${this.text}\n${describeEnd(this.lab.domain)}`,
      );
    }
  }

  type(keys: string): void {
    this.text = '';
    this.lab.type(new TextEncoder().encode(keys));
  }

  /** What a command line prints. */
  run(line: string): string {
    this.type(`${line}\r`);
    this.until(PROMPT);
    const lines = this.text.replaceAll('\r', '').split('\n');
    return lines.slice(1, -1).join('\n');
  }

  check(): void {
    const { frames, domains } = this.lab.hypervisor;
    expect(checkFrameTable(frames, domains)).toEqual([]);
  }
}

describe('a session at the shell', () => {
  let terminal: Terminal | undefined;
  afterEach(() => {
    terminal?.check();
  });
  async function session(): Promise<Terminal> {
    terminal ??= await Terminal.boot();
    return terminal;
  }

  it('greets and lists what there is', async () => {
    const { run } = bound(await session());
    expect(run('ls /')).toMatch(/bin +dev +etc/);
    expect(run('uname -a')).toBe('Mote mote 1.0 Xen PV x86_64');
    expect(run('date')).toMatch(/^Sat Jan {2}1 00:00:0\d UTC 2028$/);
  });

  it('pipes, redirects, and keeps statuses', async () => {
    const { run } = bound(await session());
    expect(run('seq 100 | grep 7 | wc')).toBe('19  19  56');
    expect(run('echo one > /tmp/a; echo two >> /tmp/a; cat < /tmp/a')).toBe('one\ntwo');
    expect(run('cat /nowhere 2> /tmp/e; echo $?; cat /tmp/e')).toBe(
      '1\ncat: /nowhere: No such file or directory',
    );
    expect(run('true && echo yes || echo no; false || echo no')).toBe('yes\nno');
    expect(run('nosuch; echo $?')).toBe('sh: nosuch: not found\n127');
  });

  it('runs scripts with variables, loops, conditions, functions and substitutions', async () => {
    const { run } = bound(await session());
    run(`echo 'for i in 1 2 3; do if [ $i -eq 2 ]; then continue; fi; echo "$1-$i"; done; exit 5' > /tmp/s`);
    expect(run('sh /tmp/s arg; echo $?')).toBe('arg-1\narg-3\n5');
    expect(run('x=$(echo a b); for w in $x "$x"; do echo "<$w>"; done')).toBe('<a>\n<b>\n<a b>');
    expect(run('f() { echo $#: $2; return 3; }; f p q; echo $?')).toBe('2: q\n3');
    expect(run("case file.ts in *.c) echo C;; *.ts) echo TypeScript;; esac; echo '$x' \\$x")).toBe(
      'TypeScript\n$x $x',
    );
    expect(run('cd /bin; echo tr* [p]wd; cd /')).toBe('true pwd');
  });

  it('makes, copies, moves and removes files and directories', async () => {
    const { run } = bound(await session());
    expect(run('mkdir -p /tmp/d/e; echo hi > /tmp/d/e/f; cp -r /tmp/d /tmp/g; cat /tmp/g/e/f')).toBe('hi');
    expect(run('mv /tmp/g /tmp/h; ln -s /tmp/h/e /tmp/l; cat /tmp/l/f; cd /tmp/l; pwd; cd /')).toBe(
      'hi\n/tmp/h/e',
    );
    expect(run('rmdir /tmp/h; rm -r /tmp/h /tmp/d /tmp/l; ls /tmp')).toMatch(
      /^rmdir: \/tmp\/h: Directory not empty\na +e +s$/,
    );
    expect(run('dd if=/dev/zero of=/tmp/z bs=4k count=300; ls -l /tmp/z; rm /tmp/z')).toMatch(
      /1228800 bytes[^]*1228800/,
    );
  });

  it('runs jobs in the background, and Ctrl-C ends what is in front', async () => {
    const shell = await session();
    expect(shell.run('sleep 0.2 & wait; echo waited')).toMatch(/^\[1\] \d+\nwaited$/);
    shell.type('spin\r');
    shell.lab.run({ ns: shell.lab.ns + 50e6 }, SLICE_TICKS);
    shell.type('\x03');
    shell.until(PROMPT);
    expect(shell.run('echo $?')).toBe('130');
    expect(shell.run('primes 10000')).toContain('1229 below 10000');
  });

  it('ends what the shell itself does at Ctrl-C, all of the line', async () => {
    const shell = await session();
    const loops = [
      'while true; do true; done; echo never',
      'for n in $(seq 1 9999); do true; done; echo never',
      'until false; do test a = b; done && echo never',
      'f() { while true; do x=$((x + 1)); done; }; f; echo never',
    ];
    for (const loop of loops) {
      shell.type(`${loop}\r`);
      shell.lab.run({ ns: shell.lab.ns + 50e6 }, SLICE_TICKS);
      shell.type('\x03');
      shell.until(PROMPT);
      expect(shell.run('echo $?'), loop).toBe('130');
    }
    // And what comes after it is done as ever.
    expect(shell.run('for n in 1 2; do echo $n; done')).toBe('1\n2');
  });

  it('edits lines: the history, the cursor, completion', async () => {
    const shell = await session();
    expect(shell.run('echo first')).toBe('first');
    expect(shell.run('\x1b[A')).toBe('first');
    expect(shell.run('cho x\x01e\x05y')).toContain('xy');
    expect(shell.run('unam\t -a')).toContain('Mote mote');
    // Ctrl-C gives up all lines of a command that is not whole yet.
    for (const begun of ['cat > /tmp/given-up << END', 'if true; then', 'echo "a']) {
      shell.type(`${begun}\r`);
      shell.until(/\n> $/);
      shell.type('more\x03');
      shell.until(PROMPT);
      expect(shell.run('echo $?; ls /tmp/given-up'), begun).toMatch(/^130\nls: /);
    }
  });

  it('ends a program that goes wrong, and nothing else', async () => {
    const { run } = bound(await session());
    const often = (): void => {
      for (let n = 0; n < 20; n++) run('ls / | cat | cat > /dev/null');
    };
    // The shell's memory of what was typed grows up to its bound.
    often();
    often();
    const free = run('free');
    often();
    expect(run('free')).toBe(free);
    expect(run('sh -c "f() { f; }; f"; echo $?')).toMatch(/too deeply|139|2$/);
  });

  it('survives more processes than there are places for', async () => {
    const { run } = bound(await session());
    const out = run('sh -c "for i in $(seq 100 | cat); do sleep 3 & done" 2> /tmp/e; wc /tmp/e; echo lives');
    expect(out).toContain('lives');
    run('sleep 4');
    expect(run('echo still')).toBe('still');
  });

  it('powers off at exit', async () => {
    const shell = await session();
    shell.type('exit\r');
    while (shell.lab.run({}, SLICE_TICKS) === undefined);
    expect(shell.text).toContain('Mote: powering off');
    expect(shell.lab.domain.shutdown?.reason).toBe(SHUTDOWN_poweroff);
  });
});

function bound(terminal: Terminal): { run: (line: string) => string } {
  return { run: (line) => terminal.run(line) };
}

it('goes the same way each time, to the bit', async () => {
  const hashes = new Set<string>();
  for (let n = 0; n < 2; n++) {
    const shell = await Terminal.boot();
    shell.run('ls -l /bin | sort -r | tail -n 3; primes 100000');
    hashes.add(`${await stateHash(shell.lab.hypervisor)} at ${String(shell.lab.instructions)}`);
  }
  expect(hashes.size).toBe(1);
});

it('tells what is wrong with a ramdisk, and with none', async () => {
  const ramdisk = images.ramdisk.slice(0, 100_000);
  const cut = await Lab.boot(loadCore(), { ...images, ramdisk, commandLine: '', memoryMb: 32, vcpus: 1 });
  let text = '';
  cut.onConsole((bytes) => {
    text += new TextDecoder().decode(bytes);
  });
  while (cut.run({ ns: 5e9 }, SLICE_TICKS) === undefined);
  expect(text).toMatch(/ramdisk: .* at byte \d+/);
});
