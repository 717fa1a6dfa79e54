/** Pointers on the lanes: a drag moves them, with Shift it selects, two fingers and the wheel zoom, and a click goes there. */
import type { TimelineModel } from './model.ts';
import { GUTTER_PX, nsOf } from './rows.ts';

/** A pointer that has moved less has clicked. */
const CLICK_PX = 4;
const WHEEL_STEP = 1.0015;

interface Down {
  x: number;
  readonly startX: number;
  readonly selects: boolean;
  readonly fromNs: number;
}

export interface Pointing {
  readonly model: TimelineModel;
  /** px of the page. */
  width(): number;
  clicked(x: number, y: number): void;
}

/** Listens to an element. Returns what ends that. */
export function listenToPointers(element: HTMLElement, { model, width, clicked }: Pointing): () => void {
  const down = new Map<number, Down>();
  const ns = (x: number): number => nsOf(Math.max(GUTTER_PX, x), model.shown.value, width());
  const place = (event: PointerEvent | WheelEvent): { x: number; y: number } => {
    const box = element.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  const pressed = (event: PointerEvent): void => {
    if (event.button !== 0) return;
    const { x } = place(event);
    element.setPointerCapture(event.pointerId);
    down.set(event.pointerId, { x, startX: x, selects: event.shiftKey, fromNs: ns(x) });
  };
  const moved = (event: PointerEvent): void => {
    const pointer = down.get(event.pointerId);
    if (pointer === undefined) return;
    const { x } = place(event);
    const [one, other] = [...down.values()];
    if (one !== undefined && other !== undefined) {
      const before = Math.abs(one.x - other.x);
      pointer.x = x;
      const now = Math.abs(one.x - other.x);
      if (before > 0 && now > 0) model.zoom(before / now, ns((one.x + other.x) / 2));
      return;
    }
    const by = x - pointer.x;
    if (pointer.selects) {
      const to = ns(x);
      model.selected.value = { fromNs: Math.min(pointer.fromNs, to), toNs: Math.max(pointer.fromNs, to) };
    } else if (Math.abs(x - pointer.startX) >= CLICK_PX) model.pan(-by / (width() - GUTTER_PX));
    else return;
    pointer.x = x;
  };
  const released = (event: PointerEvent): void => {
    const pointer = down.get(event.pointerId);
    down.delete(event.pointerId);
    if (pointer === undefined || event.type === 'pointercancel') return;
    const { x, y } = place(event);
    if (Math.abs(x - pointer.startX) >= CLICK_PX || down.size > 0) return;
    if (pointer.selects) model.selected.value = null;
    else clicked(x, y);
  };
  const wheeled = (event: WheelEvent): void => {
    event.preventDefault();
    if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) model.pan(event.deltaX / (width() - GUTTER_PX));
    else model.zoom(WHEEL_STEP ** event.deltaY, ns(place(event).x));
  };
  element.addEventListener('pointerdown', pressed);
  element.addEventListener('pointermove', moved);
  element.addEventListener('pointerup', released);
  element.addEventListener('pointercancel', released);
  element.addEventListener('wheel', wheeled, { passive: false });
  return () => {
    element.removeEventListener('pointerdown', pressed);
    element.removeEventListener('pointermove', moved);
    element.removeEventListener('pointerup', released);
    element.removeEventListener('pointercancel', released);
    element.removeEventListener('wheel', wheeled);
  };
}
