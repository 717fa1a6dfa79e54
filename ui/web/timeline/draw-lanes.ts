/** Lanes where they are known exactly: their items, and what caused what. */
import type { Lane, LaneItem, Place, TimelineView } from '../../lab/timeline/view.ts';
import { domainColor, inkOn } from '../palette.ts';
import { GUTTER_PX, ROW_PX, xOf } from './rows.ts';
import type { Laid } from './rows.ts';
import type { Stretch } from './stretch.ts';
import { AXIS_PX, drawName } from './surface.ts';
import type { Drawn, Ink, Surface } from './surface.ts';

/** An event that takes no time is so wide. */
const POINT_PX = 2;
const TEXT_LEAST_PX = 34;
/** More arrows than that are a tangle. */
const MOST_ARROWS = 400;

const TRAPS = new Set(['trap', 'page_fault', 'failsafe', 'emulated', 'cpuid', 'ptwr', 'math_state_restore']);

function colorOf({ kind, domain }: LaneItem, { theme, dim, accent, bad, good, steps }: Ink): string {
  if (kind === 'run' || kind === 'runnable' || kind === 'hypercall' || kind === 'xenstore')
    return domainColor(domain, theme);
  if (kind === 'upcall' || kind === 'port' || kind === 'virq') return accent;
  if (kind === 'timer' || kind === 'vcpu') return good;
  if (kind === 'crash' || kind === 'shutdown') return bad;
  return TRAPS.has(kind) ? steps : dim;
}

/** Lanes with their items; `laid` counts from the canvas's top. */
export function drawLanes(surface: Surface, view: TimelineView, laid: readonly Laid[], drawn: Drawn): void {
  const { context, width, ink } = surface;
  const { stretch, focus } = drawn;
  drawUnknown(surface, view, stretch);
  for (const [index, lane] of view.lanes.entries()) {
    const at = laid[index]!;
    drawItems(surface, lane, at, stretch);
    drawName(surface, lane.name, domainColor(lane.domain, ink.theme), at);
  }
  drawArrows(surface, view, laid, stretch);
  context.lineWidth = 2;
  context.strokeStyle = ink.bad;
  for (const place of view.found) outline(surface, view, laid, stretch, place);
  context.strokeStyle = ink.text;
  if (focus !== null) outline(surface, view, laid, stretch, focus);
  context.lineWidth = 1;
  context.strokeStyle = ink.line;
  context.beginPath();
  for (const { top, height } of laid) {
    context.moveTo(0, top + height + 3);
    context.lineTo(width, top + height + 3);
  }
  context.stroke();
}

/** What of the stretch has not been gone through. */
function drawUnknown(
  { context, width, height, ink }: Surface,
  { fromNs, toNs }: TimelineView,
  stretch: Stretch,
): void {
  context.fillStyle = ink.page;
  const [from, to] = [xOf(fromNs, stretch, width), xOf(toNs, stretch, width)];
  if (from > GUTTER_PX) context.fillRect(GUTTER_PX, AXIS_PX, Math.min(width, from) - GUTTER_PX, height);
  if (to < width) context.fillRect(Math.max(GUTTER_PX, to), AXIS_PX, width, height);
}

function drawItems({ context, width, ink }: Surface, lane: Lane, { top }: Laid, stretch: Stretch): void {
  // By row: up to where it is drawn already. What lies within that adds nothing to see.
  const drawnTo = new Float64Array(lane.rows).fill(-Infinity);
  for (const item of lane.items) {
    if (item.fromNs > stretch.toNs) break;
    if (item.toNs < stretch.fromNs) continue;
    const left = Math.max(GUTTER_PX, xOf(item.fromNs, stretch, width));
    const right = Math.min(width, Math.max(left + POINT_PX, xOf(item.toNs, stretch, width)));
    if (right <= drawnTo[item.row]!) continue;
    drawnTo[item.row] = right;
    const y = top + item.row * ROW_PX;
    context.fillStyle = colorOf(item, ink);
    drawItem(context, item, left, right, y);
    if (right - left < TEXT_LEAST_PX || item.kind === 'blocked' || item.kind === 'offline') continue;
    context.fillStyle = item.kind === 'runnable' ? ink.text : inkOn(ink.theme);
    const room = right - left - 8;
    const text = item.kind === 'runnable' ? 'waits' : item.name;
    if (context.measureText(text).width <= room) context.fillText(text, left + 4, y + ROW_PX / 2);
  }
}

function drawItem(
  context: CanvasRenderingContext2D,
  { kind }: LaneItem,
  left: number,
  right: number,
  y: number,
): void {
  if (kind === 'offline') return;
  if (kind === 'blocked') context.fillRect(left, y + ROW_PX / 2, right - left, 1);
  else if (kind === 'runnable') {
    context.globalAlpha = 0.35;
    context.fillRect(left, y + 2, right - left, ROW_PX - 4);
    context.globalAlpha = 1;
  } else context.fillRect(left, y + 1, right - left, ROW_PX - 2);
}

function middleOf(
  view: TimelineView,
  laid: readonly Laid[],
  { lane, item }: Place,
): { ns: number; y: number } {
  const { fromNs, row } = view.lanes[lane]!.items[item]!;
  return { ns: fromNs, y: laid[lane]!.top + row * ROW_PX + ROW_PX / 2 };
}

function drawArrows(
  { context, width, ink }: Surface,
  view: TimelineView,
  laid: readonly Laid[],
  stretch: Stretch,
): void {
  const seen = view.arrows.filter(({ from, to }) => {
    const [begin, end] = [middleOf(view, laid, from).ns, middleOf(view, laid, to).ns];
    return end >= stretch.fromNs && begin <= stretch.toNs;
  });
  if (seen.length > MOST_ARROWS) return;
  for (const { why, from, to } of seen) {
    const [a, b] = [middleOf(view, laid, from), middleOf(view, laid, to)];
    const [x1, x2] = [xOf(a.ns, stretch, width), xOf(b.ns, stretch, width)];
    const color = { notified: ink.accent, woken: ink.good, sent: ink.text }[why];
    context.strokeStyle = color;
    context.fillStyle = color;
    context.beginPath();
    context.moveTo(x1, a.y);
    context.bezierCurveTo(x1, (a.y + b.y) / 2, x2, (a.y + b.y) / 2, x2, b.y);
    context.stroke();
    const down = b.y >= a.y ? -1 : 1;
    context.beginPath();
    context.moveTo(x2, b.y);
    context.lineTo(x2 - 3, b.y + 6 * down);
    context.lineTo(x2 + 3, b.y + 6 * down);
    context.fill();
  }
}

function outline(
  { context, width }: Surface,
  view: TimelineView,
  laid: readonly Laid[],
  stretch: Stretch,
  place: Place,
): void {
  const item = view.lanes[place.lane]?.items[place.item];
  if (item === undefined || item.toNs < stretch.fromNs || item.fromNs > stretch.toNs) return;
  const left = Math.max(GUTTER_PX, xOf(item.fromNs, stretch, width));
  const right = Math.min(width, Math.max(left + POINT_PX, xOf(item.toNs, stretch, width)));
  context.strokeRect(
    left - 1.5,
    laid[place.lane]!.top + item.row * ROW_PX + 0.5,
    right - left + 3,
    ROW_PX - 1,
  );
}
