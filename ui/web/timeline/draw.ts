/** Draws a timeline onto a canvas: lanes where they are known exactly, and the whole run at a glance. */
import { scaleLinear } from 'd3-scale';
import { COUNTED } from '../../lab/timeline/counted.ts';
import type { Lane, LaneItem, Place, TimelineView } from '../../lab/timeline/view.ts';
import { domainColor, inkOn } from '../palette.ts';
import type { Theme } from '../palette.ts';
import type { OverviewCopy, Sample } from './overview-copy.ts';
import type { Picture } from './picture.ts';
import { GUTTER_PX, ROW_PX, xOf } from './rows.ts';
import type { Laid } from './rows.ts';
import { duration } from './stretch.ts';
import type { Stretch } from './stretch.ts';

/** Height of the axis above the lanes. */
export const AXIS_PX = 18;
/** An event that takes no time is so wide. */
const POINT_PX = 2;
const TEXT_LEAST_PX = 34;
/** More arrows than that are a tangle. */
const MOST_ARROWS = 400;
const OVERVIEW_COLUMN_PX = 2;
const TICK_PX = 110;

/** What a canvas draws with, of the page's style sheet. */
export interface Ink {
  readonly theme: Theme;
  readonly text: string;
  readonly dim: string;
  readonly line: string;
  readonly panel: string;
  readonly page: string;
  readonly accent: string;
  readonly bad: string;
  readonly good: string;
  readonly steps: string;
}

export function inkOf(element: Element, theme: Theme): Ink {
  const style = getComputedStyle(element);
  const of = (name: string): string => style.getPropertyValue(name);
  return {
    theme,
    text: of('--text'),
    dim: of('--dim'),
    line: of('--line'),
    panel: of('--panel'),
    page: of('--page'),
    accent: of('--accent'),
    bad: of('--bad'),
    good: of('--good'),
    steps: of('--map-dirty'),
  };
}

export interface Surface {
  readonly context: CanvasRenderingContext2D;
  /** In px of the page. */
  readonly width: number;
  readonly height: number;
  readonly ink: Ink;
}

/** What is marked in time. */
export interface Mark {
  readonly ns: number;
  readonly words: string;
}

export interface Drawn {
  readonly stretch: Stretch;
  readonly nowNs: number;
  readonly marks: readonly Mark[];
  readonly selected: Stretch | null;
  readonly focus: Place | null;
}

const TRAPS = new Set(['trap', 'page_fault', 'failsafe', 'emulated', 'cpuid', 'ptwr', 'math_state_restore']);

function colorOf({ kind, domain }: LaneItem, { theme, dim, accent, bad, good, steps }: Ink): string {
  if (kind === 'run' || kind === 'runnable' || kind === 'hypercall' || kind === 'xenstore')
    return domainColor(domain, theme);
  if (kind === 'upcall' || kind === 'port' || kind === 'virq') return accent;
  if (kind === 'timer' || kind === 'vcpu') return good;
  if (kind === 'crash' || kind === 'shutdown') return bad;
  return TRAPS.has(kind) ? steps : dim;
}

/** The axis, the lanes' names, and what is common to both pictures. `title`: where the axis begins. */
export function drawFrame({ context, width, height, ink }: Surface, { stretch }: Drawn): void {
  context.clearRect(0, 0, width, height);
  context.font = '11px system-ui, sans-serif';
  context.textBaseline = 'middle';
  const scale = scaleLinear([stretch.fromNs, stretch.toNs], [GUTTER_PX, width]);
  const ticks = scale.ticks(Math.max(2, Math.floor((width - GUTTER_PX) / TICK_PX)));
  const [first = 0, second = 1] = ticks;
  const step = second - first;
  context.fillStyle = ink.dim;
  context.strokeStyle = ink.line;
  context.beginPath();
  for (const ns of ticks) {
    const x = Math.round(scale(ns)) + 0.5;
    context.moveTo(x, AXIS_PX - 4);
    context.lineTo(x, height);
    context.fillText(labelOf(ns, step, first), x + 3, AXIS_PX / 2, TICK_PX - 6);
  }
  context.stroke();
}

