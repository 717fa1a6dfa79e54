/** The whole run at a glance: who had which processor how much, and how often what happened. */
import { COUNTED } from '../../lab/timeline/counted.ts';
import { domainColor } from '../palette.ts';
import type { OverviewCopy, Sample } from './overview-copy.ts';
import type { Picture } from './picture.ts';
import { GUTTER_PX, xOf } from './rows.ts';
import type { Laid } from './rows.ts';
import type { Stretch } from './stretch.ts';
import { drawMarks, drawName } from './surface.ts';
import type { Drawn, Surface } from './surface.ts';

/** Height of the strip. */
export const STRIP_PX = 34;
const OVERVIEW_COLUMN_PX = 2;

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
