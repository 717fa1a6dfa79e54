/** Draws a timeline onto a canvas, for the page and for its measure: lanes where they are known exactly, else the whole run. */
import type { TimelineView } from '../../lab/timeline/view.ts';
import { drawLanes } from './draw-lanes.ts';
import { drawOverview, overviewLanes } from './draw-overview.ts';
import type { OverviewCopy } from './overview-copy.ts';
import type { Picture } from './picture.ts';
import { heightOf, layOut } from './rows.ts';
import type { Laid } from './rows.ts';
import { AXIS_PX, drawFrame, drawMarks } from './surface.ts';
import type { Drawn, Surface } from './surface.ts';

/** What there is to draw; `exact`: null where it is not known. */
export interface Scene {
  readonly exact: TimelineView | null;
  readonly overview: OverviewCopy;
  /** From the canvas's top. */
  readonly laid: readonly Laid[];
  /** In px of the page. */
  readonly height: number;
}

export function sceneOf(exact: TimelineView | null, overview: OverviewCopy): Scene {
  const lanes = exact?.lanes ?? overviewLanes(overview);
  const laid = layOut(lanes).map((at): Laid => ({ ...at, top: at.top + AXIS_PX }));
  return { exact, overview, laid, height: Math.max(60, heightOf(laid)) };
}

/** `picture`: the canvas's own, from one frame to the next. */
export function drawScene(
  surface: Surface,
  { exact, overview, laid }: Scene,
  drawn: Drawn,
  picture: Picture,
): void {
  drawFrame(surface, drawn);
  if (exact !== null) drawLanes(surface, exact, laid, drawn);
  else drawOverview(surface, overview, laid, drawn, picture);
  drawMarks(surface, drawn);
}
