/** A domain goes from one host of a world to another: standing still, and while it runs; or stays where it was. */
import { beforeAll, describe, expect, test } from 'vitest';
import type { Domain } from '../../../hypervisor/state/domain.ts';
import type { Fault } from '../faults.ts';
import { NOT_SENT, STAGES } from '../migration.ts';
import { Consoles, mote, moteWorld, PROMPT } from './testing.ts';
import type { World } from './world.ts';

const [A, B] = [0, 1];
const MS = 1e6;
const RUNNING = /^mote [r-][b-]----$/;

describe('two hosts on a LAN', () => {
  let world: World;
  let consoles: Consoles;
  /** What xm has printed last of a live one. */
  let printedLive = '';
  const run = (host: number, command: string): string => consoles.run(host, command);

  const inside = (host: number, command: string): string => consoles.inside(host, 'mote', command)[0]!;
  const guests = (host: number): string[] => consoles.guests(host);

  /** Its domain 0 takes in domains from now on. */
  function open(host: number): void {
    run(host, "echo '(xend-relocation-server yes)' >> /etc/xen/xend-config.sxp");
    run(host, 'xend restart');
  }

  beforeAll(async () => {
    const hosts = [mote('A', { hostMb: 144, memoryMb: 48 }), mote('B', { hostMb: 96, memoryMb: 48 })];
    world = await moteWorld({ hosts });
    consoles = new Consoles(world);
    for (const host of [A, B]) consoles.until(host, PROMPT);
    run(A, "echo 'memory = 10' >> /etc/xen/mote; xm create mote");
    inside(A, 'cat /bin/sh > /tmp/sum; sleep 100000 &');
  });

  test('a host takes in whom it is told to, where it is told to, and nobody else; nor one by a name that it has', () => {
    const NOBODY = 'does its xend take in domains';
    const NOT_IN = 'it does not let this host in';
    const migrate = (how = ''): string => run(A, `xm migrate ${how} mote 10.0.0.101`);
    const set = (host: number, ...settings: readonly string[]): void => {
      for (const each of settings) run(host, `echo "(xend-relocation-${each})" >> /etc/xen/xend-config.sxp`);
      run(host, 'xend restart');
    };
    expect(migrate()).toContain(NOBODY);
    open(B);
    expect(migrate()).toContain(NOT_IN);
    set(B, "hosts-allow '^10.0.0.99 ^10.0.0.101'", 'port 8010');
    expect([migrate(), migrate('--port=8010')]).toEqual([
      expect.stringContaining(NOBODY),
      expect.stringContaining(NOT_IN),
    ]);
    set(B, "hosts-allow '^10.0.0.99 ^10.0.0.100'", 'address 127.0.0.1');
    expect(migrate('--port=8010')).toContain(NOBODY);
    set(B, 'address 10.0.0.101');
    run(B, 'xm create -p mote memory=8');
    expect(migrate('--port=8010')).toContain(
      '10.0.0.101 does not take it: VM name mote already in use by another domain',
    );
    run(B, 'xm destroy mote');
    expect(guests(A)).toEqual([expect.stringMatching(RUNNING)]);
    for (const host of [A, B]) set(host, "hosts-allow ''", "address ''", 'port 8002');
  });

  test('one that boots goes while it runs, page tables and all: what becomes one meanwhile is sent anew', () => {
    run(A, `cat /etc/xen/mote > /etc/xen/early; echo 'name = "early"' >> /etc/xen/early`);
    // By its name, as the book has it.
    run(A, "echo '10.0.0.101 boromir' >> /etc/hosts");
    expect(run(A, 'xm create early; xm migrate --live early boromir')).toContain('Sent ');
    expect(guests(B).map((line) => line.split(' ')[0])).toEqual(['early']);
    run(B, 'xm destroy early');
    expect(guests(B)).toEqual([]);
  });

  test('one that is too large for the other host stays', () => {
    run(
      A,
      "cat /etc/xen/mote > /etc/xen/big; echo 'memory = 56' >> /etc/xen/big; echo 'name = \"big\"' >> /etc/xen/big",
    );
    run(A, 'xm create big');
    expect(run(A, 'xm migrate big 10.0.0.101')).toMatch(
      /big: 10.0.0.101 does not take it: it wants 56 MiB, \d+ are free, and domain 0 keeps /,
    );
    expect(guests(A).map((line) => line.split(' ')[0])).toEqual(['mote', 'big']);
    run(A, 'xm destroy big');
    expect(guests(B)).toEqual([]);
  });

  test.each<[string, Fault | null]>([
    ['the other host crashes', { kind: 'crash domain', domain: 0, message: 'cut' }],
  ])('what was not given away stays: %s', (_, fault) => {
    const here = world.save();
    // As slowly as it takes to be in the midst of it by then.
    consoles.type(A, 'xm migrate --live --resource=80 mote 10.0.0.101\r');
    consoles.to(world.ns + 100 * MS);
    expect(consoles.screens[A]).not.toMatch(PROMPT);
    if (fault === null) world.injectLan(0, { kind: 'drop frames', count: 1_000_000 });
    else world.inject(B, fault);
    consoles.until(A, PROMPT);
    expect(guests(A)).toEqual([expect.stringMatching(RUNNING)]);
    expect(inside(A, 'ps')).toContain('sleep');
    if (fault === null) expect(guests(B)).toEqual([]);
    world.goTo(here);
  });

  test.each(['in its first round', 'when it stands still'])(
    'Ctrl-C calls it off %s: it goes on here, and may go all the same, at once',
    (when) => {
      const here = world.save();
      const isLive = when === 'in its first round';
      const command = `xm migrate ${isLive ? '--live ' : ''}--resource=80 mote 10.0.0.101`;
      consoles.type(A, `${command}\r`);
      const { domains } = world.hosts[A]!.lab.hypervisor;
      const isStill = (): boolean =>
        [...domains.values()].some(({ id, shutdown }) => id > 0 && shutdown !== null);
      if (isLive) consoles.to(world.ns + 400 * MS);
      else for (let ms = 0; !isStill() && ms < 10_000; ms++) consoles.to(world.ns + MS);
      expect(isStill()).toBe(!isLive);
      world.type(A, Uint8Array.of(3));
      consoles.until(A, PROMPT);
      expect(consoles.screens[A]).toContain('xm: mote: it was called off');
      expect(guests(A)).toEqual([expect.stringMatching(RUNNING)]);
      // It takes longer than xend takes to look at what the first has left.
      expect(run(A, command)).toContain('Sent ');
      expect([guests(A), guests(B)]).toEqual([[], [expect.stringMatching(RUNNING)]]);
      expect(inside(B, 'ps')).toContain('sleep');
      world.goTo(here);
    },
  );

  test.each(['', '--live '])('it goes there: xm migrate %s', (how) => {
    const [from, to] = how === '' ? [A, B] : [B, A];
    if (how !== '') {
      for (const { lab } of world.hosts) lab.witness.watch();
      open(A);
    }
    const sum = inside(from, 'sha256sum /tmp/sum');
    const printed = run(from, `xm migrate ${how}mote 10.0.0.10${String(to)}`);
    printedLive = printed;
    if (how !== '') expect(printed).toMatch(/Round +Sent[^]*\n1 +2\d\d\d [^]*\nlast +\d+ /);
    expect([guests(from), guests(to)]).toEqual([[], [expect.stringMatching(RUNNING)]]);
    expect(inside(to, 'sha256sum /tmp/sum')).toBe(sum);
    expect(inside(to, 'ps')).toContain('sleep');
    expect(run(to, 'tail -n 1 /var/log/xen/xend.log')).toContain('activation: mote runs');
  });

  test('the other way, it was seen: stages, rounds, what was dirty, how long it stood still', () => {
    const [left, came] = [B, A].map((host) => world.hosts[host]!.lab.witness.migrations.all.at(-1)!);
    expect(left!.stages.map(({ stage }) => stage)).toEqual(STAGES);
    expect(came!.stages.map(({ stage }) => stage)).toEqual(
      STAGES.filter((stage) => !/^pre|copy$/.test(stage)).toSpliced(1, 0, 'stop-and-copy'),
    );
    expect([left!.way, left!.host, came!.way, came!.name]).toEqual(['out', '10.0.0.100', 'in', 'mote']);
    const [first, last] = [left!.rounds[0]!, left!.rounds.at(-1)!];
    expect(first.sent).toBeGreaterThan(2500);
    expect(first.dirty!.reduce((sum, byte) => sum + byte.toString(2).replaceAll('0', '').length, 0)).toBe(
      first.dirtied,
    );
    expect([last.isLast, left!.isOver, came!.isOver, left!.problem]).toEqual([true, true, true, '']);
    const types = left!.types.filter((type) => type !== NOT_SENT);
    expect(types.length).toBeGreaterThanOrEqual(first.sent);
    expect(types.filter((type) => type >= 8).length).toBeGreaterThan(0);
    const stoodNs = came!.resumedNs! - left!.suspendedNs!;
    expect(stoodNs).toBeGreaterThan(0);
    expect(stoodNs).toBeLessThan(30 * MS);
    // The sender hears of it at once: nothing waits in the connection for an acknowledgment.
    expect(Number(/suspended for (\d+) ms/.exec(printedLive)![1]) * MS).toBeLessThan(stoodNs + 5 * MS);
  });

  test('to the host itself: it is another domain then, with the same processes, and nothing of the first is left', () => {
    expect(run(A, 'xm domid mote; xm migrate --live mote localhost')).toMatch(/^\d+\n[^]*Sent /);
    expect(guests(A)).toEqual([expect.stringMatching(RUNNING)]);
    expect(inside(A, 'ps')).toContain('sleep');
    expect(run(A, 'xenstore-ls /vm').match(/^\S/gm)).toHaveLength(1);
    expect(run(A, 'ls /var/lib/xend/domains').trim().split(/\s+/)).toHaveLength(1);
  });

  test('a ballooned one goes, no faster than it may, at first as slow as it must; one that writes too much is held back', () => {
    run(A, 'xm mem-set mote 8');
    inside(A, 'thrash 1 100 > /dev/null &');
    // What is written again takes longer to send than the 50 ms until it is written again: no round is over by chance.
    const limits = '--min-rate=100 --resource=150 --auto-converge --max-rounds=8 --max-left=10';
    const printed = run(A, `xm migrate --live ${limits} mote 10.0.0.101`);
    const rows = [...printed.matchAll(/^(?:\d+|last) .* (\d+) +\d+ +(\d+)$/gm)];
    // What a short round leaves in a buffer is the next one's.
    const rates = rows.filter(([, kib]) => Number(kib) > 1024).map(([, , rate]) => Number(rate));
    expect(rows.length, printed).toBeGreaterThan(3);
    expect(rates[0]).toBeGreaterThan(75);
    expect(rates[0]).toBeLessThanOrEqual(103);
    expect(rates[1]).toBeLessThanOrEqual(155);
    // It hears that it is to suspend itself before anything else: it writes nothing more.
    expect(Number(/^last +(\d+)/m.exec(printed)![1]), printed).toBeLessThan(60);
    expect(run(A, 'grep stands /var/log/xen/xend.log')).toContain('mote stands still for 50 % of the time');
    expect(guests(B)).toEqual([expect.stringMatching(RUNNING)]);
    expect(run(B, 'xm list mote')).toMatch(/mote +\d+ +8 /);
  });

  test('one that is on its way is called so on both hosts; held back, it goes on, if who has paused it is no more', () => {
    const domain = (): Domain =>
      [...world.hosts[B]!.lab.hypervisor.domains.values()].find(({ id }) => id > 0)!;
    open(A);
    consoles.type(B, 'xm migrate --live --resource=20 --auto-converge --max-rounds=50 mote 10.0.0.100 &\r');
    for (let n = 0; n < 10_000 && domain().pauseCount === 0; n++) consoles.to(world.ns + MS);
    expect(domain().pauseCount).toBe(1);
    // Both hosts list it, and that it is on its way.
    for (const host of [A, B]) expect(run(host, 'xm list')).toMatch(/\nmigrating-mote +\d+ /);
    // The second is the one that sends.
    const [, sender] = [...run(B, 'ps').matchAll(/^ *(\d+).*\bxend$/gm)].map(([, pid]) => pid!);
    consoles.type(B, `kill -9 ${sender!}\r`);
    consoles.until(B, /xm: mote: it was broken off\r?\n/);
    expect([domain().pauseCount, domain().dirtyLog]).toEqual([0, null]);
    // Behind it the shell says that its job is done.
    expect(guests(B)[0]).toMatch(RUNNING);
  });
});
