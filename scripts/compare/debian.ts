/**
 * The same BusyBox, and where there is one the same stock kernel of Debian's, with no hypervisor and no emulation (this machine's own
 * kernel), on an emulated machine (QEMU's TCG) with no hypervisor, paravirtualized by the real Xen on the same emulated machine, and
 * paravirtualized here, translated and interpreted. What is compared is CPU time of whole processes.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { cached } from '../../guests/debian/cache.ts';
import { debianImages } from '../../guests/debian/fetch.ts';
import type { DebianImages } from '../../guests/debian/fetch.ts';
import { orUnavailable, unpack } from '../../guests/debian/packages.ts';
import { MachineProcess } from './machine.ts';
import type { Way } from './machine.ts';
import { number, seconds, table, times } from './table.ts';

const QEMU = '/usr/bin/qemu-system-x86_64';
const CLI = fileURLToPath(new URL('../../ui/cli/bin.js', import.meta.url));
const XEN_PACKAGE = 'xen-hypervisor-4.17-amd64';
const XEN_FILE = 'boot/xen-4.17-amd64.gz';
const MEMORY_MB = 256;
const ROUNDS = 1;
const LINUX = 'rdinit=/init';
const READY = /INIT-REACHED[^]*# /;

/** What is done, in the shell of BusyBox. */
const WORKS = {
  'computes (awk, 200,000 sums)': "awk 'BEGIN { for (i = 0; i < 200000; i++) s += i * i % 7; print s }'",
  'hashes (sha256sum, 8 MB)': 'seq 1 200000 > /tmp/text; for i in 1 2 3 4 5 6; do sha256sum /tmp/text; done',
  'calls its kernel (dd, 100,000 bytes one by one)':
    'dd if=/dev/zero of=/dev/null bs=1 count=100000 2> /dev/null',
  'makes processes (200)': 'i=0; while [ $i -lt 200 ]; do i=$((i + 1)); busybox true; done',
} as const;
type Work = keyof typeof WORKS;

interface Cost {
  readonly start: number | null;
  readonly works: Readonly<Record<Work, number>>;
  readonly memoryMb: number;
}

/** The real hypervisor, unpacked; undefined: there is no way to have it. */
async function xenElf(): Promise<string | undefined> {
  return orUnavailable('the real Xen', async () => {
    const folder = await cached('xen', XEN_PACKAGE, async (made, work) => {
      const tree = await unpack(XEN_PACKAGE, [`./${XEN_FILE}`], work);
      writeFileSync(join(made, 'xen.elf'), gunzipSync(readFileSync(join(tree, XEN_FILE))));
    });
    return join(folder, 'xen.elf');
  });
}

/** BusyBox on this machine's own kernel. */
function native({ busybox }: DebianImages): Way {
  const bin = join(mkdtempSync(join(tmpdir(), 'xenoscope-compare-')), 'bin');
  mkdirSync(bin);
  execFileSync(busybox, ['--install', '-s', bin]);
  return {
    name: 'no hypervisor, no emulation',
    command: join(bin, 'sh'),
    args: [],
    environment: { PATH: bin },
    ready: null,
  };
}

const qemu = (name: string, memoryMb: number, args: readonly string[]): Way => ({
  name,
  command: QEMU,
  args: ['-accel', 'tcg', '-m', String(memoryMb), '-nographic', '-no-reboot', '-net', 'none', ...args],
  ready: READY,
});

function ways(images: DebianImages, xen: string | undefined): Way[] {
  const { generic, initrd } = images;
  const here = ['boot', generic, '--ramdisk', initrd, '--memory', String(MEMORY_MB)];
  const own = (name: string, more: readonly string[]): Way => ({
    name,
    command: process.execPath,
    args: [CLI, ...here, '--extra', `console=hvc0 ${LINUX}`, ...more],
    ready: READY,
  });
  const found = [native(images)];
  if (existsSync(QEMU)) {
    const plain = ['-kernel', generic, '-initrd', initrd, '-append', `console=ttyS0 ${LINUX}`];
    found.push(qemu('QEMU, no hypervisor', MEMORY_MB, plain));
    const modules = `${generic} console=hvc0 ${LINUX},${initrd}`;
    const line = `console=com1 com1=115200,8n1 dom0_mem=${String(MEMORY_MB)}M loglvl=none`;
    if (xen !== undefined)
      found.push(
        qemu('QEMU, the real Xen, PV', MEMORY_MB + 128, [
          '-kernel',
          xen,
          '-append',
          line,
          '-initrd',
          modules,
        ]),
      );
  }
  return [
    ...found,
    own('Xenoscope, PV, translated', []),
    own('Xenoscope, PV, interpreted', ['--no-translate']),
  ];
}

async function costOf(way: Way): Promise<Cost> {
  const machine = new MachineProcess(way);
  try {
    if (way.ready !== null) await machine.until(way.ready);
    const start = way.ready === null ? null : machine.cpuSeconds;
    const works: Partial<Record<Work, number>> = {};
    machine.type('mkdir -p /tmp');
    for (const [work, command] of Object.entries(WORKS) as [Work, string][])
      for (let round = 0; round < ROUNDS; round++) {
        const before = machine.cpuSeconds;
        machine.type(`(${command}) > /dev/null; echo done-$((40 + 2))`);
        await machine.until(/done-42/);
        works[work] = Math.min(works[work] ?? Infinity, machine.cpuSeconds - before);
      }
    return { start, works: works as Record<Work, number>, memoryMb: machine.memoryMb };
  } finally {
    machine.end();
  }
}

/** Measures, and tells. */
export async function compareDebian(say: (text: string) => void): Promise<void> {
  const images = await debianImages();
  if (images === undefined) return;
  const rows: string[][] = [];
  let first: Cost | undefined;
  for (const way of ways(images, await xenElf())) {
    say(`measuring: ${way.name}`);
    const cost = await costOf(way);
    first ??= cost;
    const each = (Object.keys(WORKS) as Work[]).map((work) => {
      const base = Math.max(first!.works[work], 0.01);
      return cost === first
        ? seconds(base)
        : `${seconds(cost.works[work])} (${times(cost.works[work] / base)})`;
    });
    rows.push([
      way.name,
      ...each,
      cost.start === null ? '' : seconds(cost.start),
      `${number(cost.memoryMb)} MiB`,
    ]);
  }
  say(`\n${table(['CPU time', ...Object.keys(WORKS), 'start to its shell', 'memory of the process'], rows)}`);
}
