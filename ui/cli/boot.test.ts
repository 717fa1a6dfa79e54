/** The command line as a user runs it. */
import { mkdirSync, mkdtempSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { helloKernel } from '../../guests/tests/hello.ts';
import { readSources } from '../../guests/toolchain/node.ts';
import { boot, refused } from './testing.ts';

const HELLO_FOLDER = fileURLToPath(new URL('../../guests/tests/kernels/hello', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'xenoscope-'));

function file(name: string, bytes: Uint8Array | string): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

/** Folders to share. */
function shareWith(name: string, ...files: readonly string[]): string {
  const path = join(folder, `with-${name}`);
  mkdirSync(path);
  for (const each of files) writeFileSync(join(path, each), '');
  return path;
}
function largeFolder(): string {
  const path = shareWith('huge', 'huge');
  // A hole: nobody is to read it.
  truncateSync(join(path, 'huge'), 2 ** 30 + 1);
  return path;
}
function circle(): string {
  const path = shareWith('circle');
  symlinkSync(path, join(path, 'again'));
  return path;
}

const kernel = await helloKernel();

describe('a small kernel', () => {
  const hello = file('hello', kernel);
  it('greets, echoes keys, powers off: status 0', async () => {
    const { status, stdout, stderr } = await boot([hello], 'hello Xen\nq');
    expect(stdout).toContain('Hello from a kernel in TypeScript, with 32768 pages of memory.');
    expect(stdout).toMatch(/You typed h\r\nYou typed e\r\n[^]*You typed X\r\n/);
    expect(stdout).toContain('Good bye.');
    expect(stderr).toContain('The domain has powered off.');
    expect(stderr).toContain('alone on its host, without xenstore');
    expect(status).toBe(0);
  });

  it('counts seconds by its timer', async () => {
    const { status, stdout } = await boot([hello, '--until', 'tick 3', '--memory', '16']);
    expect(stdout).toMatch(/4096 pages[^]*tick 1\r\ntick 2\r\ntick 3/);
    expect(status).toBe(0);
  });

  it('crashes: status 3, with registers, RIP and stack', async () => {
    const { status, stderr } = await boot([hello], 'c');
    expect(stderr).toContain('The domain has crashed.');
    expect(stderr).toMatch(/RIP: +e033:\[<ffffffff80[0-9a-f]{6}>\]/);
    expect(stderr).toMatch(/rax: [0-9a-f]{16}/);
    expect(stderr).toContain('Guest stack trace');
    expect(status).toBe(3);
  });

  it('ends before the text: status 4; out of time: status 5', async () => {
    const [early, late] = await Promise.all([
      boot([hello, '--until', 'never'], 'q'),
      boot([hello, '--for', '0.5']),
    ]);
    expect(early.status).toBe(4);
    expect(late.status).toBe(5);
    expect(late.stderr).toContain('0.5 s of guest time are over');
  });

  it('has one hash, traced or not, and a trace that shows what it did', async () => {
    const path = join(folder, 'trace.txt');
    const [plain, traced] = await Promise.all([
      boot([hello, '--for', '2', '--hash', '--counts']),
      boot([hello, '--for', '2', '--hash', '--trace', path]),
    ]);
    const hash = /^[0-9a-f]{64} at instruction \d+$/m;
    expect(plain.stdout).toMatch(hash);
    expect(hash.exec(traced.stdout)?.[0]).toBe(hash.exec(plain.stdout)?.[0]);
    expect(plain.stderr).toMatch(/\d+ {2}hypercall sched_op/);
    const trace = readFileSync(path, 'utf8');
    expect(trace).toMatch(/ d1v0 callback_op\(.*CALLBACKOP_register.*\) = 0/);
    expect(trace).toMatch(/ xen {2}timer singleshot of vcpu 0/);
  });

  it('writes a trace in sentences, too', async () => {
    const path = join(folder, 'words.txt');
    await boot([hello, '--for', '2', '--trace', path, '--words']);
    expect(readFileSync(path, 'utf8')).toMatch(
      /^\d\.\d{9} dom 1 says where Xen enters its kernel for event: 0x[0-9a-f]{16}$/m,
    );
  });
});

describe('breakpoints', () => {
  it('ends before a line, and tells who called it: status 6', async () => {
    const { status, stdout, stderr } = await boot([HELLO_FOLDER, '--break', 'main.ts:29', '--for', '5']);
    expect(stdout).toMatch(/\r\ntick 1$/);
    expect(stderr).toContain('Breakpoint at tests/kernels/hello/main.ts:29, instruction ');
    expect(stderr).toMatch(/vcpu 0, kernel mode\n {4}at main \(tests\/kernels\/hello\/main.ts:29\)\n {4}at /);
    expect(status).toBe(6);
  });

  it('goes on with the next line of the function that has code; where none has, it says so: status 2', async () => {
    const { length } = readSources().get('mote/main.ts')!.split('export function main')[0]!.split('\n');
    const [moved, none, bad] = await Promise.all([
      boot(['--break', `mote/main.ts:${String(length)}`]),
      boot(['--break', 'mote/main.ts:1000']),
      boot(['--break', 'mote/main.ts']),
    ]);
    expect(moved.stderr).toMatch(/mote\/main.ts:\d+ has no code, line \d+ has/);
    expect(moved.status).toBe(6);
    expect(none.stderr).toMatch(/^xenoscope: mote\/main.ts:1000: no code is there/);
    expect([none.status, bad.status]).toEqual([2, 2]);
  });
});

describe('Mote', () => {
  it('boots where no kernel is named, to a shell that does as it is told; poweroff ends it: status 0', async () => {
    const typed = 'echo $((1)) Mote-$(uname)\rls /bin | grep -c s\rexit\r';
    const { status, stdout, stderr } = await boot([], typed);
    expect(stdout).toContain('/ $ ');
    expect(stdout).toContain('\r\n1 Mote-Mote\r\n');
    expect(stderr).toContain('The domain has powered off.');
    expect(status).toBe(0);
  });

  it('is not believed to have answered when it only shows what was typed', async () => {
    const { status, stdout, stderr } = await boot(['--until', 'DONE'], 'sleep 1; echo DONE\r');
    expect(stderr).not.toContain('waits for input');
    expect(stdout).toMatch(/echo DONE\r\nDONE$/);
    expect(status).toBe(0);
  });

  it('is domain 0 if it is asked to be, and makes domains', async () => {
    const args = ['--dom0', '--memory', '64', '--until', 'domain mote .id=1.[^]*\nMote\r', '--for', '20'];
    const { status, stdout } = await boot(args, 'xm list\rxm create -c mote\runame\r');
    expect(stdout).toMatch(/\nDomain-0 +0 +64 +1 +r-----/);
    expect(status).toBe(0);
  });

  it('has the disks and files that it is given, and leaves them as they are', async () => {
    const share = join(folder, 'share');
    mkdirSync(join(share, 'sub'), { recursive: true });
    writeFileSync(join(share, 'sub', 'file'), 'a file of mine\n');
    const more = join(folder, 'more');
    mkdirSync(more);
    symlinkSync(join(share, 'sub', 'file'), join(more, 'link'));
    const disk = file('disk', 'a disk of mine\n'.padEnd(1024));
    const args = ['--dom0', '--memory', '64', '--share', share, '--share', more];
    const { status, stdout } = await boot(
      [...args, '--disk', disk, '--disk', `${disk},ro`, '--until', '\nthe end\r', '--for', '20'],
      'cat /lab/sub/file /lab/link; head -n 1 /dev/vda /dev/vdb; echo gone > /lab/sub/file; ' +
        'echo x > /dev/vdb; echo gone > /dev/vda; head -n 1 /dev/vda; echo the end\r',
    );
    expect(stdout).toContain('a file of mine\r\na file of mine\r\n==> /dev/vda <==\r\na disk of mine');
    expect(stdout).toMatch(/Read-only file system\r\ngone\r\n/);
    expect(status).toBe(0);
    expect(readFileSync(join(share, 'sub', 'file'), 'utf8')).toBe('a file of mine\n');
    expect(readFileSync(disk, 'utf8')).toMatch(/^a disk of mine\n/);
  });

  it('is built from a folder like any kernel; what is wrong with one is told by file and line: status 2', async () => {
    const own = join(folder, 'own');
    mkdirSync(own);
    writeFileSync(
      join(own, 'main.ts'),
      "import { print } from 'kernel/console/print';\nexport function main(): void {\n  prnt('x');\n}\n",
    );
    const { status, stderr } = await boot([own]);
    expect(stderr).toBe(`xenoscope: ${own}/main.ts:3:3: Cannot find name 'prnt'.\n`);
    expect(status).toBe(2);
    const missing = await boot([folder]);
    expect(missing.stderr).toContain('there is no main.ts');
    expect(missing.status).toBe(2);
  });
});

describe('what cannot be booted is one line on stderr and status 2', () => {
  const elf = kernel;
  const edited = (at: number, byte: number): Uint8Array => {
    const copy = elf.slice();
    copy[at] = byte;
    return copy;
  };
  const cases: readonly (readonly [what: string, args: () => readonly string[], message: RegExp])[] = [
    ['a file that is not there', () => [join(folder, 'absent')], /cannot read .*absent/],
    ['an empty file', () => [file('empty', '')], /empty: /],
    ['text', () => [file('text', 'no kernel at all\n'.repeat(100))], /text: .*not a/],
    ['a truncated kernel', () => [file('short', elf.subarray(0, 5000))], /short: .*truncated|short: .*ends/],
    ['another architecture', () => [file('arm', edited(18, 0xb7))], /arm: .*(architecture|machine|x86)/i],
    ['an ELF without notes', () => [file('bare', edited(64 + 56, 0))], /bare: .*note/i],
    ['too little memory', () => [file('small', elf), '--memory', '1'], /small: .*(memory|fit)/],
    ['no ramdisk', () => ['--ramdisk', join(folder, 'absent')], /cannot read .*absent/],
    [
      'a scheduler that there is not',
      () => ['--xen', 'sched=fifo'],
      /no scheduler named fifo; there is .*rrobin/,
    ],
    ['too many vcpus', () => ['--vcpus', '100000'], /vcpus/],
    ['a disk without domain 0', () => ['--disk', file('some', elf)], /are for domain 0: give --dom0, too/],
    ['words of no trace', () => ['--words'], /--words is for a trace: give --trace FILE, too/],
    ["another kernel for Debian's domain 0", () => ['some', '--debian-dom0'], /it goes without another/],
    ["all of what is not Debian's", () => ['--dom0', '--whole'], /--whole is for --debian-dom0/],
    ['a login of what has none', () => ['--dom0', '--at-login'], /--at-login is for --debian-dom0/],
    [
      'a login with a disk that may be another by then',
      () => ['--debian-dom0', '--at-login', '--disk', 'some'],
      /--at-login goes without --disk/,
    ],
    ['host memory without domain 0', () => ['--host-memory', '512'], /--host-memory is for a host with/],
    ['parameters of domain 0 without it', () => ['--xen', 'dom0_mem=64M'], /dom0_mem= .*give --dom0/],
    ['no disk', () => ['--dom0', '--disk', join(folder, 'absent,ro')], /cannot read .*absent: /],
    ['an empty disk', () => ['--dom0', '--disk', file('empty', '')], /empty: an empty file is no disk/],
    [
      'five disks',
      () => [
        '--dom0',
        ...Array(5)
          .fill(['--disk', file('some', elf)])
          .flat(),
      ],
      /4 disks at most/,
    ],
    ['a share that is a file', () => ['--dom0', '--share', file('some', elf)], /some: it is no folder/],
    ['no share', () => ['--dom0', '--share', join(folder, 'absent')], /cannot read .*absent/],
    ['a share too large', () => ['--dom0', '--share', largeFolder()], /huge: .* more than 1024 MiB/],
    ['a share in a circle', () => ['--dom0', '--share', circle()], /again: this link leads back/],
    [
      'two shares with one file',
      () => ['--dom0', '--share', shareWith('one', 'same'), '--share', shareWith('two', 'same')],
      /two.same: another folder has a same, too/,
    ],
  ];
  it.each(cases)('%s', async (_what, args, message) => {
    const { status, stderr } = await refused(args());
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).toMatch(message);
    expect(status).toBe(2);
  });

  it.each([
    ['an unknown option', ['--frobnicate']],
    ['a memory that is no number', ['--memory', 'much']],
    ['a bad expression', ['--until', '(']],
    ['no time at all', ['--for', '0']],
    ["another root for Debian's domain 0", ['--debian-dom0', '--ramdisk', 'some']],
  ])('%s', async (_what, args) => {
    const { status, stderr } = await refused(args);
    expect(stderr).toMatch(/^error: /);
    expect(status).toBe(2);
  });
});

it('is refused by a process of its own, too', async () => {
  const absent = await boot([join(folder, 'absent')]);
  expect(absent.stderr).toMatch(/^xenoscope: cannot read .*absent[^\n]*\n$/);
  expect([absent.status, absent.stdout]).toEqual([2, '']);
  expect((await boot(['--frobnicate'])).status).toBe(2);
});

it('the README has every option and exit status that --help has', async () => {
  const { stdout } = await boot(['--help']);
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  const told = [...stdout.matchAll(/^ {2}(?:(--[a-z]+)|(\d)) /gm)].map(([, option, status]) =>
    option === undefined ? `\n| ${status!} ` : `\`${option}`,
  );
  expect(told.length).toBeGreaterThan(15);
  expect(told.filter((each) => !readme.includes(each))).toEqual([]);
});
