/**
 * The probe on our hypervisor against its answers on the real Xen 4.17 (xen-4.17.txt, recorded under QEMU with a dom0).
 * What differs is listed in differences.txt: each line is one question, Xen's answer and ours. Some differ honestly (there
 * is no dom0 here yet, QEMU's processor is another one); the others are to be brought down. None may come unnoticed.
 */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { loadCore } from '../../../ui/lab/core-node.ts';
import { Lab } from '../../../ui/lab/lab.ts';
import { probeKernel } from './kernel.ts';

const SLICE_TICKS = 50_000_000;

function linesOf(name: string): string[] {
  return readFileSync(new URL(name, import.meta.url), 'utf8')
    .trimEnd()
    .split('\n');
}

async function ourAnswers(): Promise<string[]> {
  const lab = await Lab.boot(loadCore(), { kernel: probeKernel(), commandLine: '', memoryMb: 16, vcpus: 1 });
  let text = '';
  lab.onConsole((bytes) => {
    text += new TextDecoder('latin1').decode(bytes);
  });
  while (lab.run({}, SLICE_TICKS)?.kind !== 'ended');
  return text.replaceAll('\r', '').trimEnd().split('\n');
}

test("a thousand answers are the real Xen's, but for what differences.txt lists", async () => {
  const ours = await ourAnswers();
  const xen = linesOf('xen-4.17.txt');
  expect(ours.length).toBe(xen.length);
  const differences = ours.flatMap((line, n) => (line === xen[n] ? [] : [`${xen[n]!}  |  ${line}`]));
  expect(differences).toEqual(linesOf('differences.txt'));
});
