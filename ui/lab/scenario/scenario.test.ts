/** Hosts and worlds as a test of somebody else's drives them. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import '../../api/vitest.ts';
import { boot, bootWorld } from '../../api/index.ts';
import type { EventFilter, ScenarioFailure } from '../../api/index.ts';
import { loadCore } from '../core-node.ts';
import { restoreLab } from '../snapshot/file.ts';
import { imagesAmong } from '../own-images.ts';
import { openSnapshot, type ImageName } from '../snapshot/format.ts';
import { stateHash } from '../state-hash.ts';
import { LabRun } from '../time/lab-run.ts';
import { replay } from '../time/marks.ts';
import { bootRecording, readRecording } from '../time/recording.ts';
import { dom0Images, moteImages } from '../../../guests/toolchain/mote-node.ts';

const PROMPT = '/ $ ';
const folder = mkdtempSync(join(tmpdir(), 'xenoscope-scenario-'));

beforeAll(() => {
  process.env['XENOSCOPE_FAILURES'] = folder;
});
afterAll(() => {
  delete process.env['XENOSCOPE_FAILURES'];
  rmSync(folder, { recursive: true });
});

const sources = {
  image: async ({ name }: ImageName) => (await moteImages())[name as 'kernel' | 'ramdisk'],
};

/** The path of a file that a failure has left. */
function left({ message }: { readonly message: string }, kind: 'snapshot' | 'recording'): string {
  return new RegExp(`^${kind}, .*: (.*)$`, 'm').exec(message)![1]!;
}

test('a host prints, is typed at, and tells what it is', async () => {
  await expect(boot({ vary: { seed: -1 } })).rejects.toThrow('vary.seed: it must be a whole number');
  const host = await boot({ memoryMb: 32 });
  await host.console.expect(PROMPT);
  host.console.enter('echo one$((1 + 1))');
  // What was typed and is only shown again is no answer.
  expect(await host.console.sees('echo', { withinSeconds: 1 })).toBeNull();
  host.console.enter('uname');
  await expect(host).toPrint(/Mote/, { withinSeconds: 5 });
  expect(host).toHaveMade('mmu_update', { atLeast: 10 });
  expect(host).not.toHaveMade('vm_assist', { times: 1000 });
  await expect(host).toKeepInvariants();
  expect(host.domains).toMatchObject([{ vcpus: 1, memoryMb: 32, ending: null }]);
  const { rip, rsp } = host.registers();
  expect(host.readMemory(rip!, 2)).toHaveLength(2);
  expect(rsp).not.toBe(0n);
  expect(() => host.readMemory(0x10n, 1)).toThrow(/nothing is mapped at 0x10/);
});

test('a fork and a host that went back do the same to the bit', async () => {
  const host = await boot({ memoryMb: 32 });
  await host.console.expect(PROMPT);
  const snapshot = host.save();
  const fork = host.fork();
  expect(await fork.hash()).toBe(await host.hash());
  host.console.enter('ls /bin');
  await expect(host).toPrint(PROMPT);
  fork.console.enter('ls /bin');
  await expect(fork).toPrint(PROMPT);
  const hash = await host.hash();
  await expect(fork).toHashTo(hash);
  expect(fork.console.text).toBe(host.console.text);
  host.restore(snapshot);
  expect(host.console.text).not.toBe(fork.console.text);
  await expect(host).not.toHashTo(hash);
  host.console.enter('ls /bin');
  await expect(host).toPrint(PROMPT);
  await expect(host).toHashTo(hash);
});

