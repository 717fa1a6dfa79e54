/** Where frames are in the map of memory. */
import type { Rect } from './layout.ts';

/** How frames are laid into a box: row by row. */
export function gridOf(
  frames: number,
  { w, h }: Rect,
): { readonly columns: number; readonly rows: number; readonly cell: number } {
  const cell = Math.sqrt((w * h) / Math.max(frames, 1));
  const columns = Math.max(1, Math.floor(w / cell));
  return { columns, rows: Math.ceil(frames / columns), cell: w / columns };
}
