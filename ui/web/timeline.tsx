/** The run in time: who had which processor, what happened in which order, and what caused what. A click goes there. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { LabClient } from './lab-client.ts';
import { theme } from './theme.ts';
import './timeline.css';
import {
  AXIS_PX,
  drawFrame,
  drawLanes,
  drawMarks,
  drawOverview,
  drawStrip,
  inkOf,
  overviewLanes,
} from './timeline/draw.ts';
import type { Drawn, Surface } from './timeline/draw.ts';
import { TimelineModel } from './timeline/model.ts';
import { Picture } from './timeline/picture.ts';
import { listenToPointers } from './timeline/pointer.ts';
import { heightOf, inWords, itemAt, layOut, nsOf } from './timeline/rows.ts';
import type { Laid } from './timeline/rows.ts';
import { instant } from './timeline/stretch.ts';
import { sumOf } from './timeline/sum.ts';

const STRIP_PX = 34;
const ZOOM = 1.6;
const PAN = 0.2;
/** A key on the strip moves the instant by such a share of the run. */
const KEY_SHARE = 0.01;

type Keys = Readonly<Record<string, (model: TimelineModel) => void>>;

const KEYS: Keys = {
  ArrowLeft: (model) => {
    model.pan(-PAN);
  },
  ArrowRight: (model) => {
    model.pan(PAN);
  },
  '+': (model) => {
    model.zoom(1 / ZOOM);
  },
  '=': (model) => {
    model.zoom(1 / ZOOM);
  },
  '-': (model) => {
    model.zoom(ZOOM);
  },
  Home: (model) => {
    model.center(0);
  },
  End: (model) => {
    model.center(model.whole.value.toNs);
  },
  '0': (model) => {
    model.stretch.value = null;
  },
  '.': (model) => {
    model.step(1);
  },
  ',': (model) => {
    model.step(-1);
  },
  ArrowDown: (model) => {
    model.stepLane(1);
  },
  ArrowUp: (model) => {
    model.stepLane(-1);
  },
  n: (model) => {
    model.stepFound(1);
  },
  p: (model) => {
    model.stepFound(-1);
  },
  Escape: (model) => {
    model.selected.value = null;
    model.focus.value = null;
  },
};

export function Timeline({ client }: { client: LabClient }) {
  const [model] = useState(() => new TimelineModel(client));
  useEffect(() => model.listen(), [model]);
  const isOpen = model.isOpen.value;
  return (
    <section class={isOpen ? 'panel timeline open' : 'panel timeline'} aria-label="Timeline" data-pane>
      {isOpen && <Tools model={model} />}
      <div class="timeline-head">
        <Strip client={client} model={model} />
        <button
          class="small"
          aria-expanded={isOpen}
          data-testid="timeline-open"
          title="Every event of what is shown, in lanes: who ran, what was called, what woke whom"
          onClick={() => {
            model.isOpen.value = !isOpen;
          }}
        >
          {isOpen ? 'Only the run' : 'Every event'}
        </button>
      </div>
      {isOpen && (
        <>
          <Lanes client={client} model={model} />
          <p class="timeline-tells" id="timeline-tells" role="status" data-testid="timeline-tells">
            {tell(model)}
          </p>
        </>
      )}
    </section>
  );
}

/** What has the focus or is selected, in words; else what there is to see. */
function tell(model: TimelineModel): string {
  const exact = model.exact.value;
  const selected = model.selected.value;
  const focus = model.focus.value;
  if (selected !== null)
    return exact === null ? 'Zoom in to have what is selected summed up.' : sumOf(exact, selected);
  const item = focus === null ? undefined : model.item(focus);
  if (focus === null || item === undefined) return model.hint;
  const lane = exact!.lanes[focus.lane]!.name;
  return `${lane}, ${instant(item.fromNs)}: ${inWords(item)}. Enter goes there.`;
}

function Tools({ model }: { model: TimelineModel }) {
  const isFound = model.filter.value !== '';
  return (
    <div class="timeline-tools">
      <h2>Timeline</h2>
      <button
        class="small"
        onClick={() => {
          model.stretch.value = null;
        }}
        title="Key in the lanes: 0"
      >
        Whole run
      </button>
      <button
        class="small"
        onClick={() => {
          model.around();
        }}
        title="Half a millisecond around the instant at which the host stands"
      >
        Around now
      </button>
      <button
        class="small"
        onClick={() => {
          model.zoom(1 / ZOOM);
        }}
        aria-label="Zoom in"
        title="Zoom in: wheel, pinch, or + in the lanes"
      >
        +
      </button>
      <button
        class="small"
        onClick={() => {
          model.zoom(ZOOM);
        }}
        aria-label="Zoom out"
        title="Zoom out: wheel, pinch, or - in the lanes"
      >
        −
      </button>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          model.stepFound(1);
        }}
      >
        <input
          type="text"
          size={20}
          list="events"
          placeholder="find: hypercall mmu_update"
          aria-label="Find events in what is shown"
          value={model.filter.value}
          onChange={(event) => {
            model.find(event.currentTarget.value);
          }}
        />
        <button
          type="button"
          class="small"
          disabled={!isFound}
          aria-label="Previous found"
          onClick={() => {
            model.stepFound(-1);
          }}
        >
          ◀
        </button>
        <button
          type="button"
          class="small"
          disabled={!isFound}
          aria-label="Next found"
          onClick={() => {
            model.stepFound(1);
          }}
        >
          ▶
        </button>
      </form>
    </div>
  );
}

