/** What happened in a stretch of time, in a sentence or two. */
import type { TimelineView } from '../../lab/timeline/view.ts';
import { duration } from './stretch.ts';
import type { Stretch } from './stretch.ts';

/** So many of the most frequent hypercalls are named. */
const NAMED = 6;

const times = (count: number): string => (count === 1 ? 'once' : `${count.toLocaleString('en')} times`);

function most(counts: ReadonlyMap<string, number>): [string, number][] {
  return [...counts].sort((a, b) => b[1] - a[1]);
}

/** Of what of it has been gone through exactly. */
export function sumOf({ lanes, fromNs, toNs }: TimelineView, stretch: Stretch): string {
  const from = Math.max(fromNs, stretch.fromNs);
  const to = Math.min(toNs, stretch.toNs);
  if (to <= from) return 'Nothing of this stretch is shown exactly: zoom in.';
  const ran = new Map<string, number>();
  const calls = new Map<string, number>();
  const others = new Map<string, number>();
  const add = (counts: Map<string, number>, name: string, by = 1): void => {
    counts.set(name, (counts.get(name) ?? 0) + by);
  };
  for (const lane of lanes)
    for (const item of lane.items) {
      const overlap = Math.min(to, item.toNs) - Math.max(from, item.fromNs);
      const isHere = item.fromNs >= from && item.fromNs < to;
      if (lane.of === 'processor') {
        if (overlap > 0) add(ran, item.name, overlap);
      } else if (item.kind === 'hypercall') {
        if (isHere) add(calls, item.name);
      } else if (isHere && !['run', 'runnable', 'blocked', 'offline'].includes(item.kind))
        add(others, item.kind);
    }
  const named = most(calls).slice(0, NAMED);
  const total = [...calls.values()].reduce((sum, count) => sum + count, 0);
  const parts = [
    most(ran)
      .map(([name, ns]) => `${name} ran for ${duration(ns)}`)
      .join(', ') || 'nobody ran',
    `${total.toLocaleString('en')} hypercalls${total === 0 ? '' : `: ${named.map(([name, count]) => `${name} ${times(count)}`).join(', ')}${calls.size > NAMED ? ', …' : ''}`}`,
    ...(others.size === 0
      ? []
      : [
          most(others)
            .slice(0, NAMED)
            .map(([kind, count]) => `${kind} ${times(count)}`)
            .join(', '),
        ]),
  ];
  return `${duration(to - from)}: ${parts.join('. ')}.`;
}
