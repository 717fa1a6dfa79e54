/** Steps to events of every kind, past whatever else happens on the way. */
import { beforeAll, expect, test } from 'vitest';
import { Host } from '../../guests/tests/dom0/testing.ts';
import { EVENT_STEPS } from './event-steps.ts';
import type { EventStep } from './event-steps.ts';

const PATIENCE_TICKS = 1e9;
let host: Host;

beforeAll(async () => {
  host = await Host.boot();
});

/** What the host is at when each is looked for; of those that its own domain 0 does. */
const AT: Readonly<Partial<Record<EventStep, string>>> = {
  hypercall: 'ls',
  event: 'ls',
  trap: 'ls',
  notification: 'ls',
  schedule: 'sleep 0.1',
  store: 'xenstore-ls',
  frame: 'ls',
  device: 'ping -c 1 10.0.0.1',
  ring: 'xm create mote',
};

test.each(Object.entries(AT) as [EventStep, string][])('to the next %s', (step, command) => {
  host.type(`${command}\r`);
  // It is in the midst of a call, or about to be, when it is looked for.
  host.lab.step('hypercall', PATIENCE_TICKS);
  const stop = host.lab.step(step, 4 * PATIENCE_TICKS);
  expect(stop).toMatchObject({ kind: 'step' });
  const [name] = (stop as { event: { text: string } }).event.text.split(/[ (]/);
  if (step !== 'hypercall') expect(EVENT_STEPS[step].kinds).toContain(name);
  host.until(/\$ $/);
});

test('a line on a console is domain 0’s own, or a guest’s, but nothing else that goes through a ring', () => {
  // The guest of before has said all that it has to say.
  host.wait(3);
  host.type('xm create mote name=two\r');
  const texts: string[] = [];
  while (!texts.some((text) => text.startsWith('ring')) && texts.length < 200) {
    const stop = host.lab.step('console', 8 * PATIENCE_TICKS);
    texts.push((stop as { event: { text: string } }).event.text);
  }
  expect(texts[0]).toMatch(/^console /);
  expect(texts.at(-1)).toMatch(/^ring domain \d+ printed .* produced/);
  expect(texts.slice(0, -1).every((text) => text.startsWith('console '))).toBe(true);
});
