/** The domains that domain 0 makes, seen from outside: what they print, what they are called; and nothing changes by it. */
import { expect, test } from 'vitest';
import { dom0Images } from '../../guests/toolchain/mote-node.ts';
import { loadCore } from './core-node.ts';
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
/** Before this one, the world is saved: the domain's console is in use. */
const SAVED_BEFORE = 2;

const core = loadCore();

/** Does the steps from one on; what the consoles have printed then, by domain, as who begins to listen now is told. */
function go(lab: Lab, from: number, to = STEPS.length): void {
  for (const step of STEPS.slice(from, to)) expect(play(lab, step), step.types).toBe(true);
}

function heardIn(lab: Lab): Map<number, string> {
  const heard = new Map<number, string>();
  const decoder = new TextDecoder('latin1');
  lab.witness.listen((id, bytes) => {
    heard.set(id, (heard.get(id) ?? '') + decoder.decode(bytes));
  });
  return heard;
}

async function boot(): Promise<Lab> {
  return Lab.boot(core, { ...TOUR_HOST, ...(await dom0Images()), xenCommandLine: 'loglvl=all' });
}

test('a domain is heard and known by name, in a world that was saved as in the one that goes on; nothing changes by it', async () => {
  const watched = await boot();
  watched.witness.watch();
  const heard = heardIn(watched);
  expect(heard.get(0)).toContain('(XEN) Command line: loglvl=all');
  go(watched, 0, SAVED_BEFORE);
  const restored = Lab.restore(core, watched.request, watched.save());
  restored.witness.watch();
  go(watched, SAVED_BEFORE);
  go(restored, SAVED_BEFORE);
  expect([...watched.witness.names]).toEqual([
    [0, 'Domain-0'],
    [1, 'mote'],
  ]);
  expect([...heard.keys()]).toEqual([0, 1]);
  const text = heard.get(1)!.replaceAll('\r', '');
  expect(text).toContain('Welcome to Mote');
  const numbers = Array.from({ length: 2000 }, (_, n) => String(n + 1)).join('\n');
  expect(text).toContain(`seq 1 2000\n${numbers}\n/ $ `);
  expect(heardIn(restored)).toEqual(heard);
  expect([...restored.witness.names]).toEqual([...watched.witness.names]);
  const unwatched = await boot();
  go(unwatched, 0);
  const hash = await stateHash(watched.hypervisor);
  expect(await stateHash(unwatched.hypervisor)).toBe(hash);
  expect(await stateHash(restored.hypervisor)).toBe(hash);
});
