import { beforeAll, expect, test } from 'vitest';
import { buildKernel } from '../../guests/toolchain/build.ts';
import { readSources } from '../../guests/toolchain/node.ts';
import { loadCore } from './core-node.ts';
import { describeEnd } from './ending.ts';
import { Lab } from './lab.ts';
import { stateHash } from './state-hash.ts';
import { placeOf, readSymbols } from './symbols.ts';
import { vcpuView } from './views.ts';

const MAIN = `import { initKernel } from 'kernel/boot';
import { print } from 'kernel/console/print';
let total: i32 = 0;
// @ts-ignore: decorator
@inline
function add(n: i32): void {
  total += n;
}
export function main(): void {
  initKernel();
  for (let n = 0; n < 3; n++) {
    add(n);
    print('n');
  }
  store<u8>(0, 1);
}
`;

let kernel: Uint8Array;
beforeAll(async () => {
  const sources = new Map([...readSources(), ['own/main.ts', MAIN]]);
  kernel = (await buildKernel(sources, 'own')).file;
});

function boot(): Promise<Lab> {
  return Lab.boot(loadCore(), { kernel, commandLine: '', memoryMb: 16, vcpus: 1 });
}

test('a kernel of the toolchain carries its symbols; other files have none', async () => {
  const symbols = readSymbols(kernel)!;
  expect(symbols.files).toContain('own/main.ts');
  expect(symbols.functions.map(({ name }) => name)).toContain('main');
  // A Buffer's slice shares its memory.
  expect(readSymbols(Buffer.from(kernel))).toEqual(symbols);
  expect(readSymbols(Uint8Array.of(1, 2, 3))).toBe(null);
  expect(readSymbols(new Uint8Array(4096))).toBe(null);
  const broken = kernel.slice();
  broken.fill(0xff, broken.length - 4000);
  expect(() => readSymbols(broken)).not.toThrow();
});

test('a step goes to another line, through the lines as they are run', async () => {
  const lab = await boot();
  lab.step('instruction', 1e9);
  expect(placeOf(lab.code.kernel!, lab.hypervisor.processor.rip)?.file).toBe('kernel/entry.asm');
  while (lab.run({ text: /n/ }, 1e8)?.kind !== 'text');
  const seen = new Set<string>();
  for (let n = 0; n < 2000 && lab.step('line', 1e9)?.kind === 'step'; n++) {
    const place = placeOf(lab.code.kernel!, lab.hypervisor.processor.rip);
    if (place?.file === 'own/main.ts') seen.add(String(place.line));
  }
  expect([...seen]).toEqual(expect.arrayContaining(['11', '13', '15']));
});

test('stepping changes nothing: one hash with a run that nobody watched', async () => {
  const stepped = await boot();
  for (let n = 0; n < 200; n++) stepped.step('line', 1e9);
  const ran = await boot();
  while (ran.run({ instructions: stepped.instructions }, 1e6) === undefined);
  expect(await stateHash(ran.hypervisor)).toBe(await stateHash(stepped.hypervisor));
});

test('the stack names the functions that have called each other; a crash names function, file and line', async () => {
  const lab = await boot();
  let deepest: readonly string[] = [];
  for (let n = 0; n < 4000; n++) {
    if (lab.step('instruction', 1e9)?.kind !== 'step') break;
    const [vcpu] = lab.domain.vcpus;
    const names = vcpuView(lab.hypervisor, vcpu!, lab.code).stack.map((place) => place.function);
    if (names.length > deepest.length) deepest = names;
  }
  expect(deepest.length).toBeGreaterThanOrEqual(3);
  while (lab.run({}, 1e8) === undefined);
  expect(describeEnd(lab.domain, lab.code.kernel)).toMatch(/^The domain has (crashed|powered off)/);
});
