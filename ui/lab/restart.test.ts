/** A host starts anew when domain 0 asks for it: what is outside of the machine stays, and the run is one run, forth and back. */
import { expect, test } from 'vitest';
import { dom0Images } from '../../guests/toolchain/mote-node.ts';
import { loadCore } from './core-node.ts';
import { Lab } from './lab.ts';
import { drive } from './pacing.ts';
import { restoreLab, saveLab } from './snapshot/file.ts';
import { Session } from './session/session.ts';
import { openSnapshot } from './snapshot/format.ts';
import type { ImageName } from './snapshot/format.ts';
import { stateHash } from './state-hash.ts';
import type { Stop } from './stop.ts';
import { seekBack } from './time/ways-back.ts';
import { goToTicks } from './time/travel.ts';
import { bootWorld } from '../api/index.ts';
import { SHUTDOWN_reboot } from '../../hypervisor/abi/sched.ts';
import { checkFrameTable } from '../../hypervisor/state/check.ts';

const PROMPT = /\r\n\/ \$ $/;
const SECOND = 1e9;
const NOTE = new TextEncoder().encode('from outside');
const EMPTY = new Uint8Array(1 << 16);

interface Terminal {
  readonly lab: Lab;
  text: string;
}

function watch(lab: Lab): Terminal {
  const terminal = { lab, text: '' };
  lab.onConsole((bytes) => (terminal.text += new TextDecoder('latin1').decode(bytes)));
  return terminal;
}

async function host(xenCommandLine = ''): Promise<Terminal> {
  const size = { commandLine: '', memoryMb: 64, vcpus: 1, isDom0: true, hostMb: 160, xenCommandLine };
  const disks = [{ name: 'data', bytes: EMPTY }];
  const files = new Map([['note', NOTE]]);
  const terminal = watch(await Lab.boot(loadCore(), { ...size, ...(await dom0Images()), disks, files }));
  await until(terminal.lab, PROMPT);
  return terminal;
}

function until(lab: Lab, text: RegExp): Promise<Stop | undefined> {
  return drive(lab, { text, ns: lab.ns + 60 * SECOND }, { realTime: false });
}

async function enter(terminal: Terminal, line: string, wanted = PROMPT): Promise<string> {
  terminal.text = '';
  terminal.lab.type(new TextEncoder().encode(`${line}\r`));
  expect(await until(terminal.lab, wanted), terminal.text).toMatchObject({ kind: 'text' });
  return terminal.text;
}

const BOOTED = /Mote[^]*\r\n\/ \$ $/;

test('reboot in domain 0 starts the machine anew, twice in a row; domains are shut down before', async () => {
  const one = await host('console=com1,vga');
  await enter(
    one,
    'echo kept | dd of=/dev/vda; sync; echo more > /lab/note; echo gone > /tmp/note; xm create mote',
  );
  const before = one.lab.ns;
  one.lab.past.isKept = true;
  const told = await enter(one, 'reboot', BOOTED);
  expect(told).toContain('Shutting down Xen domains: mote');
  expect(told).toContain('(XEN) Hardware Dom0 shutdown: rebooting machine');
  expect(told).toMatch(/rebooting machine\r\n\(XEN\) Xen version 4\.17/);
  expect(one.lab.ns).toBeGreaterThan(before);
  expect(checkFrameTable(one.lab.hypervisor.frames, one.lab.hypervisor.domains)).toEqual([]);
  expect(
    await enter(one, 'uptime; dd if=/dev/vda bs=4 count=1 2> /dev/null; cat /lab/note; ls /tmp; xm list'),
  ).toMatch(/up 0:00:0\d, .*\r\nkeptmore\r\nName +ID[^]*Domain-0 +0 +64/);
  expect(await enter(one, 'xm create mote')).toContain('Started domain mote (id=1)');
  await enter(one, 'reboot', BOOTED);
  expect(await enter(one, 'xm list')).not.toContain('mote ');
  expect(await enter(one, 'ping -c 1 10.0.0.1')).toContain('1 received');
  // Back behind the first start, and on over the second one: to the same bits.
  const { ticks } = one.lab.place;
  const end = await stateHash(one.lab.hypervisor);
  expect(goToTicks(one.lab, Math.floor(before / one.lab.periodNs))).toBe(true);
  expect([...one.lab.hypervisor.domains.keys()]).toEqual([0, 1]);
  expect(goToTicks(one.lab, ticks)).toBe(true);
  expect(await stateHash(one.lab.hypervisor)).toBe(end);
  // Ways back stand where domain 0 has asked for it, and pass it only when they go further.
  for (const start of [2, 1]) {
    expect(seekBack(one.lab, 'shutdown domain 0'), String(start)).toContain(
      'It went back to the last shutdown',
    );
    expect(one.lab.domain.shutdown).toMatchObject({ reason: SHUTDOWN_reboot });
  }
  expect(goToTicks(one.lab, ticks)).toBe(true);
  expect(await stateHash(one.lab.hypervisor)).toBe(end);
}, 300_000);

