/** Mote as a person uses it: one machine, whose console gets commands and shows what they print. */
import { expect, test } from 'vitest';
import { SHUTDOWN_poweroff } from '../../hypervisor/abi/sched.ts';
import { checkFrameTable } from '../../hypervisor/state/check.ts';
import { loadCore } from '../../ui/lab/core-node.ts';
import { Lab } from '../../ui/lab/lab.ts';
import { moteImages } from '../toolchain/mote-node.ts';

const PATIENCE_TICKS = 20e9;
const PROMPT = /(?:^|\n)\/\S* \$ $/;

const { kernel, ramdisk } = await moteImages();
const lab = await Lab.boot(loadCore(), { kernel, ramdisk, commandLine: '', memoryMb: 32, vcpus: 1 });
let screen = '';
lab.onConsole((bytes) => (screen += new TextDecoder().decode(bytes).replaceAll('\r', '')));
lab.run({ text: PROMPT }, PATIENCE_TICKS);
const greeting = screen;

function type(keys: string): void {
  lab.type(new TextEncoder().encode(keys));
}

/** Lets the machine run until the console ends so. */
function until(text: RegExp): void {
  expect(lab.run({ text }, PATIENCE_TICKS)?.kind, screen).toBe('text');
}

/** Types a command, and gives what it printed when the shell has its prompt again. */
function run(command: string): string {
  screen = '';
  type(`${command}\r`);
  until(/\n\/\S* \$ $/);
  return screen.replace(/^[^\n]*\n/, '').replace(PROMPT, '');
}

test('a shell greets', () => {
  expect(greeting).toContain('Welcome to Mote');
  expect(greeting).toMatch(PROMPT);
});

