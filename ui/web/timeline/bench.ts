/** What `npm run bench:timeline` runs in a browser: ten minutes with 50 million events at a glance, and a dense window, panned. */
import { COUNTED } from '../../lab/timeline/counted.ts';
import { BINS } from '../../lab/timeline/overview.ts';
import type { Lane, LaneItem, TimelineView } from '../../lab/timeline/view.ts';
import { drawScene, sceneOf } from './draw.ts';
import { drawStrip, STRIP_PX } from './draw-overview.ts';
import { OverviewCopy } from './overview-copy.ts';
import { Picture } from './picture.ts';
import { panned } from './stretch.ts';
import type { Stretch } from './stretch.ts';
import { inkOf } from './surface.ts';
import type { Drawn, Surface } from './surface.ts';

const RUN_NS = 600e9;
const EVENTS = 50e6;
const PROCESSORS = 4;
const DOMAINS = 20;
/** As many as are shown at once. */
const ITEMS = 20_000;
const DENSE_NS = 200e6;
const WIDTH = 1440;
const MEASURED_MS = 4000;
const PAN = 0.01;

/** Wavy, so that no two columns are alike. */
const wave = (n: number, length: number): number => 0.5 + 0.5 * Math.sin((n / length) * 2 * Math.PI);

function overview(): OverviewCopy {
  const copy = new OverviewCopy();
  const values = (of: (bin: number) => number): Float32Array =>
    Float32Array.from({ length: BINS }, (_, bin) => of(bin));
  const binNs = RUN_NS / BINS;
  copy.apply({
    ...{ binNs, binTicks: binNs, from: 0, known: values(() => binNs) },
    counts: COUNTED.map((_, kind) =>
      values((bin) => (EVENTS / BINS / COUNTED.length) * 2 * wave(bin, 50 + 70 * kind)),
    ),
    runs: Array.from({ length: PROCESSORS * DOMAINS }, (_, n) => ({
      ...{ processor: n % PROCESSORS, name: `d${String(Math.floor(n / PROCESSORS))}v0` },
      ticks: values((bin) => (binNs / DOMAINS) * wave(bin, 20 + 13 * n)),
    })),
  });
  return copy;
}

function dense(): TimelineView {
  const lanes = Array.from({ length: DOMAINS }, (_, domain): Lane => {
    const count = ITEMS / DOMAINS;
    const items = Array.from({ length: count }, (_each, n): LaneItem => {
      const fromNs = (n / count) * DENSE_NS;
      const [row, kind] = n % 4 === 0 ? [0, 'run'] : n % 4 === 1 ? [1, 'hypercall'] : [2, 'page_type'];
      const toNs = row === 2 ? fromNs : fromNs + (DENSE_NS / count) * wave(n, 17);
      return {
        ...{ fromNs, toNs, row: Number(row), kind: String(kind), domain },
        name: 'mmu_update',
        args: '',
        result: '',
      };
    });
    return { of: 'vcpu', name: `d${String(domain)}v0`, domain, rows: 3, items };
  });
  const arrows = Array.from({ length: 300 }, (_, n) => ({
    why: 'notified' as const,
    from: { lane: n % DOMAINS, item: n * 3 },
    to: { lane: (n + 1) % DOMAINS, item: n * 3 + 2 },
  }));
  return { fromNs: 0, toNs: DENSE_NS, isCut: false, events: ITEMS, lanes, arrows, found: [] };
}

function surface(height: number): Surface {
  const canvas = document.createElement('canvas');
  document.body.append(canvas);
  canvas.width = WIDTH;
  canvas.height = height;
  return { context: canvas.getContext('2d')!, width: WIDTH, height, ink: inkOf(canvas, 'light') };
}

/** Frames a second while it is panned to and fro. */
function measure(bounds: Stretch, draw: (drawn: Drawn) => void): Promise<number> {
  let stretch = { fromNs: bounds.toNs * 0.1, toNs: bounds.toNs * 0.7 };
  const started = performance.now();
  return new Promise((done) => {
    let frames = 0;
    const frame = (): void => {
      const elapsed = performance.now() - started;
      if (elapsed > MEASURED_MS) {
        done((frames / elapsed) * 1000);
        return;
      }
      stretch = panned(stretch, Math.floor(frames / 20) % 2 === 0 ? PAN : -PAN, bounds);
      draw({ stretch, nowNs: bounds.toNs / 2, marks: [], selected: null, focus: null });
      frames++;
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });
}

/** Frames a second of the whole run, and of a dense window of it. */
export async function bench(): Promise<readonly [whole: number, dense: number]> {
  const copy = overview();
  const run = { fromNs: 0, toNs: RUN_NS };
  const [strip, ofStrip] = [surface(STRIP_PX), new Picture()];
  const framesOf = (bounds: Stretch, exact: TimelineView | null): Promise<number> => {
    const scene = sceneOf(exact, copy);
    const [canvas, picture] = [surface(scene.height), new Picture()];
    return measure(bounds, (drawn) => {
      drawStrip(strip, copy, run, drawn, ofStrip);
      drawScene(canvas, scene, drawn, picture);
    });
  };
  const whole = await framesOf(run, null);
  return [whole, await framesOf({ fromNs: 0, toNs: DENSE_NS }, dense())];
}
