/** The strip of the whole run. */
import { useRef, useState } from 'preact/hooks';
import type { LabClient } from '../lab-client.ts';
import { drawnOf, surfaceOf, useFrame, useWidth } from './canvas.ts';
import { drawStrip, STRIP_PX } from './draw-overview.ts';
import type { TimelineModel } from './model.ts';
import { Picture } from './picture.ts';
import { nsOf } from './rows.ts';

/** A key on the strip moves the instant by such a share of the run. */
const KEY_SHARE = 0.01;

/** The whole run, of which a stretch is shown: drag it, or go to an instant by keys. */
export function Strip({ client, model }: { client: LabClient; model: TimelineModel }) {
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [picture] = useState(() => new Picture());
  const width = useWidth(box);
  const drawn = drawnOf(client, model);
  const { ns, past, running } = client.state.value;
  const whole = model.whole.value;
  void client.overviewed.value;
  useFrame(() => {
    const surface = canvas.current === null ? null : surfaceOf(canvas.current, width, STRIP_PX);
    if (surface !== null) drawStrip(surface, client.overview, whole, drawn, picture);
  });
  const show = (event: PointerEvent): void => {
    if ((event.buttons & 1) !== 0) model.center(nsOf(event.offsetX, whole, width));
  };
  const step = (by: number): void => {
    model.goTo(Math.min(whole.toNs, Math.max(past?.beginNs ?? 0, ns + by)));
  };
  const by = (whole.toNs - whole.fromNs) * KEY_SHARE;
  const steps: Readonly<Record<string, number>> = {
    ArrowLeft: -by,
    ArrowDown: -by,
    ArrowRight: by,
    ArrowUp: by,
    PageDown: -10 * by,
    PageUp: 10 * by,
    Home: -Infinity,
    End: Infinity,
  };
  return (
    <div class="timeline-strip" ref={box}>
      <canvas
        ref={canvas}
        tabIndex={0}
        role="slider"
        aria-label="Go to an instant"
        aria-valuemin={past?.beginNs ?? 0}
        aria-valuemax={whole.toNs}
        aria-valuenow={ns}
        aria-valuetext={`${(ns / 1e9).toFixed(3)} s of ${(whole.toNs / 1e9).toFixed(3)} s`}
        aria-disabled={running}
        title="All that this host has been: drag to show another stretch of it; with keys, go to an instant"
        data-testid="past"
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          show(event);
        }}
        onPointerMove={show}
        onKeyDown={(event) => {
          const wanted = steps[event.key];
          if (wanted === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
          event.preventDefault();
          step(wanted);
        }}
      />
    </div>
  );
}