test('a host of a file starts anew, too: what it was made from is brought then, and what is typed meanwhile comes behind', async () => {
  const { lab } = await host();
  const images = await dom0Images();
  const file = await openSnapshot(await saveLab(lab, loadCore()));
  const others: Record<string, Uint8Array> = { 'file note': NOTE, 'disk data': EMPTY };
  const image = ({ name }: ImageName): Promise<Uint8Array> =>
    Promise.resolve(images[name as 'kernel' | 'ramdisk'] ?? others[name] ?? EMPTY);
  const one = watch(await restoreLab(loadCore(), file, { image }));
  one.lab.type(new TextEncoder().encode('reboot\r'));
  while (!one.lab.waits) one.lab.run({}, 1_000_000);
  one.lab.type(new TextEncoder().encode('echo be$((1 + 1))hind\r'));
  expect(one.lab.run({}, 1_000_000)).toEqual({ kind: 'waiting' });
  await until(one.lab, /be2hind/);
  expect(one.text).toMatch(/Mote[^]*be2hind/);
}, 300_000);

test('what is typed before it has started anew is in a snapshot of that instant, and is gone where somebody goes back', async () => {
  const one = await host();
  const { lab } = one;
  const before = lab.save();
  lab.type(new TextEncoder().encode('reboot\r'));
  while (!lab.waits) lab.run({}, 1_000_000);
  lab.type(new TextEncoder().encode('echo be$((1 + 1))hind\r'));
  const saved = lab.save();
  lab.goTo(before);
  expect(await enter(one, 'reboot', BOOTED)).not.toContain('hind');
  expect(await enter(one, 'uname')).toMatch(/\r\nMote/);
  one.text = '';
  lab.goTo(saved);
  await until(lab, /be2hind/);
  expect(one.text).toMatch(/Mote[^]*be2hind/);
}, 300_000);

test.each([
  ['', 'the crash is shown'],
  ['noreboot', 'as it is said'],
  ['noreboot=0', 'the machine starts anew, as the real one does by itself'],
])(
  'domain 0 crashes, with %j: %s',
  async (line) => {
    const one = await host(line);
    one.text = '';
    one.lab.inject({ kind: 'crash domain', domain: 0, message: 'on purpose' });
    const stop = await until(one.lab, BOOTED);
    expect(stop).toMatchObject({ kind: line === 'noreboot=0' ? 'text' : 'ended' });
  },
  300_000,
);

test('a host of a world starts anew while the others go on, and is there again by its address', async () => {
  const small = { hostMb: 128, memoryMb: 64 };
  const world = await bootWorld({
    hosts: [
      { name: 'A', ...small },
      { name: 'B', ...small },
    ],
  });
  const [a, b] = [world.host('A'), world.host('B')];
  await a.console.expect('/ $ ');
  await b.console.expect('/ $ ');
  b.console.enter('reboot');
  await b.console.expect(/Mote[^]*10\.0\.0\.101 by/, { withinSeconds: 20 });
  a.console.enter('ping -c 1 10.0.0.101');
  await a.console.expect(' 0% packet loss', { withinSeconds: 20 });
}, 300_000);

test('in a session, as the page has it, a host starts anew and runs on', async () => {
  let printed = '';
  const session = new Session(loadCore(), (update) => {
    if (update.type === 'console') printed += new TextDecoder().decode(update.bytes);
    if (update.type === 'error') printed += `error: ${update.message}`;
  });
  const size = { commandLine: '', memoryMb: 64, vcpus: 1, isDom0: true, hostMb: 160 };
  await session.command({ type: 'boot', ...size, ...(await dom0Images()) });
  await session.command({ type: 'pace', realTime: false });
  await session.command({ type: 'runUntil', text: '/ \\$ ' });
  for (let n = 0; n < 2; n++) {
    printed = '';
    await session.command({ type: 'keys', bytes: new TextEncoder().encode('reboot\r') });
    await session.command({ type: 'runUntil', text: 'by 10\\.0\\.0\\.1[^]*/ \\$ ' });
    expect(printed).toMatch(/reboot\r\nMote[^]*\/ \$ $/);
  }
}, 300_000);
