/** Every event of the trace says when it was, and of whom: what happens between two exits of a guest, too. */
import { expect, test } from 'vitest';
import { dom0Images } from '../../../guests/toolchain/mote-node.ts';
import type { TraceEvent } from '../../../hypervisor/trace/event.ts';
import { booted } from '../booted-testing.ts';
import { loadCore } from '../core-node.ts';
import { TOUR_HOST } from '../tour.ts';

const SPAN_NS = 3e9;

test('an event has the ticks of its moment; an upcall is of the vcpu that is told, a timer of nobody who runs', async () => {
  const { lab } = await booted(loadCore(), { ...TOUR_HOST, ...(await dom0Images()) }, /\/ \$ $/);
  const { hypervisor } = lab;
  lab.type(new TextEncoder().encode('xm create mote; xm list; sleep 0.1\r'));
  const wrong: string[] = [];
  const seen = new Map<string, number>();
  const look = ({ ticks, domain, vcpu, detail: { kind } }: TraceEvent): void => {
    seen.set(kind, (seen.get(kind) ?? 0) + 1);
    const { running } = hypervisor;
    const isOfRunning = running !== null && running.domain.id === domain && running.id === vcpu;
    const isRight = kind === 'upcall' ? isOfRunning : kind !== 'timer' || domain === -1;
    if (ticks !== hypervisor.ticks() || !isRight)
      wrong.push(`${kind} at ${String(ticks)}, not ${String(hypervisor.ticks())}, d${String(domain)}`);
  };
  hypervisor.trace.add({ event: look, end: () => undefined });
  const end = lab.ns + SPAN_NS;
  while (lab.run({ ns: end }, 100_000_000) === undefined);
  for (const kind of ['upcall', 'timer', 'virq', 'port', 'schedule', 'vcpu', 'xenstore'])
    expect(seen.get(kind), kind).toBeGreaterThan(0);
  expect(wrong.slice(0, 10)).toEqual([]);
});
