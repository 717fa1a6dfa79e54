/**
 * Things that are drawn and can be selected: by a click, or by the keyboard, where one of them is a stop of the Tab key and the
 * arrow keys go to the next one in their direction.
 */
import type { ComponentChildren } from 'preact';
import { nextIn } from './layout.ts';
import type { Point } from './layout.ts';
import { isSame, selected } from './selected.ts';
import type { Thing } from './selected.ts';

const ARROWS: Readonly<Record<string, Point>> = {
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
};

interface ThingsProps {
  readonly width: number;
  readonly height: number;
  readonly children: ComponentChildren;
}

/** The drawing that they are in. */
export function ThingKeys({ width, height, children }: ThingsProps) {
  return (
    <svg width={width} height={height} viewBox={`0 0 ${String(width)} ${String(height)}`} onKeyDown={move}>
      {children}
    </svg>
  );
}

function move(event: KeyboardEvent & { readonly currentTarget: SVGSVGElement }): void {
  const direction = ARROWS[event.key];
  if (direction === undefined || !(event.target instanceof SVGElement)) return;
  event.preventDefault();
  const things = [...event.currentTarget.querySelectorAll<SVGElement>('.shape')].map((element) => ({
    element,
    at: centreOf(element),
  }));
  const next = nextIn(things, centreOf(event.target), direction);
  if (next === undefined) return;
  for (const { element } of things) element.tabIndex = element === next.element ? 0 : -1;
  next.element.focus();
}

function centreOf(element: SVGElement): Point {
  const { left, top, width, height } = element.getBoundingClientRect();
  return { x: left + width / 2, y: top + height / 2 };
}

interface ThingProps {
  readonly host: number;
  readonly thing: Thing;
  /** What it is, in a few words: its name for a screen reader, and what a pointer is told. */
  readonly label: string;
  /** It is the one that the Tab key comes to. */
  readonly isFirst?: boolean;
  readonly class?: string;
  /** Its shape. */
  readonly children: ComponentChildren;
  /** What is written on it, which its name says in better words. */
  readonly texts?: ComponentChildren;
}

export function ThingView({
  host,
  thing,
  label,
  isFirst = false,
  class: name = '',
  children,
  texts,
}: ThingProps) {
  const isSelected = isSame(selected.value, host, thing);
  const choose = (): void => {
    selected.value = isSelected ? null : { host, thing };
  };
  return (
    <g class={`thing ${name}${isSelected ? ' selected' : ''}`}>
      <g
        class="shape"
        role="button"
        tabIndex={isFirst ? 0 : -1}
        aria-label={label}
        aria-pressed={isSelected}
        onClick={(event) => {
          event.stopPropagation();
          choose();
        }}
        onKeyDown={(event) => {
          if (event.key !== 'Enter' && event.key !== ' ') return;
          event.preventDefault();
          choose();
        }}
      >
        <title>{label}</title>
        {children}
      </g>
      {texts !== undefined && (
        <g class="texts" aria-hidden="true">
          {texts}
        </g>
      )}
    </g>
  );
}
