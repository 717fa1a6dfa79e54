/** The lines between the panes, which can be moved: by the pointer, or by the arrow keys. */
import { kept } from './kept.ts';

/** Shares of the room, in percent: of the left column, of the upper row; null: as the arrangement has it. */
interface Shares {
  readonly left: number | null;
  readonly top: number | null;
}

type Side = keyof Shares;

const LEAST = 20;
const MOST = 80;
const BY_KEY = 2;

const shares = kept<Shares>('panes', { left: null, top: null }, isShares);

/** Custom properties of `main`, which its grid is made of (panes.css). */
export function splitStyle(): Readonly<Record<string, string>> {
  const { left, top } = shares.value;
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
      aria-valuenow={Math.round(shares.value[side] ?? (LEAST + MOST) / 2)}
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
        shares.value = { ...shares.value, [side]: null };
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
  shares.value = { ...shares.value, [side]: Math.min(Math.max(percent, LEAST), MOST) };
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