/** An instant as far as its neighbours differ: of the first the whole, then what was added. */
function labelOf(ns: number, step: number, first: number): string {
  if (step >= 1e5 || ns === first) {
    const digits = Math.min(9, Math.max(0, 9 - Math.floor(Math.log10(Math.max(1, step)))));
    return `${(ns / 1e9).toFixed(digits)} s`;
  }
  return `+${duration(ns - first)}`;
}

function drawName({ context, ink }: Surface, name: string, color: string, { top }: Laid): void {
  context.fillStyle = ink.panel;
  context.fillRect(0, top, GUTTER_PX - 2, ROW_PX);
  context.fillStyle = color;
  context.fillText(name, 6, top + ROW_PX / 2, GUTTER_PX - 12);
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
    const color = why === 'notified' ? ink.accent : ink.good;
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

/** The names of the lanes of a whole run: its processors, and what is counted. */
export function overviewLanes(
  overview: OverviewCopy,
): readonly { readonly rows: number; readonly name: string }[] {
  const processors = new Set(overview.runs.map(({ processor }) => processor));
  const all = [...processors].sort((a, b) => a - b).map((id) => ({ rows: 2, name: `cpu${String(id)}` }));
  return [...all, ...COUNTED.map((name) => ({ rows: 1, name }))];
}

/** Who had each processor, and how often what happened; `picture`: its own, from one frame to the next. */
export function drawOverview(
  surface: Surface,
  overview: OverviewCopy,
  laid: readonly Laid[],
  { stretch }: Drawn,
  picture: Picture,
): void {
  const key = [overview.version, ...laid.map(({ top }) => top)].join(' ');
  picture.draw(surface, key, stretch, (wide, all) => {
    drawColumns(wide, overview, laid, all);
  });
  for (const [index, { name }] of overviewLanes(overview).entries())
    drawName(surface, name, surface.ink.dim, laid[index]!);
}

/** Column by column. */
function drawColumns(
  surface: Surface,
  overview: OverviewCopy,
  laid: readonly Laid[],
  stretch: Stretch,
): void {
  const { context, width, ink } = surface;
  const columns: { x: number; sample: Sample }[] = [];
  const nsPerPx = (stretch.toNs - stretch.fromNs) / (width - GUTTER_PX);
  const step = Math.max(OVERVIEW_COLUMN_PX, overview.binNs / nsPerPx);
  const firstBin = Math.floor(stretch.fromNs / overview.binNs);
  const binsPerColumn = Math.max(1, Math.round((step * nsPerPx) / overview.binNs));
  const begin = Math.max(0, Math.floor(firstBin / binsPerColumn) * binsPerColumn);
  for (let bin = begin; bin * overview.binNs < stretch.toNs && bin < overview.bins; bin += binsPerColumn)
    columns.push({
      x: xOf(bin * overview.binNs, stretch, width),
      sample: overview.sample(bin, bin + binsPerColumn),
    });
  const columnPx = (binsPerColumn * overview.binNs) / nsPerPx + 0.5;
  const lanes = overviewLanes(overview);
  const processors = lanes.length - COUNTED.length;
  for (const { x, sample } of columns) {
    const left = Math.max(GUTTER_PX, x);
    const right = Math.min(width, x + columnPx);
    if (right <= left || sample.known === 0) continue;
    for (let cpu = 0; cpu < processors; cpu++)
      drawShares(surface, overview, sample, cpu, laid[cpu]!, left, right);
  }
  for (const kind of COUNTED.keys()) {
    const { top, height } = laid[processors + kind]!;
    const most = columns.reduce((peak, { sample }) => Math.max(peak, sample.rates[kind]!), 0);
    context.fillStyle =
      kind === 0 ? domainColor(0, ink.theme) : kind === 1 ? ink.steps : kind < 4 ? ink.accent : ink.dim;
    if (most > 0)
      for (const { x, sample } of columns) {
        const rate = sample.rates[kind]!;
        if (rate === 0) continue;
        const bar = Math.max(1, Math.sqrt(rate / most) * (height - 1));
        const left = Math.max(GUTTER_PX, x);
        context.fillRect(left, top + height - bar, Math.max(0, Math.min(width, x + columnPx) - left), bar);
      }
  }
}

function drawShares(
  { context, ink }: Surface,
  overview: OverviewCopy,
  { shares }: Sample,
  cpu: number,
  { top, height }: Laid,
  left: number,
  right: number,
): void {
  let y = top + height;
  for (const [index, { processor, name }] of overview.runs.entries()) {
    const share = shares[index]!;
    if (processor !== cpu || share === 0) continue;
    context.fillStyle = domainColor(Number(/^d(\d+)/.exec(name)?.[1] ?? -1), ink.theme);
    y -= share * height;
    context.fillRect(left, y, right - left, share * height);
  }
}

/** The instant now, marks, and what is selected: above all else. */
export function drawMarks(
  { context, width, height, ink }: Surface,
  { stretch, nowNs, marks, selected }: Drawn,
): void {
  if (selected !== null) {
    const left = Math.max(GUTTER_PX, xOf(selected.fromNs, stretch, width));
    const right = Math.min(width, xOf(selected.toNs, stretch, width));
    context.globalAlpha = 0.18;
    context.fillStyle = ink.accent;
    if (right > left) context.fillRect(left, 0, right - left, height);
    context.globalAlpha = 1;
  }
  context.fillStyle = ink.steps;
  for (const { ns } of marks) {
    const x = xOf(ns, stretch, width);
    if (x < GUTTER_PX || x > width) continue;
    context.beginPath();
    context.moveTo(x - 4, 0);
    context.lineTo(x + 4, 0);
    context.lineTo(x, 7);
    context.fill();
  }
  const x = xOf(nowNs, stretch, width);
  if (x < GUTTER_PX - 1 || x > width + 1) return;
  context.fillStyle = ink.text;
  context.fillRect(Math.round(Math.min(x, width - 2)), 0, 2, height);
}

/** The strip of the whole run, and the stretch that is shown of it. */
export function drawStrip(
  surface: Surface,
  overview: OverviewCopy,
  whole: Stretch,
  drawn: Drawn,
  picture: Picture,
): void {
  const { context, width, height, ink } = surface;
  context.clearRect(0, 0, width, height);
  const of = { ...drawn, stretch: whole, selected: null };
  const half = { top: 0, height: height / 2 };
  const lanes = overviewLanes(overview);
  // All processors lie upon each other, and so do all counts.
  drawOverview(
    surface,
    overview,
    lanes.map((_, index) => (index < lanes.length - COUNTED.length ? half : { ...half, top: height / 2 })),
    of,
    picture,
  );
  context.fillStyle = ink.panel;
  context.fillRect(0, 0, GUTTER_PX - 2, height);
  context.fillStyle = ink.dim;
  context.font = '11px system-ui, sans-serif';
  context.textBaseline = 'middle';
  context.fillText('whole run', 6, height / 2, GUTTER_PX - 12);
  const left = Math.max(GUTTER_PX, xOf(drawn.stretch.fromNs, whole, width));
  const right = Math.min(width, Math.max(left + 3, xOf(drawn.stretch.toNs, whole, width)));
  context.globalAlpha = 0.15;
  context.fillStyle = ink.accent;
  context.fillRect(left, 0, right - left, height);
  context.globalAlpha = 1;
  context.strokeStyle = ink.accent;
  context.strokeRect(left + 0.5, 0.5, right - left - 1, height - 1);
  drawMarks(surface, of);
}
