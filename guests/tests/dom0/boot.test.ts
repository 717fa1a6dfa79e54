/** What a boot of domain 0 takes: whoever opens the page waits for it, and so does every test that begins with a host. */
import { expect, test } from 'vitest';
import { Host } from './testing.ts';

/** Of the guest, to its prompt: it takes 18 million today. */
const MOST_INSTRUCTIONS = 22_000_000;

test('domain 0 is at its prompt in so many instructions', async () => {
  const { lab } = await Host.boot();
  expect(lab.instructions).toBeLessThan(MOST_INSTRUCTIONS);
});

test('what a script costs goes by its lines, be they of one function, and not by their square', async () => {
  const script = (lines: number): Uint8Array =>
    new TextEncoder().encode(`never() {\n${'  echo ${HOME} "$(pwd)"\n'.repeat(lines)}}\n`);
  const host = await Host.boot({ 'etc/short': script(60), 'etc/long': script(240) });
  const costOf = (path: string): number => {
    const before = host.lab.instructions;
    host.run(`sh ${path}`);
    return host.lab.instructions - before;
  };
  expect(costOf('/etc/long')).toBeLessThan(4 * costOf('/etc/short'));
});
