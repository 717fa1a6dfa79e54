/** The lanes: every event of a stretch where it is known, else the whole run. A click goes there; keys and fingers move and zoom. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { LabClient } from '../lab-client.ts';
import { drawnOf, surfaceOf, useFrame, useWidth } from './canvas.ts';
import { drawScene, sceneOf } from './draw.ts';
import { ZOOM } from './model.ts';
import type { TimelineModel } from './model.ts';
import { Picture } from './picture.ts';
import { listenToPointers } from './pointer.ts';
import { inWords, itemAt, nsOf } from './rows.ts';
import { instant } from './stretch.ts';

const PAN = 0.2;

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

export function Lanes({ client, model }: { client: LabClient; model: TimelineModel }) {
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [picture] = useState(() => new Picture());
  const width = useWidth(box);
  const [hovered, setHovered] = useState<{ x: number; y: number; words: string } | null>(null);
  const exact = model.exact.value;
  const drawn = drawnOf(client, model);
  void client.overviewed.value;
  const scene = sceneOf(exact, client.overview);
  const { laid, height } = scene;
  useFrame(() => {
    const surface = canvas.current === null ? null : surfaceOf(canvas.current, width, height);
    if (surface !== null) drawScene(surface, scene, drawn, picture);
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
