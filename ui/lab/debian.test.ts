/** Debian's stock kernels, which nobody here wrote, on this machine: they boot, their shell works, they end as they should. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { SHUTDOWN_crash, SHUTDOWN_poweroff } from '../../hypervisor/abi/sched.ts';
import { Guest, images } from './debian-testing.ts';
import { describeEnd } from './ending.ts';

/** The kernel whose console was recorded on the real Xen 4.17: expected-console.txt, numbers as #. */
const RECORDED = 'Linux version 6.1.0-56-cloud-amd64';
/** What the real Xen's guest prints and ours does not: the recording's processor speculates. */
const ONLY_THERE = /^Spectre V# : |^PMU not available|^no APIC|^no hardware sampling|^Performance Events:/;
/** What ours prints beside: the processor has no performance counters. */
const ONLY_HERE = /^Performance Events: no PMU/;
/** Printed by kernel threads beside the boot: when depends on the processor's speed. */
const ANY_TIME = /^Trying to unpack rootfs|^Freeing initrd memory|^xen:grant_table: /;

/** Lines without times and numbers. */
function normalised(log: string): string[] {
  return log
    .replaceAll('\r', '')
    .split('\n')
    .map((line) => line.replace(/^\[ *\d+\.\d+\] /, '').replace(/0x[0-9a-f]+|\b[0-9a-f]{8,}\b|\d+/g, '#'))
    .map((line) => line.trimEnd())
    .filter((line) => line !== '');
}

describe.skipIf(images === undefined)("Debian's cloud kernel", () => {
  let bootLog = '';

  it('boots to a shell in which ordinary things work, and powers off', async () => {
    const guest = await Guest.booted(images!.cloud, 1);
    bootLog = guest.log;
    expect(guest.log).toContain('Hypervisor detected: Xen PV');
    expect(guest.log).toContain('xen:events: Using FIFO-based ABI');
    expect(guest.log).toContain('xen:grant_table: Grant tables using version 1 layout');
    expect(guest.log).toContain('x86/mm: Checked W+X mappings: passed, no W+X pages found.');
    expect(guest.log).not.toMatch(/WARNING|BUG|Call Trace/);
    expect(guest.shell('echo one two three | wc -w')).toBe('3');
    expect(guest.shell('dd if=/dev/zero bs=1k count=64 2>/dev/null | md5sum')).toBe(
      'fcd6bcb56c1689fcef28b57c22475bad  -',
    );
    expect(guest.shell('echo hello | gzip | gzip -d')).toBe('hello');
    expect(guest.shell(`awk 'BEGIN { printf "%.10f %g", 22 / 7, 1e300 * 1e-299 }'`)).toBe('3.1428571429 10');
    expect(guest.shell('ps | grep -c kthreadd')).not.toBe('0');
    expect(guest.shell('sleep 0.1 & wait %1; echo $?')).toContain('0');
    expect(guest.shell('date +%Y')).toBe('2028');
    expect(guest.shell('sleep 50 & jobs; kill %%; wait')).toMatch(/Running +sleep 50/);
    expect(guest.shell('a=$(date +%s); sleep 2; echo $(($(date +%s) - a))')).toBe('2');
    expect(guest.invariant()).toEqual([]);
    guest.end('poweroff');
    expect(guest.lab.domain.shutdown?.reason).toBe(SHUTDOWN_poweroff);
    expect(describeEnd(guest.lab.domain)).toBe('The domain has powered off.');
  });

  it('prints what it prints on the real Xen', (context) => {
    context.skip(!bootLog.includes(RECORDED), 'another kernel than the recorded one');
    const file = new URL('../../guests/debian/expected-console.txt', import.meta.url);
    const theirs = normalised(readFileSync(file, 'utf8')).filter((line) => !ONLY_THERE.test(line));
    const all = normalised(bootLog).filter((line) => !ONLY_HERE.test(line));
    const ours = all.slice(1, all.findIndex((line) => line.includes('INIT-REACHED')) + 1);
    const inOrder = (lines: string[]): string[] => lines.filter((line) => !ANY_TIME.test(line));
    expect(inOrder(ours)).toEqual(inOrder(theirs));
    expect(ours.sort()).toEqual(theirs.sort());
  });
});

describe.skipIf(images === undefined)("Debian's generic kernel", () => {
  it.each([1, 4])('boots from its XZ payload, with %i vcpus on one processor', async (vcpus) => {
    const guest = await Guest.boot(images!.generic, vcpus);
    expect(guest.shell('uname -r')).not.toContain('cloud');
    expect(guest.shell('grep -c ^processor /proc/cpuinfo')).toBe(String(vcpus));
    expect(guest.invariant()).toEqual([]);
  });
});

// The last here: debian-determinism.test.ts, which runs beside this, has booted it by now where it was not kept.
describe.skipIf(images === undefined)("Debian's cloud kernel again", () => {
  it('runs on four vcpus of two processors, and tells why when it crashes', async () => {
    const guest = await Guest.booted(images!.cloud, 4, 2);
    expect(guest.log).toContain('smp: Brought up 1 node, 4 CPUs');
    expect(guest.shell('grep -c ^processor /proc/cpuinfo')).toBe('4');
    expect(guest.shell('for i in 1 2 3 4; do (echo $i | md5sum >/dev/null; echo $i) & done; wait')).toMatch(
      /4/,
    );
    expect(guest.invariant()).toEqual([]);
    guest.end('echo c > /proc/sysrq-trigger');
    expect(guest.log).toContain('sysrq: Trigger a crash');
    expect(guest.lab.domain.shutdown?.reason).toBe(SHUTDOWN_crash);
    const report = describeEnd(guest.lab.domain);
    expect(report).toMatch(/RIP: +e033:\[<[0-9a-f]{16}>\]/);
    expect(report).toMatch(/rax: [0-9a-f]{16}/);
    expect(report).toContain('Guest stack trace');
  });
});