test('help and man tell what there is, and what is called with what', () => {
  expect(run('help')).toMatch(
    /\n {2}\. +: +\[ .*\n[^]*Programs:\n {2}cat .*cmp[^]*xenstore-write\nhelp NAME tells/,
  );
  expect(run('man tail cd nothing; echo $?')).toBe(
    'tail [-n LINES | -LINES] [FILE...]: the last lines, ten unless said otherwise.\n' +
      'cd [DIRECTORY]: goes there; home, without one.\n' +
      'sh: there is no help for nothing; help alone lists what there is\n1',
  );
  expect(run('type cat clear nothing; echo $?')).toBe(
    'cat is /bin/cat\nclear is a builtin\nsh: type: nothing: not found\n1',
  );
  type('clear\r');
  until(/\x1b\[2J\x1b\[H\/ \$ $/);
});

test('a shell runs files in itself, and texts; functions have variables of their own', () => {
  run("echo 'x=from-file; f() { local x=inner y; y=2; echo $x; }' > /tmp/common");
  expect(run('. /tmp/common; f; echo $x "$y."; eval \'z="$x"\'; echo $z; : > /tmp/made; ls /tmp/made')).toBe(
    'inner\nfrom-file .\nfrom-file\n/tmp/made',
  );
  expect(run('echo `echo one; echo two` "`echo $x`"; (exec echo three); . /tmp/none; echo $?')).toBe(
    'one two from-file\nthree\nsh: .: /tmp/none: No such file or directory\n1',
  );
});

test('trees are copied and packed as they are', () => {
  run(
    'mkdir -p /tmp/tree/sub; echo one > /tmp/tree/file; echo two > /tmp/tree/sub/other; ln -s file /tmp/tree/link',
  );
  run('cp -a /tmp/tree /tmp/copy');
  expect(run('ls -l /tmp/copy | grep -c link; cat /tmp/copy/link /tmp/copy/sub/other')).toBe('1\none\ntwo');
  expect(run('echo changed > /tmp/copy/file; cat /tmp/copy/link /tmp/tree/link')).toBe('changed\none');
  expect(
    run('cd /tmp; tar -cvf tree.tar tree; cd /; mkdir /tmp/out; tar -xf /tmp/tree.tar -C /tmp/out'),
  ).toMatch(/^tree\/\n(tree\/\S+\n?){4}$/);
  expect(run('cat /tmp/out/tree/link /tmp/out/tree/sub/other; tar tf /tmp/tree.tar | sort')).toBe(
    'one\ntwo\ntree/\ntree/file\ntree/link\ntree/sub/\ntree/sub/other',
  );
  expect(
    run('cd /tmp/tree; tar -c . | (cd /tmp/out; mkdir p; cd p; tar -x); cd /; cat /tmp/out/p/sub/other'),
  ).toBe('two');
  expect(
    run(
      'cp -dpR /tmp/tree /tmp/again; cat /tmp/again/link; tar -xzf x; echo $?; tar -x < /etc/motd; echo $?',
    ),
  ).toMatch(
    /^one\ntar: zcat: No such file or directory\n(tar: this does not look like a tar archive\n)?2\n(tar: this does not look like a tar archive\n)?[02]$/,
  );
});

test('a table of partitions is shown, and a place to swap to is made', () => {
  run('dd if=/dev/zero of=/tmp/disk bs=1024 count=64');
  expect(
    run(
      'mkswap /tmp/disk; dd if=/tmp/disk bs=2 skip=2043 count=5 2> /dev/null | grep -c SWAPSPACE2; fdisk -l /tmp/disk',
    ),
  ).toBe(
    [
      'Setting up swapspace version 1, size = 60 KiB',
      '1',
      'Disk /tmp/disk: 0 MB, 65536 bytes, 128 sectors',
      'Units: sectors of 1 * 512 = 512 bytes',
      "Disk /tmp/disk doesn't contain a valid partition table",
    ].join('\n'),
  );
  expect(run('fdisk /tmp/disk; echo $?')).toMatch(
    /^fdisk: tables are shown here, and not changed\nfdisk: usage: .*\n2$/,
  );
});

test('Ctrl-D at the first shell asks before it powers off; at another it ends that', () => {
  screen = '';
  type('\x04');
  until(/Power off\? \(y\/n\) $/);
  type('n');
  until(/\n\/ \$ $/);
  type('sh\r');
  until(/\n\/ \$ $/);
  type('\x04');
  until(/\n\/ \$ $/);
  expect(screen).toMatch(/\(y\/n\) n\n\/ \$ sh\n\/ \$ \n\/ \$ $/);
});

test('a command longer than the screen is wide is one command', () => {
  const words = Array.from({ length: 40 }, (_, n) => `word${String(n)}`).join(' ');
  expect(run(`echo ${words}`)).toBe(words);
  expect(run('x=$((6 * 7)); echo a$((x + 1))b')).toBe('a43b');
});

test('files are made, shown, copied, moved and taken away', () => {
  expect(run('mkdir /d /d/e; echo one > /d/a; echo two >> /d/a; cat /d/a')).toBe('one\ntwo');
  expect(run('cp -r /d /c; mv /c/a /c/e/b; ls /c /c/e; cat /c/e/b')).toBe('/c:\ne\n\n/c/e:\nb\none\ntwo');
  expect(run('ln /d/a /d/l; rm /d/a; cat /d/l; ls -l /d')).toMatch(
    /^one\ntwo\ndrwxr-xr-x .* e\n-rw-r--r-- {2}1 {2}8 .* l$/,
  );
  expect(run('rmdir /d; rm -r /c /d; ls /c; echo $?')).toBe(
    'rmdir: /d: Directory not empty\nls: /c: No such file or directory\n1',
  );
});

test('errors are told as Unix tells them, and in the status', () => {
  expect(run('cat x; echo $?')).toBe('cat: x: No such file or directory\n1');
  expect(run('cat /bin > /y; cat < /nothing; echo $?')).toBe(
    'cat: /bin: Is a directory\nsh: /nothing: No such file or directory\n1',
  );
  expect(run('nothing; echo $?')).toBe('sh: nothing: not found\n127');
  expect(run('/etc; echo $?; cd /etc/motd')).toBe(
    'sh: /etc: Permission denied\n126\nsh: cd: /etc/motd: Not a directory',
  );
  expect(run('ls -z; echo $?')).toBe('ls: there is no option -z; usage: ls [-lad1] [PATH...]\n2');
  expect(run('if | fi')).toBe('sh: syntax error near `|`');
  expect(run('cat < /dev/zero > /dev/full; echo $?')).toBe(
    'cat: standard output: No space left on device\n1',
  );
  expect(run('echo x > /dev/full; echo $?')).toBe('sh: standard output: No space left on device\n1');
});

test('an assignment is as good as what was substituted in it; lines are taken apart at blanks', () => {
  expect(
    run('x=$(cat /nothing 2>/dev/null) || echo no; x=$(echo a) && echo $x; false; y=$?; echo $? $y'),
  ).toBe('no\na\n0 1');
  expect(
    run('echo "  a   b  c d  " > /l; echo last >> /l; while read -r x y; do echo "[$x][$y]"; done < /l'),
  ).toBe('[a][b  c d]\n[last][]');
});

test('programs are joined by pipes', () => {
  expect(run('seq 10 | grep 1 | sort -r | head -n 1')).toBe('10');
  expect(run('seq 2000 | wc -l; seq 3 | tail -n 1')).toBe('2000\n3');
  expect(run('cat /dev/zero | head -n 0; cat nothing 2>&1 | wc -w')).toBe('7');
  expect(run('seq 30 | tail -2; seq 30 | head -2; seq 9 | tail -n1 -; seq 2 | head -x')).toBe(
    '29\n30\n1\n2\n9\nhead: usage: head [-n LINES | -LINES] [FILE...]',
  );
  expect(run('seq 3 > /tmp/a; tail -1 /tmp/a /tmp/a none')).toBe(
    '==> /tmp/a <==\n3\n\n==> /tmp/a <==\n3\ntail: none: No such file or directory',
  );
  expect(run('seq 20000 | cat | cat | sort -n | tail -n 1')).toBe('20000');
  expect(run('dd if=/dev/zero of=/z bs=1000 count=100 2> /dev/null; wc -c < /z; rm /z')).toBe('100000');
});

test('patterns and regular expressions', () => {
  expect(run('echo /bin/[pq]*')).toMatch(/^\/bin\/pagetable (.* )?\/bin\/pwd$/);
  expect(run("seq 30 | grep '^.0*$' | wc -l; seq 30 | grep -c '2.*1'; echo 'a*b' | grep 'a\\*b'")).toBe(
    '12\n1\na*b',
  );
});

test('the language: variables, substitution, loops, conditions, functions', () => {
  expect(run('x="a  b"; echo $x "$x" \'$x\'; y=$(echo $x | wc -c); echo $y')).toBe('a b a  b $x\n4');
  expect(run('for i in 1 2 3; do if [ $i -eq 2 ]; then continue; fi; echo $i; done')).toBe('1\n3');
  expect(run('f() { echo $1 $#; return 3; }; f a b; echo $?')).toBe('a 2\n3');
  expect(run('case abc in a*) echo yes;; *) echo no;; esac; true && echo t || echo f')).toBe('yes\nt');
  expect(run('echo "$(case abc in x) echo no;; a*) echo yes;; esac) and $(echo case)"')).toBe('yes and case');
  expect(run('x=1; (x=2; echo $x); echo $x; export x; sh -c \'echo "[$x]" $0 $1\' n a')).toBe(
    '2\n1\n[1] n a',
  );
  expect(run('n=; while [ "$n" != xxx ]; do n=x$n; done; echo $n')).toBe('xxx');
});

test('exit and return give a status, or the last one', () => {
  expect(run('(false; exit); echo $?; (exit 3); echo $?; (exit 300); echo $?')).toBe('1\n3\n44');
  expect(run('f() { false; return; echo no; }; f; echo $?; g() { return 4; }; g; echo $?')).toBe('1\n4');
});

test('builtins with and without arguments', () => {
  expect(run('HOME=/etc; cd; pwd; unset HOME; cd; pwd; HOME=/; cd /bin; cd; pwd')).toBe('/etc\n/\n/');
  expect(run('set -- a b c; shift; echo $1 $#; shift 2; echo $#')).toBe('b 2\n0');
  expect(run('for i in 1 2; do for j in 1 2; do break 2; done; echo no; done; echo $i')).toBe('1');
  expect(run('for i in 1 2; do for j in 1 2; do continue 2; done; echo no; done; echo $i')).toBe('2');
  expect(run('for i in 1 2; do for j in 1 2; do break; done; echo $j; done')).toBe('1\n1');
  expect(run("export q=5; export | grep '^q'; sh -c 'echo $q'; unset q; echo [$q]")).toBe('q=5\n5\n[]');
  expect(run('echo a b c | (read x y; echo "$y-$x")')).toBe('b c-a');
  expect(run('export 5=x; echo $?')).toBe('sh: export: 5: Invalid argument\n1');
});

test('a script is a program', () => {
  run("echo 'echo $0: $#' > /s; echo 'for i; do echo \"<$i>\"; done; exit 4' >> /s");
  expect(run('sh /s a "b c"; echo $?; rm /s')).toBe('/s: 2\n<a>\n<b c>\n4');
});

test('jobs run in the background, are stopped and go on', () => {
  expect(run('sleep 1 & wait; echo done')).toMatch(/^\[1\] \d+\ndone$/);
  expect(run('spin &')).toMatch(/^\[1\] \d+$/);
  expect(run('kill $!; sleep 1')).toBe('[1] done spin');
  screen = '';
  type('sleep 5; echo $?\r');
  lab.run({}, 100e6);
  type('\x1a');
  until(/\$ $/);
  expect(run('jobs')).toMatch(/stopped sleep 5/);
  expect(run('fg')).toBe('sleep 5');
  screen = '';
  type('spin\r');
  lab.run({}, 100e6);
  type('\x03');
  until(/\$ $/);
  expect(run('echo $?')).toBe('130');
});

test('the line is edited, and lines come back', () => {
  expect(run('ehco x\x01\x1b[C\x1b[3~\x1b[Ch\x05y')).toBe('xy');
  expect(run('echo one')).toBe('one');
  expect(run('\x1b[A two')).toBe('one two');
  expect(run('abc\x15echo \x0bz')).toBe('z');
  expect(run('uname -\b\b -s')).toBe('Mote');
  expect(run('/bin/ech\tdone')).toBe('done');
});

test('what belongs to Xen is shown', () => {
  expect(run('hypercall xen_version 0')).toBe('xen_version(0) = 262161 (0x40011)');
  expect(run('hypercall memory_op 77; echo $?')).toBe('memory_op(77) = -38 (Function not implemented)\n1');
  expect(run('hypercall xen_version 1 @16')).toMatch(/= 0 \(0x0\)\n00000000 {2}2e 37 [0 ]+ {2}\|\.7\.+\|$/);
  expect(run('lsevtchn')).toMatch(/: VCPU 0: Virtual IRQ 0$/m);
  const walk = run('pagetable 0x60000000').split('\n');
  expect(walk).toHaveLength(6);
  expect(walk[4]).toMatch(/present user accessed$/);
  expect(run('pagetable 0x50000000; echo $?')).toMatch(/no page is there now\n1$/);
});

test('processes and memory are files of /proc', () => {
  expect(run('cat /proc/1/stat')).toMatch(/^1 \(init\) S 0 1( \d+){19}$/);
  expect(
    run('cd /proc/1; pwd; cd ../..; ls /proc/xen; cat /proc/0/stat; echo x > /proc/y; rm /proc/uptime'),
  ).toBe(
    [
      '/proc/1',
      'backends       capabilities   memory_target',
      'cat: /proc/0/stat: No such file or directory',
      'sh: /proc/y: Read-only file system',
      'rm: /proc/uptime: Read-only file system',
    ].join('\n'),
  );
  expect(run('mount')).toBe(
    'proc on /proc type proc (rw)\ndevfs on /dev type ramfs (rw)\nramfs on / type ramfs (rw)',
  );
  const ps = run('spin & ps');
  expect(ps).toMatch(/\n *\d+ +\d+ +\d+ +R +\d+ +0:00\.\d\d +spin\n/);
  expect(run('top 1 2').split('\x1b[H\x1b[J')[2]).toMatch(/TIME {2}COMMAND\n *\d+ +\d\d+% .* spin\n/);
  expect(run('kill $!; wait; echo $?')).toBe('143');
});

test('the balloon takes memory and gives it back', () => {
  const memory = /^Mem: +(\d+) /m;
  const free = Number(memory.exec(run('free'))![1]);
  // As the toolstack counts it: with what the kernel took at its start.
  const before = Number(run('cat /proc/xen/memory_target'));
  expect(before).toBe(lab.domain.totalPages * 4);
  const less = before - 4000;
  expect(run(`echo ${String(less)} > /proc/xen/memory_target; cat /proc/xen/memory_target`)).toBe(
    String(less),
  );
  expect(memory.exec(run('free'))![1]).toBe(String(free - 4000));
  expect(lab.domain.totalPages * 4).toBe(less);
  expect(run(`echo ${String(before)} > /proc/xen/memory_target; cat /proc/xen/memory_target`)).toBe(
    String(before),
  );
  expect(run('echo x > /proc/xen/memory_target; echo $?')).toBe('sh: standard output: Invalid argument\n1');
});

test('a here-document is input, and braces make several words', () => {
  expect(run('x=7; cat << EOF > /tmp/d\rline $x "q"\r\r$((x + 1))\rEOF')).toMatch(/> EOF$/);
  expect(run('cat /tmp/d')).toBe('line 7 "q"\n\n8');
  // More than a pipe takes.
  expect(
    run('for i in $(seq 1 200); do echo "$i $i $i $i $i $i $i $i" ; done > /tmp/many; wc -c < /tmp/many'),
  ).toBe('5536');
  expect(
    run('echo "cat << END | wc -c" > /tmp/s; cat /tmp/many >> /tmp/s; echo END >> /tmp/s; sh /tmp/s'),
  ).toBe('5536');
  expect(run('mkdir /tmp/{one,two}; ls -d /tmp/{one,two}; rmdir /tmp/{one,two}; rm /tmp/{d,many,s}')).toBe(
    '/tmp/one  /tmp/two',
  );
});

/** What ends only when it is ended, or ends the system, or has no options by its nature. */
const WITHOUT_OPTIONS = [
  'echo',
  'true',
  'false',
  'init',
  'sh',
  'spin',
  'thrash',
  'httpd',
  'udhcpc',
  'xenstore-watch',
];

test('an option that a program does not have is refused by it, and no option is taken for something else', () => {
  const programs = run('ls /bin | cat')
    .split('\n')
    .filter((name) => !WITHOUT_OPTIONS.includes(name));
  expect(programs.length).toBeGreaterThan(40);
  const said = run(
    `for p in ${programs.join(' ')}; do /bin/$p --odd < /dev/null > /tmp/said 2>&1; echo $p $?; done; rm /tmp/said`,
  );
  expect(said.split('\n')).toEqual(programs.map((name) => `${name} 2`));
  expect(run('uname -rm; uname -ms; uname -r -x; echo $?')).toBe(
    '1.0 x86_64\nMote x86_64\nuname: there is no option -x; usage: uname [-snrvma]\n2',
  );
  expect(run('date -s 2007; echo $?; kill -l | head -n 2; ifconfig -a')).toMatch(
    /^date: there is no option -s; usage: date \[-u\]\n2\n 1\) SIGHUP\n 2\) SIGINT\nlo: flags/,
  );
});

test('the system tells of itself', () => {
  expect(run('uname -a')).toBe('Mote mote 1.0 Xen PV x86_64');
  expect(run('free')).toMatch(/^ +total +used +free\nMem: +\d+ +\d+ +\d+$/);
  expect(run('uptime')).toMatch(/^up 0:00:\d\d, \d+ processes/);
  expect(run('date')).toMatch(/^\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d UTC \d{4}$/);
  expect(run('primes 1000 | tail -n 1')).toBe('168 below 1000');
});

test('nothing is lost when all have ended, and the end of the shell is the end of the machine', () => {
  run('for i in 1 2 3; do ls -l /bin | grep e | wc > /t; done; rm /t; true');
  const used = (): number => Number(run('free | tail -n 1').split(/ +/)[2]);
  const before = used();
  run('for i in 1 2 3 4 5 6; do ls -l /bin | grep e | wc > /t; done; rm /t; true');
  // The shell's own heap may have a page more.
  expect(used() - before).toBeLessThanOrEqual(4);
  type('exit\r');
  while (lab.run({}, PATIENCE_TICKS) === undefined);
  expect(lab.domain.shutdown?.reason).toBe(SHUTDOWN_poweroff);
  expect(checkFrameTable(lab.hypervisor.frames, lab.hypervisor.domains)).toEqual([]);
});
