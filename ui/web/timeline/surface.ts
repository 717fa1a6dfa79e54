/** The canvas that a timeline is drawn on: what it is drawn with, its axis, and what is marked in time. */
import { scaleLinear } from 'd3-scale';
import type { Place } from '../../lab/timeline/view.ts';
import type { Theme } from '../palette.ts';
import { GUTTER_PX, ROW_PX, xOf } from './rows.ts';
import type { Laid } from './rows.ts';
import { duration } from './stretch.ts';
import type { Stretch } from './stretch.ts';

/** Height of the axis above the lanes. */
export const AXIS_PX = 18;
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

/** The axis, the lanes' names, and what is common to both pictures. */
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

/** The name of a lane, before it. */
export function drawName({ context, ink }: Surface, name: string, color: string, { top }: Laid): void {
  context.fillStyle = ink.panel;
  context.fillRect(0, top, GUTTER_PX - 2, ROW_PX);
  context.fillStyle = color;
  context.fillText(name, 6, top + ROW_PX / 2, GUTTER_PX - 12);
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
