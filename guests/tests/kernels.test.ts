/**
 * The test kernels: each boots, checks one thing, and says itself what it found. The same images ran on the real Xen 4.17
 * under QEMU; what they printed there is in xen-4.17.txt, and must be what they print here.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { SHUTDOWN_poweroff } from '../../hypervisor/abi/sched.ts';
import { checkFrameTable } from '../../hypervisor/state/check.ts';
import { loadCore } from '../../ui/lab/core-node.ts';
import { Lab } from '../../ui/lab/lab.ts';
import { kernelImage } from '../toolchain/mote-node.ts';

const core = loadCore();
const PATIENCE_NS = 60e9;
const SLICE_TICKS = 10_000_000;

/** What QEMU's processor does otherwise than the manual says, and the recording therefore has as failures. */
const WRONG_IN_QEMU = [
  '#SS  one by way of RBP', // it raises #GP: SDM volume 3, 6.15, Interrupt 12
  '     int of it', // its error code is 16 × the vector, not 8 ×: 6.13
  '#XM  one in SSE', // it raises no SIMD exceptions
];

/** Boots a test kernel until it ends, typing `keys` when it asks for them; as domain 0, if it wants to be that. */
async function run(name: string, asks = '', keys = ''): Promise<string[]> {
  const file = await kernelImage(`tests/kernels/${name}`);
  const isDom0 = DOM0_KERNELS.includes(name);
  const size = { memoryMb: 64, vcpus: isDom0 ? 1 : 4, isDom0, hostMb: 128 };
  const lab = await Lab.boot(core, { kernel: file, commandLine: '', ...size });
  let text = '';
  let typed = keys === '';
  lab.onConsole((bytes) => {
    text += new TextDecoder('latin1').decode(bytes);
    if (typed || !text.includes(asks)) return;
    typed = true;
    lab.type(new TextEncoder().encode(keys));
  });
  while (lab.ns < PATIENCE_NS) if (lab.run({}, SLICE_TICKS)?.kind === 'ended') break;
  expect(lab.domain.shutdown?.crash?.text).toBe(undefined);
  expect(lab.domain.shutdown?.reason).toBe(SHUTDOWN_poweroff);
  expect(checkFrameTable(lab.hypervisor.frames, lab.hypervisor.domains)).toEqual([]);
  // Of domains that a kernel made, nothing is left.
  expect([...lab.hypervisor.domains.keys()]).toEqual([lab.domain.id]);
  expect([...lab.hypervisor.frames.remains.keys()]).toEqual([]);
  if (isDom0) expect(lab.domain.grants.active.size).toBe(0);
  return text.replaceAll('\r', '').trimEnd().split('\n');
}

/** What a kernel printed on the real Xen: with QEMU's faults put right. */
function recorded(name: string): string[] {
  const all = readFileSync(new URL('kernels/xen-4.17.txt', import.meta.url), 'utf8');
  const section = all.split('=== ').find((text) => text.startsWith(`${name}\n`))!;
  const lines = section.trimEnd().split('\n').slice(1);
  return lines.map((line) =>
    WRONG_IN_QEMU.some((what) => line === `FAIL ${what}`) ? line.replace('FAIL', 'ok  ') : line,
  );
}

const DOM0_KERNELS = ['domains', 'hostile'];
const KERNELS = [
  'console',
  'traps',
  'syscall',
  'pagetables',
  'events',
  'grants',
  'timers',
  'balloon',
  'smp',
  'held',
  'operations',
  ...DOM0_KERNELS,
];

describe('in a guest, as on the real Xen 4.17', () => {
  test.each(KERNELS)('%s', async (name) => {
    const lines = (await run(name, 'type xenoscope:', 'xenoscope\r')).filter(
      (line) => !/^line \d|^\(XEN\)/.test(line),
    );
    expect(lines.filter((line) => line.startsWith('FAIL'))).toEqual([]);
    expect(lines.at(-1)).toBe(`passed: ${lines.filter((line) => line.startsWith('ok ')).length}`);
    expect(lines.slice(0, -1)).toEqual(recorded(name).slice(0, -1));
  });
});

test('the kernel of the guide is the one that stands in it', async () => {
  const source = readFileSync(new URL('kernels/hello/main.ts', import.meta.url), 'utf8');
  expect(readFileSync(new URL('../README.md', import.meta.url), 'utf8')).toContain(
    `\`\`\`ts\n${source}\`\`\``,
  );
  const lines = await run('hello', 'Type something', 'xyq');
  expect(lines[0]).toMatch(/^Hello from a kernel in TypeScript, with 16384 pages of memory\.$/);
  expect(lines.slice(1)).toEqual([
    'tick 1',
    'tick 2',
    'tick 3',
    'Type something; q ends, c crashes.',
    'You typed x',
    'You typed y',
    'Good bye.',
  ]);
});
