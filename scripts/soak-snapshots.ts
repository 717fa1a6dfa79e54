/**
 * A long run of snapshots: worlds are saved at hundreds of random instants, restored elsewhere, and both go on alike, to the
 * bit: Debian's kernel with four vcpus on two processors, in the midst of its boot and of its work, and as a domain of
 * Mote's with a disk and a network card.
 *
 *     npm run soak:snapshots -- [instants of each world, by default 200] [seed]
 */
import { readFileSync } from 'node:fs';
import { debianImages } from '../guests/debian/fetch.ts';
import { linuxHost } from '../guests/tests/dom0/testing-linux.ts';
import { loadCore } from '../ui/lab/core-node.ts';
import { Lab } from '../ui/lab/lab.ts';
import { tryInstants } from '../ui/lab/snapshot/instants.ts';

const COUNT = Number(process.argv[2] ?? '200');
const SEED = Number(process.argv[3] ?? '1');
const core = loadCore();
const images = await debianImages();
if (images === undefined) throw new Error('there is no package client to fetch Debian with');

const WORK =
  'while true; do find / -xdev | md5sum; ping -c 1 10.0.0.1; dd if=/dev/zero of=/tmp/x bs=64k count=9; sync; done';

/** Worlds by name: each is busy from where it begins, or becomes so by itself. */
const WORLDS: Readonly<Record<string, () => Promise<Lab>>> = {
  'four vcpus on two processors': () =>
    Lab.boot(core, {
      kernel: readFileSync(images.cloud),
      ramdisk: readFileSync(images.initrd),
      commandLine: 'console=hvc0 rdinit=/init',
      ...{ memoryMb: 128, vcpus: 4, cpus: 2 },
    }),
  'a domain with a disk and a network card': async () => {
    const host = await linuxHost(images, { type: 'ext4', rootMib: 32 });
    host.type('xm create -c linux\r');
    host.until(/\n\/ # \S*$/);
    host.type(`${WORK}\r`);
    return host.lab;
  },
};

let failed = false;
for (const [name, make] of Object.entries(WORLDS)) {
  const lab = await make();
  let other = Lab.restore(core, lab.request, lab.save());
  const faults = await tryInstants(lab, {
    ...{ count: COUNT, seed: SEED, apartTicks: 60_000_000, onTicks: 20_000_000 },
    elsewhere: (saved, n) => {
      if (n % 20 === 0) other = Lab.restore(core, lab.request, saved);
      else other.goTo(saved);
      return other;
    },
    progress: (n) => process.stderr.write(`\r${name}: ${String(n + 1)} of ${String(COUNT)}`),
  });
  process.stderr.write('\n');
  failed ||= faults.length > 0;
  process.stdout.write(`${name}: ${faults.length === 0 ? 'alike' : faults.join('\n  ')}\n`);
}
process.exitCode = failed ? 1 : 0;
