/** The lines between the panes, which can be moved: by the pointer, or by the arrow keys. */
import { signal } from '@preact/signals';
import type { Shares } from '../lab/time/shown.ts';
import { kept } from './kept.ts';

type Side = keyof Shares;

const LEAST = 20;
const MOST = 80;
const BY_KEY = 2;

const EVEN: Shares = { left: null, top: null };
/** As the person who sits here has them. */
const own = kept<Shares>('panes', EVEN, isShares);
/** As whoever shared the run had them, until the person here moves a line; null: nobody has. */
const lent = signal<Shares | null>(null);

function sharesNow(): Shares {
  return lent.value ?? own.value;
}

/** How the panes share the room; undefined: as they do by themselves. */
export function sharesToKeep(): Shares | undefined {
  const now = sharesNow();
  return now.left === null && now.top === null ? undefined : now;
}

/** Lends the room out as somebody else had it; those that fit nowhere here are passed over. */
export function lendShares(shares: Shares | undefined): void {
  lent.value = isShares(shares) ? shares : null;
}

function give(side: Side, percent: number | null): void {
  own.value = { ...sharesNow(), [side]: percent };
  lent.value = null;
}

/** Custom properties of `main`, which its grid is made of (panes.css). */
export function splitStyle(): Readonly<Record<string, string>> {
  const { left, top } = sharesNow();
  return {
    ...(left === null ? {} : { '--left': `${String(left)}%` }),
    ...(top === null ? {} : { '--top': `${String(top)}%` }),
  };
}

export function Splits() {
  return (
    <>
      <Split side="left" label="Width of the left panes" />
      <Split side="top" label="Height of the upper panes" />
    </>
  );
}

function Split({ side, label }: { side: Side; label: string }) {
  const isLeft = side === 'left';
  const [less, more] = isLeft ? ['ArrowLeft', 'ArrowRight'] : ['ArrowUp', 'ArrowDown'];
  return (
    <div
      class={`split split-${side}`}
      role="separator"
      tabIndex={0}
      aria-label={label}
      aria-orientation={isLeft ? 'vertical' : 'horizontal'}
      aria-valuemin={LEAST}
      aria-valuemax={MOST}
      aria-valuenow={Math.round(sharesNow()[side] ?? (LEAST + MOST) / 2)}
      title="Drag it, or move it by the arrow keys; a double click puts it back"
      data-testid={`split-${side}`}
      onPointerDown={(event) => {
        event.preventDefault();
        event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onPointerMove={(event) => {
        if (event.currentTarget.hasPointerCapture(event.pointerId)) move(side, shareAt(side, event));
      }}
      onDblClick={() => {
        give(side, null);
      }}
      onKeyDown={(event) => {
        if (event.key !== less && event.key !== more) return;
        event.preventDefault();
        move(side, shareOf(side, event.currentTarget) + (event.key === more ? BY_KEY : -BY_KEY));
      }}
    />
  );
}

function move(side: Side, percent: number): void {
  give(side, Math.min(Math.max(percent, LEAST), MOST));
}

/** The share that puts a line under the pointer. */
function shareAt(
  side: Side,
  { currentTarget, clientX, clientY }: { currentTarget: HTMLElement; clientX: number; clientY: number },
): number {
  const { left, top, width, height } = currentTarget.parentElement!.getBoundingClientRect();
  return 100 * (side === 'left' ? (clientX - left) / width : (clientY - top) / height);
}

/** The share that a line stands at. */
function shareOf(side: Side, line: HTMLElement): number {
  const { left, top, width, height } = line.getBoundingClientRect();
  return shareAt(side, { currentTarget: line, clientX: left + width / 2, clientY: top + height / 2 });
}

function isShares(value: unknown): value is Shares {
  if (typeof value !== 'object' || value === null) return false;
  const { left, top } = value as Record<string, unknown>;
  return [left, top].every(
    (each) => each === null || (typeof each === 'number' && each >= LEAST && each <= MOST),
  );
}
