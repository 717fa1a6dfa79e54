/** What a timeline shows and where: stretches, rows, sums, and the page's copy of the overview. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { COUNTED } from '../../lab/timeline/counted.ts';
import { FIRST_BIN_TICKS, Overview } from '../../lab/timeline/overview.ts';
import type { LaneItem, TimelineView } from '../../lab/timeline/view.ts';
import { OverviewCopy } from './overview-copy.ts';
import { heightOf, inWords, itemAt, layOut, nsOf, ROW_PX, xOf } from './rows.ts';
import { duration, instant, LEAST_NS, panned, within, zoomed } from './stretch.ts';
import { sumOf } from './sum.ts';

const WIDTH = 876;

describe('a stretch', () => {
  const bounds = { fromNs: 0, toNs: 1e9 };
  const stretches = fc
    .tuple(fc.double({ min: 0, max: 1e9, noNaN: true }), fc.double({ min: 10, max: 1e9, noNaN: true }))
    .map(([from, width]) => within({ fromNs: from, toNs: from + width }, bounds));

  it('stays within what there is, however it is moved and zoomed, and is never empty', () => {
    fc.assert(
      fc.property(
        stretches,
        fc.array(
          fc.tuple(
            fc.double({ min: -3, max: 3, noNaN: true }),
            fc.double({ min: 0.01, max: 100, noNaN: true }),
          ),
        ),
        (first, moves) => {
          let stretch = first;
          for (const [share, factor] of moves) {
            stretch = zoomed(panned(stretch, share, bounds), factor, stretch.fromNs, bounds);
            expect(stretch.fromNs).toBeGreaterThanOrEqual(0);
            expect(stretch.toNs).toBeLessThanOrEqual(1e9 + 1);
            expect(stretch.toNs - stretch.fromNs).toBeGreaterThanOrEqual(LEAST_NS * 0.99);
          }
        },
      ),
    );
  });

  it('is zoomed around an instant, which stays where it is', () => {
    const stretch = { fromNs: 4e8, toNs: 6e8 };
    const around = 4.5e8;
    const closer = zoomed(stretch, 0.5, around, bounds);
    expect(closer.toNs - closer.fromNs).toBeCloseTo(1e8, 3);
    expect(xOf(around, closer, WIDTH)).toBeCloseTo(xOf(around, stretch, WIDTH), 6);
    expect(nsOf(xOf(around, closer, WIDTH), closer, WIDTH)).toBeCloseTo(around, 3);
  });

  it('has its times in words', () => {
    expect([0.5, 12, 1234, 2.5e6, 3e9].map(duration)).toEqual([
      '0.5 ns',
      '12 ns',
      '1.234 µs',
      '2.5 ms',
      '3 s',
    ]);
    expect(instant(1_234_567_890)).toBe('1.234 567 890 s');
  });
});

const item = (fromNs: number, toNs: number, row: number, more: Partial<LaneItem> = {}): LaneItem => ({
  ...{ fromNs, toNs, row, kind: 'hypercall', domain: 0, name: 'sched_op', args: 'cmd=block', result: '0' },
  ...more,
});
const VIEW: TimelineView = {
  fromNs: 0,
  toNs: 800,
  isCut: false,
  events: 4,
  lanes: [
    {
      of: 'processor',
      name: 'cpu0',
      domain: -1,
      rows: 1,
      items: [
        item(0, 600, 0, { kind: 'run', name: 'd0v0' }),
        item(700, 800, 0, { kind: 'run', name: 'd1v0' }),
      ],
    },
    {
      of: 'vcpu',
      name: 'd0v0',
      domain: 0,
      rows: 3,
      items: [
        item(0, 600, 0, { kind: 'run', name: 'd0v0' }),
        item(100, 200, 1),
        item(150, 150, 2, { kind: 'port', name: 'port', args: 'domain 1 port 3', result: '' }),
        item(300, 301, 1),
      ],
    },
  ],
  arrows: [],
  found: [],
};

describe('rows', () => {
  const laid = layOut(VIEW.lanes);
  const whole = { fromNs: 0, toNs: 800 };
  const at = (ns: number, lane: number, row: number) =>
    itemAt(VIEW.lanes, laid, whole, WIDTH, xOf(ns, whole, WIDTH), laid[lane]!.top + (row + 0.5) * ROW_PX);

  it('lie below each other, and none upon another', () => {
    for (const [lane, { top }] of laid.entries())
      if (lane > 0) expect(top).toBeGreaterThanOrEqual(laid[lane - 1]!.top + laid[lane - 1]!.height);
    expect(heightOf(laid)).toBeGreaterThan(4 * ROW_PX);
  });

  it('a point meets what is there, what takes no time too, and nothing elsewhere', () => {
    expect(at(300, 0, 0)).toEqual({ lane: 0, item: 0 });
    expect(at(650, 0, 0)).toBe(null);
    expect(at(120, 1, 1)).toEqual({ lane: 1, item: 1 });
    expect(at(152, 1, 2)).toEqual({ lane: 1, item: 2 });
    expect(at(400, 1, 2)).toBe(null);
  });

  it('an item has words', () => {
    expect(inWords(item(0, 1, 1))).toBe('sched_op(cmd=block) = 0');
    expect(inWords(VIEW.lanes[1]!.items[2]!)).toBe('port domain 1 port 3');
    expect(inWords(VIEW.lanes[0]!.items[1]!)).toBe('d1v0 has the processor');
  });

  it('a stretch is summed up: who ran how long, what was called how often', () => {
    expect(sumOf(VIEW, { fromNs: 100, toNs: 750 })).toBe(
      '650 ns: d0v0 ran for 500 ns, d1v0 ran for 50 ns. 2 hypercalls: sched_op 2 times. port once.',
    );
    expect(sumOf(VIEW, { fromNs: 900, toNs: 950 })).toMatch(/^Nothing of this stretch/);
    expect(sumOf(VIEW, { fromNs: 610, toNs: 620 })).toBe('10 ns: nobody ran. 0 hypercalls.');
  });
});

it('the page’s copy of an overview is what the lab has, whenever it is told of it', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(400), fc.nat(3)), { maxLength: 60 }), (steps) => {
      const overview = new Overview();
      const copy = new OverviewCopy();
      overview.moved(0, ['d0v0']);
      let ticks = 0;
      let upcalls = 0;
      for (const [by, what] of steps) {
        ticks += by * FIRST_BIN_TICKS * 0.3;
        const event = { ticks, domain: 0, vcpu: 0, depth: 0 };
        if (what === 0) copy.apply(overview.take(1, ticks));
        else if (what === 1) {
          overview.event({ ...event, detail: { kind: 'upcall' } });
          upcalls++;
        }
        if (what > 1) overview.upTo(ticks);
      }
      ticks += 1;
      copy.apply(overview.take(1, ticks));
      const sample = copy.sample(0, copy.bins);
      expect(copy.events(0, copy.endNs)).toBeCloseTo(upcalls, 3);
      expect(sample.rates[COUNTED.indexOf('upcall')]! * ticks).toBeCloseTo(upcalls, 2);
      expect(sample.shares[0]).toBeCloseTo(1, 4);
    }),
  );
});
