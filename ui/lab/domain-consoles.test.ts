/** The domains that domain 0 makes, seen from outside: what they print, what they are called; and nothing changes by it. */
import { expect, test } from 'vitest';
import { dom0Images } from '../../guests/toolchain/mote-node.ts';
import { loadCore } from './core-node.ts';
import { DomainConsoles } from './domain-consoles.ts';
import { DomainNames } from './domain-names.ts';
import { Lab } from './lab.ts';
import { stateHash } from './state-hash.ts';
import { play, TOUR_HOST, type TourStep } from './tour.ts';

const PROMPT = '\\n/ \\$ $';
const STEPS: readonly TourStep[] = [
  { tells: '', types: '', until: PROMPT },
  { tells: '', types: 'xm create mote', until: `Started domain mote[^]*${PROMPT}` },
  { tells: '', types: 'xm console mote\rseq 1 2000', until: `\\n2000${PROMPT}` },
  { tells: '', types: '\x1d', until: PROMPT },
  { tells: '', types: 'xm destroy mote', until: PROMPT },
];

async function run(watch: (lab: Lab) => void): Promise<string> {
  const lab = await Lab.boot(loadCore(), { ...TOUR_HOST, ...(await dom0Images()) });
  watch(lab);
  for (const step of STEPS) expect(play(lab, step), step.types).toBe(true);
  return stateHash(lab.hypervisor);
}

test('a domain is heard and known by name, and the run is that of a host that nobody looks at', async () => {
  const heard = new Map<number, string>();
  const decoder = new TextDecoder('latin1');
  let names: DomainNames | undefined;
  const watched = await run(({ hypervisor, domain }) => {
    names = new DomainNames(hypervisor);
    hypervisor.trace.add(names);
    hypervisor.trace.add(
      new DomainConsoles(hypervisor, domain, (id, bytes) => {
        heard.set(id, (heard.get(id) ?? '') + decoder.decode(bytes));
      }),
    );
  });
  expect([...names!.names]).toEqual([
    [0, 'Domain-0'],
    [1, 'mote'],
  ]);
  expect([...heard.keys()]).toEqual([1]);
  const text = heard.get(1)!.replaceAll('\r', '');
  expect(text).toContain('Welcome to Mote');
  const numbers = Array.from({ length: 2000 }, (_, n) => String(n + 1)).join('\n');
  expect(text).toContain(`seq 1 2000\n${numbers}\n/ $ `);
  expect(await run(() => undefined)).toBe(watched);
});