test('events are waited for by kind, name, domain and argument', async () => {
  const host = await boot({ memoryMb: 32 });
  const writes = host.watch({ kind: 'hypercall', name: 'console_io' });
  const seen = await host.waitFor({ kind: 'hypercall', name: 'sched_op', arguments: { 0: 1 } });
  expect(seen.text).toMatch(/^sched_op\(command=SCHEDOP_block/);
  const { instructions } = host;
  await host.waitFor({ kind: 'upcall' });
  expect(host.instructions).toBeGreaterThanOrEqual(instructions);
  expect(writes.count).toBe(host.hypercallCount('console_io'));
  // Each part of a filter holds something back.
  const nobodys: EventFilter[] = [
    { kind: 'crash' },
    { kind: 'hypercall', name: 'sched_op', arguments: { 0: 77n } },
    { kind: 'hypercall', domain: 5 },
    { kind: 'hypercall', words: /no such words/ },
  ];
  for (const filter of nobodys) {
    host.console.enter('uname');
    const all = host.watch({ kind: 'hypercall', name: 'sched_op' });
    await expect(host).not.toReach(filter, { withinSeconds: 1 });
    expect(all.count).toBeGreaterThan(0);
    all.end();
  }
  await expect(host.waitFor({ kind: 'hypercall', name: 'shed_op' })).rejects.toThrow('no hypercall shed_op');
  await expect(host.waitFor({ kind: 'upcall', name: 'sched_op' })).rejects.toThrow('has no name');
});

test('what does not come is told with where time stood, and leaves a snapshot that goes on', async () => {
  const host = await boot({ memoryMb: 32 });
  await host.console.expect(PROMPT);
  host.console.enter('sleep 1; uname');
  await host.waitFor({ kind: 'hypercall', name: 'mmu_update' });
  host.console.enter('uname');
  const failure = await host.console.expect(/never/, { withinSeconds: 2 }).then(
    () => expect.unreachable(),
    (error: unknown) => error as ScenarioFailure,
  );
  expect(failure.name).toBe('ScenarioFailure');
  expect(failure.message).toMatch(
    /has not printed \/never\/ within 2 s of guest time\nhost host is at \d\.\d{9} s/,
  );
  expect(failure.message).toContain('  | / $');
  const lab = await restoreLab(
    loadCore(),
    await openSnapshot(readFileSync(left(failure, 'snapshot'))),
    sources,
  );
  expect(await stateHash(lab.hypervisor)).toBe(await host.hash());
  // And a recording, which comes to the same.
  const recording = await readRecording(readFileSync(left(failure, 'recording')));
  expect(recording.inputs).toHaveLength(2);
  const again = await bootRecording(loadCore(), recording, sources);
  expect(await replay(new LabRun(again), recording.marks)).toEqual({
    stop: undefined,
    alike: 1,
    differs: null,
  });
  expect(await stateHash(again.hypervisor)).toBe(await host.hash());
});

test('a matcher that fails says the same, and only then leaves a file', async () => {
  const host = await boot({ memoryMb: 32 });
  await host.console.expect(PROMPT);
  await expect(host).not.toPrint('never', { withinSeconds: 1 });
  const message = await expect(host)
    .toPrint('never', { withinSeconds: 1 })
    .then(
      () => expect.unreachable(),
      (error: unknown) => (error as Error).message,
    );
  expect(message).toMatch(/has not printed "never" within 1 s[^]*its console printed last:[^]*snapshot, /);
  expect(existsSync(left({ message }, 'recording'))).toBe(true);
  expect(() => {
    expect(host).toHaveMade('mmu_update', { times: 1 });
  }).toThrow(/mmu_update has been made \d+ times; wanted: 1 times\nhost host is at/);
});

test('a guest that crashes by itself, and a frame table that is not as it must be', async () => {
  const host = await boot({ memoryMb: 32 });
  await host.console.expect(PROMPT);
  host.console.enter('hypercall mmuext_op 0 0; hypercall set_trap_table 0; spin');
  await expect(host).toCrashWith('domain 1: ', { withinSeconds: 5 });
  expect(host.domains[0]!.ending).toMatch(/^The domain has crashed/);
  await expect(host).toKeepInvariants();
  const { frames } = host.lab.hypervisor;
  frames.count[frames.owner.indexOf(host.domains[0]!.id)]!++;
  await expect(expect(host).toKeepInvariants()).rejects.toThrow(/they do not hold:\nframe \d+ has count/);
});

test('domains are crashed, paused and destroyed, and domain 0 notices', async () => {
  const host = await boot({ dom0: true, memoryMb: 96, hostMb: 192 });
  await host.console.expect(PROMPT);
  host.console.enter('xm create mote');
  const { id } = await host.waitForDomain(({ name, letters }) => name === 'mote' && letters.includes('b'));
  await host.console.expect(PROMPT);
  host.pauseDomain(id);
  const guest = host.lab.hypervisor.domains.get(id)!;
  expect(guest.pauseCount).toBe(1);
  host.console.enter('xm list mote');
  // Who waits is blocked, too, as Xen counts it.
  await host.console.expect(/mote +1 .*-[-b]p---/);
  host.unpauseDomain(id);
  expect(guest.pauseCount).toBe(0);
  await host.console.expect(PROMPT);
  const crash = host.watch({ kind: 'crash', domain: id });
  host.crashDomain(id, 'on purpose');
  expect(crash.last?.text).toContain('on purpose');
  await host.waitForDomain((domain) => domain.id === id + 1 && domain.name === 'mote');
  host.destroyDomain(2);
  await expect(host).toKeepInvariants();
  host.console.enter('xm list');
  await host.console.expect(/Name[^]*Domain-0/);
  host.crash('the end');
  await host.runFor(1);
  expect(host.domains[0]!.ending).toContain('the end');
});

test('what is broken comes again in a recording', async () => {
  const disk = { name: 'disk', bytes: new Uint8Array(1 << 16) };
  const host = await boot({ dom0: true, memoryMb: 64, hostMb: 96, disks: [disk] });
  await host.console.expect(PROMPT);
  // A disk that fails once, and one that is slow.
  host.failRequests(0);
  host.console.enter('dd if=/dev/vda of=/dev/null bs=4k count=1');
  await host.console.expect('Input/output error');
  host.delayRequests(0, 2);
  host.console.enter('dd if=/dev/vda of=/dev/null bs=4k count=1; echo read');
  expect(await host.console.sees('read', { withinSeconds: 1 })).toBeNull();
  await host.console.expect('read', { withinSeconds: 10 });
  host.delayRequests(0, 0);
  // A network that loses a frame, then is slow.
  host.dropFrames(1);
  host.console.enter('ping -c 1 10.0.0.1');
  await host.console.expect('100% packet loss');
  host.delayFrames(0.01);
  host.console.enter('ping -c 1 10.0.0.1');
  await host.console.expect(/time=[2-4]\d/);
  host.stopVcpu(0, 0);
  host.console.enter('uname');
  expect(await host.console.sees('Mote', { withinSeconds: 1 })).toBeNull();
  host.startVcpu(0, 0);
  await host.console.expect('Mote');
  expect(() => {
    host.stopVcpu(0, 7);
  }).toThrow('has no vcpu 7');
  expect(() => {
    host.failRequests(4);
  }).toThrow('has no disk 4');
  expect(() => {
    host.loseFrames(2);
  }).toThrow('lose frames.share: it must be a number from 0 to 1');
  host.crash('the end');
  await host.runFor(1);
  expect(host.domains[0]!.ending).toContain('the end');
  const recording = await readRecording(await host.recording());
  const again = await bootRecording(loadCore(), recording, {
    image: imagesAmong([...Object.values(await dom0Images()), disk.bytes]),
  });
  // Its one mark is the state at its end.
  expect(await replay(new LabRun(again), recording.marks)).toMatchObject({ alike: 1, differs: null });
});

test('hosts of a world go on together; one is crashed, a LAN loses everything', async () => {
  const small = { hostMb: 64, memoryMb: 40 };
  const world = await bootWorld({
    hosts: [
      { name: 'A', ...small },
      { name: 'B', ...small },
    ],
    seed: 1,
    vary: { seed: 0, afterNs: Number.MAX_SAFE_INTEGER },
  });
  const [a, b] = [world.host('A'), world.host('B')];
  await b.console.expect('10.0.0.101 by');
  await b.console.expect(PROMPT);
  a.console.enter('ping -c 1 10.0.0.101');
  await expect(a).toPrint(' 0% packet loss');
  // From here on it may vary: the same each time, and from what was decided.
  const here = world.save();
  const vary = async (only?: readonly string[]): Promise<[string, readonly string[]]> => {
    const other = world.varied(here, { seed: 67, ...(only === undefined ? {} : { only }) });
    other.host('A').console.enter('ping -c 1 10.0.0.101');
    await other.host('A').console.expect('packet loss');
    expect((await readRecording(await other.recording())).inputs).toHaveLength(2);
    return [await other.hash(), other.variations];
  };
  const [hash, variations] = await vary();
  expect(variations.length).toBeGreaterThan(0);
  expect(await vary(variations)).toEqual([hash, variations]);
  expect((await vary([]))[0]).not.toBe(hash);
  world.loseFrames('lan', 1);
  a.console.enter('ping -c 1 10.0.0.101');
  await expect(a).toPrint('100% packet loss');
  world.loseFrames('lan', 0);
  b.crash();
  a.console.enter('ping -c 1 10.0.0.101');
  await expect(a).toPrint('100% packet loss');
  expect(b.domains[0]!.ending).not.toBeNull();
});
