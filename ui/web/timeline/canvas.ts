/** A canvas in the page: as large as it is shown, drawn when a frame is due. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { LabClient } from '../lab-client.ts';
import { theme } from '../theme.ts';
import type { TimelineModel } from './model.ts';
import { inkOf } from './surface.ts';
import type { Drawn, Surface } from './surface.ts';

/** Sizes a canvas for what it is in the page, and for the screen's dots. */
export function surfaceOf(canvas: HTMLCanvasElement, width: number, height: number): Surface | null {
  const context = canvas.getContext('2d');
  if (context === null) return null;
  const dots = devicePixelRatio;
  const [wide, high] = [Math.round(width * dots), Math.round(height * dots)];
  if (canvas.width !== wide) canvas.width = wide;
  if (canvas.height !== high) canvas.height = high;
  canvas.style.height = `${String(height)}px`;
  context.setTransform(dots, 0, 0, dots, 0, 0);
  return { context, width, height, ink: inkOf(canvas, theme.value) };
}

/** The width of an element, as it changes. */
export function useWidth(element: { readonly current: HTMLElement | null }): number {
  const [width, setWidth] = useState(600);
  useEffect(() => {
    const of = element.current;
    if (of === null) return undefined;
    const observer = new ResizeObserver(() => {
      setWidth(Math.max(160, of.clientWidth));
    });
    observer.observe(of);
    return () => {
      observer.disconnect();
    };
  }, [element]);
  return width;
}

/** Draws when the next frame is due, once, whatever has changed till then. */
export function useFrame(draw: () => void): void {
  const latest = useRef(draw);
  latest.current = draw;
  useEffect(() => {
    const frame = requestAnimationFrame(() => {
      latest.current();
    });
    return () => {
      cancelAnimationFrame(frame);
    };
  });
}

/** What is marked, and where the host stands. */
export function drawnOf(client: LabClient, model: TimelineModel): Drawn {
  return {
    stretch: model.shown.value,
    nowNs: client.state.value.ns,
    marks: model.marks.value,
    selected: model.selected.value,
    focus: model.focus.value,
  };
}
