/** Domain 0 has most of a host's memory, and gives of it as domains come: xend's dom0-min-mem, and `xm mem-set Domain-0`. */
import { beforeAll, describe, expect, test } from 'vitest';
import { checkFrameTable } from '../../../hypervisor/state/check.ts';
import { moteConfig } from './testing-counts.ts';
import { loadCore } from '../../../ui/lab/core-node.ts';
import { Lab } from '../../../ui/lab/lab.ts';
import { dom0Images } from '../../toolchain/mote-node.ts';
import { Host } from './testing.ts';

describe('a domain 0 with most of the memory of its host', () => {
  let host: Host;
  beforeAll(async () => {
    host = await Host.boot(
      { 'etc/xen/one': moteConfig('one') },
      { memoryMb: 80, hostMb: 96, disks: [{ name: 'vda', bytes: new Uint8Array(20 << 20) }] },
    );
    // What is free beside is somebody's.
    host.run(`xm create -p one name=other memory=${String(Number(host.free()) - 4)}`);
  });

  function ownMb(): number {
    return Number(host.list()[0]!.split(' ')[2]);
  }

  test('it gives nothing, unless it is told how much it is to keep', () => {
    const before = ownMb();
    const wanted = 12;
    host.run("echo '(dom0-min-mem 0)' >> /etc/xen/xend-config.sxp");
    expect(host.run(`xm create one memory=${String(wanted)}`)).toMatch(
      /xm: one: .*Cannot allocate memory: it wants 12 MiB, \d are free, and domain 0 gives none \(dom0-min-mem\)$/,
    );
    expect(ownMb()).toBe(before);
    host.run(`echo '(dom0-min-mem ${String(before - 24)})' >> /etc/xen/xend-config.sxp`);
    expect(host.run(`xm create one memory=${String(wanted)}; sleep 0.3`)).toContain('Started domain one');
    expect(ownMb()).toBeLessThan(before - 6);
    expect(ownMb()).toBeGreaterThanOrEqual(before - 24);
    expect(host.list()[2]).toMatch(new RegExp(`^one \\d+ ${String(wanted)} 1 -b----$`));
  });

  test('it does not give more than that, nor some of what would not do', () => {
    const before = ownMb();
    const wanted = Number(host.free()) + 24;
    expect(host.run(`xm create one name=two memory=${String(wanted)}`)).toMatch(
      /Cannot allocate memory: it wants \d+ MiB, \d+ are free, and domain 0 keeps \d+ of its \d+ \(dom0-min-mem\)/,
    );
    expect(ownMb()).toBe(before);
  });

  test('a domain that was saved comes back the same way', () => {
    const before = ownMb();
    host.run('mkdir /srv/s; mke2fs /dev/vda; mount /dev/vda /srv/s; xm save one /srv/s/one');
    expect(host.run(`xm mem-set Domain-0 ${String(before + 8)}; echo $?`)).toBe('0');
    expect(ownMb()).toBe(before + 8);
    expect(host.run('xm restore /srv/s/one; sleep 0.2')).toContain('Loading new save file');
    expect(host.list()).toHaveLength(3);
    expect(ownMb()).toBeLessThan(before + 8);
  });

  test('what its balloon cannot do is told', () => {
    expect(host.run('xm mem-set Domain-0 4000; echo $?; xm mem-set 0 none; echo $?')).toMatch(
      /^xm: Domain-0: its balloon has come to \d+ MiB, and no further\n1\nxm: none: it is to be a number of MiB\n1$/,
    );
    const { frames, domains } = host.lab.hypervisor;
    expect(checkFrameTable(frames, domains)).toEqual([]);
  });
});

test('domain 0 has all memory where nobody says how much, and gives of it as domains come; it says where it can give no more', async () => {
  const { kernel, ramdisk } = await dom0Images();
  const host = Host.of(
    await Lab.boot(loadCore(), { kernel, ramdisk, commandLine: '', vcpus: 1, isDom0: true, hostMb: 160 }),
  );
  const ownMb = (): number => Number(host.list()[0]!.split(' ')[2]);
  const before = ownMb();
  // A sixteenth is Xen's to keep, and what it has for itself.
  expect(before).toBeGreaterThan(140);
  expect(before).toBeLessThanOrEqual(150);
  expect(host.run('xm create mote memory=48')).toContain('Started domain mote');
  expect(ownMb()).toBeLessThan(before - 36);
  expect(host.run('xm create mote name=large memory=64')).toMatch(
    /large: .*Cannot allocate memory: it wants 64 MiB, \d+ are free, and domain 0 keeps 64 of its \d+ \(dom0-min-mem\)$/,
  );
  expect(host.run('xm destroy mote; xm mem-set Domain-0 140; echo $?')).toBe('0');
  expect(ownMb()).toBe(140);
});