/** Sizes a canvas for what it is in the page, and for the screen's dots. */
function surfaceOf(canvas: HTMLCanvasElement, width: number, height: number): Surface | null {
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
function useWidth(element: { readonly current: HTMLElement | null }): number {
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
function useFrame(draw: () => void): void {
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

function drawnOf(client: LabClient, model: TimelineModel): Drawn {
  return {
    stretch: model.shown.value,
    nowNs: client.state.value.ns,
    marks: model.marks.value,
    selected: model.selected.value,
    focus: model.focus.value,
  };
}

function Lanes({ client, model }: { client: LabClient; model: TimelineModel }) {
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [picture] = useState(() => new Picture());
  const width = useWidth(box);
  const [hovered, setHovered] = useState<{ x: number; y: number; words: string } | null>(null);
  const exact = model.exact.value;
  const drawn = drawnOf(client, model);
  void client.overviewed.value;
  const lanes = exact?.lanes ?? overviewLanes(client.overview);
  const laid = layOut(lanes).map((at): Laid => ({ ...at, top: at.top + AXIS_PX }));
  const height = Math.max(60, heightOf(laid));
  useFrame(() => {
    const surface = canvas.current === null ? null : surfaceOf(canvas.current, width, height);
    if (surface === null) return;
    drawFrame(surface, drawn);
    if (exact !== null) drawLanes(surface, exact, laid, drawn);
    else drawOverview(surface, client.overview, laid, drawn, picture);
    drawMarks(surface, drawn);
  });
  const at = useRef({ laid, width, exact });
  at.current = { laid, width, exact };
  useEffect(
    () =>
      listenToPointers(canvas.current!, {
        model,
        width: () => at.current.width,
        clicked: (x, y) => {
          const { laid, width, exact } = at.current;
          const place = exact === null ? null : itemAt(exact.lanes, laid, model.shown.value, width, x, y);
          if (place !== null) model.focus.value = place;
          const item = place === null ? undefined : model.item(place);
          const isLong = item === undefined || ['run', 'runnable', 'blocked', 'offline'].includes(item.kind);
          model.goTo(isLong ? nsOf(x, model.shown.value, width) : Math.floor(item.fromNs));
        },
      }),
    [model],
  );
  const hover = ({ offsetX: x, offsetY: y }: PointerEvent): void => {
    const place = exact === null ? null : itemAt(exact.lanes, laid, model.shown.value, width, x, y);
    const item = place === null ? undefined : model.item(place);
    const when = instant(Math.max(0, nsOf(x, model.shown.value, width)));
    setHovered({ x, y, words: item === undefined ? when : `${instant(item.fromNs)}: ${inWords(item)}` });
  };
  return (
    <div class="timeline-lanes" ref={box}>
      <canvas
        ref={canvas}
        tabIndex={0}
        role="application"
        aria-label="Lanes of processors, vcpus, Xen and the store. Arrows left and right move, plus and minus zoom, period and comma go from event to event, up and down from lane to lane, Enter goes to its instant"
        aria-describedby="timeline-tells"
        data-testid="timeline-lanes"
        onPointerMove={hover}
        onPointerLeave={() => {
          setHovered(null);
        }}
        onKeyDown={(event) => {
          if (event.ctrlKey || event.altKey || event.metaKey) return;
          const item = model.focus.value === null ? undefined : model.item(model.focus.value);
          if (event.key === 'Enter' && item !== undefined) model.goTo(Math.floor(item.fromNs));
          else if (KEYS[event.key] === undefined) return;
          else KEYS[event.key]!(model);
          event.preventDefault();
        }}
      />
      {hovered !== null && (
        <span
          class="timeline-hover"
          style={{
            left: `${String(Math.min(hovered.x + 10, width - 220))}px`,
            top: `${String(hovered.y + 14)}px`,
          }}
        >
          {hovered.words}
        </span>
      )}
    </div>
  );
}

/** The whole run, of which a stretch is shown: drag it, or go to an instant by keys. */
function Strip({ client, model }: { client: LabClient; model: TimelineModel }) {
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
