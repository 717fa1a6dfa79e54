/** Where lanes and their rows lie, and what is at a point: in px from the top of the lanes. */
import type { Lane, LaneItem, Place } from '../../lab/timeline/view.ts';
import type { Stretch } from './stretch.ts';

export const ROW_PX = 14;
const GAP_PX = 6;
/** Lanes' names stand left of this. */
export const GUTTER_PX = 76;
/** What is narrower can still be met with a pointer. */
const NEAR_PX = 4;

export interface Laid {
  readonly top: number;
  readonly height: number;
}

export function layOut(lanes: readonly { readonly rows: number }[]): readonly Laid[] {
  let top = GAP_PX / 2;
  return lanes.map(({ rows }) => {
    const laid = { top, height: rows * ROW_PX };
    top += laid.height + GAP_PX;
    return laid;
  });
}

export function heightOf(laid: readonly Laid[]): number {
  const last = laid.at(-1);
  return last === undefined ? 0 : last.top + last.height + GAP_PX / 2;
}

/** px of an instant, from the left of the canvas. */
export function xOf(ns: number, { fromNs, toNs }: Stretch, width: number): number {
  return GUTTER_PX + ((ns - fromNs) / (toNs - fromNs)) * (width - GUTTER_PX);
}

export function nsOf(x: number, { fromNs, toNs }: Stretch, width: number): number {
  return fromNs + ((x - GUTTER_PX) / (width - GUTTER_PX)) * (toNs - fromNs);
}

/** The item under a point: of those that are there the one nearest, the shortest of them. */
export function itemAt(
  lanes: readonly Lane[],
  laid: readonly Laid[],
  stretch: Stretch,
  width: number,
  x: number,
  y: number,
): Place | null {
  const lane = laid.findIndex(({ top, height }) => y >= top && y < top + height);
  if (lane < 0 || x < GUTTER_PX) return null;
  const row = Math.floor((y - laid[lane]!.top) / ROW_PX);
  let found: Place | null = null;
  let best = { distance: NEAR_PX, length: Infinity };
  for (const [item, each] of lanes[lane]!.items.entries()) {
    if (each.row !== row) continue;
    const [left, right] = [xOf(each.fromNs, stretch, width), xOf(each.toNs, stretch, width)];
    const distance = Math.max(0, left - x, x - right);
    const length = each.toNs - each.fromNs;
    if (distance > best.distance || (distance === best.distance && length >= best.length)) continue;
    best = { distance, length };
    found = { lane, item };
  }
  return found;
}

/** An item in words. */
export function inWords({ kind, name, args, result }: LaneItem): string {
  if (kind === 'run') return `${name} has the processor`;
  if (kind === 'runnable') return `${name} waits for a processor`;
  if (kind === 'blocked') return `${name} sleeps until an event`;
  if (kind === 'offline') return `${name} is down, paused or shut down`;
  const call = kind === 'hypercall' ? `${name}(${args})` : `${name} ${args}`.trimEnd();
  return result === '' ? call : `${call} = ${result}`;
}
