/** Where things are on the stage: nothing beyond its frame, nothing over its neighbour, however many there are. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ProcessView } from '../../lab/inside/view.ts';
import type { StageDevice, StageHost } from '../../lab/stage/view.ts';
import { LENSES } from '../../lab/stage/view.ts';
import { channelPath, heightFor, hostsIn, layHost, nextIn } from './layout.ts';
import type { Rect } from './layout.ts';
import { layNetwork } from './network-layout.ts';
import { gridOf } from './memory-grid.ts';

interface Shape {
  readonly guests: number;
  readonly vcpus: number;
  readonly ports: number;
  readonly cpus: number;
}

function processesOf(count: number): ProcessView[] {
  return Array.from({ length: count }, (_, n) => ({
    pid: n + 1,
    parent: 1,
    name: 'xenstored'.slice(0, 2 + (n % 8)),
    state: 'alive' as const,
    isLoaded: n === 0,
  }));
}

function hostOf({ guests, vcpus, ports, cpus }: Shape): StageHost {
  const devices: StageDevice[] = Array.from({ length: guests }, (_, n) => ({
    kind: n % 2 === 0 ? 'vbd' : 'vif',
    id: 0,
    frontend: n + 1,
    backend: 0,
    frontendState: 'connected',
    backendState: 'connected',
    port: 1,
    details: {},
    rings: [],
    byteRings: [],
  }));
  return {
    name: 'A',
    ns: 0,
    scheduler: 'credit',
    processors: Array.from({ length: cpus }, (_, id) => ({ id, running: null, waiting: [], idle: 1 })),
    domains: Array.from({ length: guests + 1 }, (_, id) => ({
      id,
      name: `d${String(id)}`,
      isPrivileged: id === 0,
      letters: '-b----',
      ended: false,
      pages: 256,
      maxPages: 256,
      vcpus: Array.from({ length: vcpus }, (_each, vcpu) => ({
        id: vcpu,
        state: 'blocked' as const,
        processor: null,
        mode: 'kernel' as const,
        why: 'it has blocked',
        seconds: 0,
      })),
      ports: Array.from({ length: ports }, (_each, port) => ({
        port: port + 1,
        binding: { to: 'xen' as const },
        vcpu: 0,
        pending: false,
        masked: false,
      })),
      scheduling: {},
      granted: 0,
      mapped: 0,
      inside: { processes: processesOf(id === 0 ? 30 : 3), bridges: [] },
    })),
    frames: { all: 65536, free: 0 },
    machine: [
      { kind: 'serial', name: 'serial port' },
      { kind: 'card', name: '52:54:00:00:00:10' },
    ],
    moves: { last: [], counts: [], raised: [], frames: [] },
    memory: null,
    devices,
    store: null,
  };
}

const SHAPES = fc.record({
  guests: fc.integer({ min: 0, max: 20 }),
  vcpus: fc.integer({ min: 1, max: 4 }),
  ports: fc.integer({ min: 0, max: 90 }),
  cpus: fc.constantFrom(1, 2, 4, 8),
});
const FRAMES = fc.record({
  x: fc.integer({ min: 0, max: 500 }),
  y: fc.integer({ min: 0, max: 500 }),
  w: fc.integer({ min: 360, max: 1800 }),
  h: fc.integer({ min: 260, max: 900 }),
});

function isInside(inner: Rect, outer: Rect): boolean {
  const slack = 0.01;
  return (
    inner.x >= outer.x - slack &&
    inner.y >= outer.y - slack &&
    inner.x + inner.w <= outer.x + outer.w + slack &&
    inner.y + inner.h <= outer.y + outer.h + slack
  );
}

function overlap(one: Rect, two: Rect): boolean {
  const slack = 0.01;
  return (
    one.x + one.w > two.x + slack &&
    two.x + two.w > one.x + slack &&
    one.y + one.h > two.y + slack &&
    two.y + two.h > one.y + slack
  );
}

function apart(rects: readonly Rect[]): boolean {
  return rects.every((one, n) => rects.slice(n + 1).every((two) => !overlap(one, two)));
}

test('boxes are within their frame and apart from each other, with every lens', () => {
  fc.assert(
    fc.property(SHAPES, FRAMES, fc.constantFrom(...LENSES), (shape, frame, lens) => {
      const picture = layHost(hostOf(shape), lens, frame);
      const boxes = [
        ...picture.domains.map(({ rect }) => rect),
        picture.xen,
        picture.hardware,
        ...(picture.vacancy === null ? [] : [picture.vacancy]),
      ];
      expect(boxes.every((box) => isInside(box, frame))).toBe(true);
      expect(boxes.every(({ w, h }) => w > 0 && h >= 0)).toBe(true);
      expect(apart(boxes)).toBe(true);
      // What is said of a domain is in its box, unless that is too low for letters.
      for (const { rect, name, words, gauge } of picture.domains.filter((each) => each.rect.h >= 10)) {
        for (const { x, y } of [name, ...(words === null ? [] : [words])])
          expect(x > rect.x && x < rect.x + rect.w && y < rect.y + rect.h).toBe(true);
        expect(gauge !== null).toBe(lens === 'memory');
        if (gauge !== null) expect(isInside(gauge, rect)).toBe(true);
      }
      expect(apart([...picture.processors, ...picture.devices])).toBe(true);
      expect([...picture.processors, ...picture.devices].every((box) => isInside(box, frame))).toBe(true);
    }),
  );
});

test('twenty guests above the map of memory have room for their names', () => {
  const host = hostOf({ guests: 20, vcpus: 1, ports: 4, cpus: 1 });
  const { domains, map } = layHost(host, 'memory', { x: 0, y: 0, w: 790, h: 340 });
  expect(Math.min(...domains.map(({ rect }) => rect.h))).toBeGreaterThanOrEqual(22);
  expect(map!.h).toBeGreaterThan(80);
});

test('what belongs to a domain is on it: sockets in the order of ports on its lower edge, devices clear of vcpus', () => {
  fc.assert(
    fc.property(SHAPES, FRAMES, (shape, frame) => {
      const host = hostOf(shape);
      for (const { rect, ports, devices, vcpus, id } of layHost(host, 'events', frame).domains) {
        const xs = [...ports.values()].map(({ x, y }) => {
          expect(y).toBe(rect.y + rect.h);
          expect(x > rect.x && x < rect.x + rect.w).toBe(true);
          return x;
        });
        expect(xs).toEqual([...xs].sort((one, two) => one - two));
        expect(devices.every((each) => isInside(each.rect, rect))).toBe(true);
        expect(apart([...devices.map((each) => each.rect), ...vcpus])).toBe(true);
        for (const { device } of devices) expect([device.frontend, device.backend]).toContain(id);
      }
    }),
    { numRuns: 30 },
  );
});

test('processes are in their domain’s box, clear of what else is there, in the order of their numbers; all are counted', () => {
  fc.assert(
    fc.property(SHAPES, FRAMES, (shape, frame) => {
      const host = hostOf(shape);
      for (const [n, picture] of layHost(host, 'processors', frame).domains.entries()) {
        const { rect, devices, vcpus, processes, moreProcesses } = picture;
        expect(processes.every((each) => isInside(each.rect, rect))).toBe(true);
        expect(apart([...devices, ...processes].map((each) => each.rect).concat(vcpus))).toBe(true);
        const all = host.domains[n]!.inside!.processes;
        expect(processes.map(({ process }) => process)).toEqual(all.slice(0, processes.length));
        if (processes.length > 0) expect(processes.length + (moreProcesses?.count ?? 0)).toBe(all.length);
        if (moreProcesses !== null) expect(moreProcesses.at.x + 24).toBeLessThan(rect.x + rect.w);
      }
    }),
    { numRuns: 50 },
  );
});

test('hosts share the room, beside each other where it is wide', () => {
  const wide = hostsIn({ x: 0, y: 0, w: 1000, h: 400 }, 2);
  expect(wide[1]!.x).toBeGreaterThan(wide[0]!.x + wide[0]!.w);
  const narrow = hostsIn({ x: 0, y: 0, w: 390, h: 600 }, 2);
  expect(narrow[1]!.y).toBeGreaterThan(narrow[0]!.y + narrow[0]!.h);
  expect(apart([...wide]) && apart([...narrow])).toBe(true);
  expect(heightFor({ w: 1000, h: 400 }, 2)).toBe(400);
  expect(heightFor({ w: 390, h: 300 }, 3)).toBeGreaterThan(700);
});

test('a channel begins and ends at its sockets, and goes no deeper than Xen', () => {
  const xen = { x: 0, y: 100, w: 500, h: 60 };
  const path = channelPath({ x: 10, y: 90 }, { x: 300, y: 90 }, xen);
  expect(path).toBe('M 10.0 90.0 C 10.0 145.0 300.0 145.0 300.0 90.0');
});

describe('arrow keys', () => {
  const things = [
    { name: 'here', at: { x: 0, y: 0 } },
    { name: 'right', at: { x: 50, y: 5 } },
    { name: 'far right', at: { x: 90, y: 0 } },
    { name: 'below', at: { x: 5, y: 40 } },
  ];
  test.each([
    [{ x: 1, y: 0 }, 'right'],
    [{ x: 0, y: 1 }, 'below'],
    [{ x: -1, y: 0 }, undefined],
  ])('%o leads to the next in that direction', (direction, name) => {
    expect(nextIn(things, { x: 0, y: 0 }, direction)?.name).toBe(name);
  });
});

test('of networks: cards above, bridges between, the machine’s card below, and every card at its own bridge', () => {
  const host = hostOf({ guests: 6, vcpus: 1, ports: 0, cpus: 1 });
  const devices = host.devices!.map((device, n) => ({
    ...device,
    kind: 'vif' as const,
    details: n === 0 ? {} : { bridge: n < 3 ? 'xenbr0' : 'private' },
  }));
  const frame = { x: 0, y: 0, w: 900, h: 400 };
  const { cards, bridges, machine } = layNetwork({ ...host, devices }, frame);
  expect(bridges.map(({ name }) => name)).toEqual(['xenbr0', 'private']);
  expect(cards.map(({ bridge }) => bridge?.name)).toEqual([
    ...[undefined, 'xenbr0', 'xenbr0'],
    ...['private', 'private', 'private'],
  ]);
  const boxes = [...cards, ...bridges, ...machine].map(({ rect }) => rect);
  expect(apart(boxes) && boxes.every((box) => isInside(box, frame))).toBe(true);
});

test('the map of memory has a cell for each frame', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1 << 20 }), FRAMES, (frames, rect) => {
      const { columns, rows } = gridOf(frames, rect);
      expect(columns * rows).toBeGreaterThanOrEqual(frames);
      expect((rows - 1) * columns).toBeLessThan(frames);
    }),
  );
});

test('there is room for guests beside a domain 0 alone, and none beside a domain that makes none', () => {
  const host = hostOf({ guests: 0, vcpus: 1, ports: 2, cpus: 1 });
  const frame = { x: 0, y: 0, w: 900, h: 400 };
  expect(layHost(host, 'events', frame).vacancy).not.toBe(null);
  const alone = { ...host, domains: host.domains.map((domain) => ({ ...domain, isPrivileged: false })) };
  const { domains, vacancy, xen } = layHost(alone, 'events', frame);
  expect(vacancy).toBe(null);
  expect(domains[0]!.rect.w).toBe(xen.w);
});
