/** Every machine frame, a cell each, colored by whose it is or by what it is used as. */
import { useEffect, useRef } from 'preact/hooks';
import { signal } from '@preact/signals';
import { GRANTED, NO_OWNER } from '../../lab/stage/view.ts';
import type { StageHost, StageMemory } from '../../lab/stage/view.ts';
import { domainColor } from '../palette.ts';
import type { Theme } from '../palette.ts';
import { colorOf, domainName } from './color.ts';
import type { Rect } from './layout.ts';
import { gridOf } from './memory-grid.ts';
import { selected } from './selected.ts';

/** Whose it is, or what it is used as. */
type Coloring = 'owner' | 'type';
const coloring = signal<Coloring>('owner');

/** DOMID_XEN */
const XEN = 0x7ff2;
/** Height of its first line, with buttons before the keys, and of each other. */
const LEGEND = 32;
const MORE_LEGEND = 17;
const LEGEND_BUTTONS = 140;

/** PGT_*, what they are called, and their colors in either theme. */
const TYPES: readonly (readonly [type: number, name: string, light: string, dark: string])[] = [
  [0, 'no type', '#dfe3e9', '#2a323d'],
  [7, 'writable', '#7fb0e6', '#3c6ea5'],
  [1, 'L1 table', '#2f9e6d', '#2f9e6d'],
  [2, 'L2 table', '#1f7a52', '#57b98c'],
  [3, 'L3 table', '#14563a', '#8fd6b4'],
  [4, 'L4 table', '#0b3323', '#c9efdd'],
  [5, 'descriptors', '#b13e4f', '#fea9af'],
];
const GRANTED_COLOR = { light: '#d9480f', dark: '#ffa94d' } as const;
const FREE = { light: '#f4f5f7', dark: '#14181e' } as const;

interface MapProps {
  readonly host: StageHost;
  readonly rect: Rect;
  readonly index: number;
}

export function MemoryMap({ host, rect, index }: MapProps) {
  const { memory } = host;
  if (memory === null) return null;
  const map: Rect = { ...rect, h: Math.max(0, rect.h - legendHeight(host, rect.w)) };
  return (
    <foreignObject x={rect.x} y={rect.y} width={rect.w} height={rect.h}>
      <div class="memory-lens">
        <Canvas memory={memory} rect={map} index={index} />
        <Legend host={host} />
      </div>
    </foreignObject>
  );
}

/** Of the lines that the keys take, about: letters are not measured. */
function legendHeight(host: StageHost, width: number): number {
  const names = coloring.value === 'owner' ? ownerKeys(host) : typeKeys();
  const needed = names.reduce((sum, [, name]) => sum + 27 + 6.5 * name.length, 0);
  const lines = Math.ceil((needed + LEGEND_BUTTONS) / width);
  return LEGEND + MORE_LEGEND * (lines - 1);
}

function Canvas({ memory, rect, index }: { memory: StageMemory; rect: Rect; index: number }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { columns, rows } = gridOf(memory.frames, rect);
  const by = coloring.value;
  const thing = selected.value?.host === index ? selected.value.thing : null;
  const chosen = thing?.kind === 'frame' ? thing.mfn : -1;
  useEffect(() => {
    const theme: Theme = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
    if (canvas.current !== null) paint(canvas.current, memory, by, theme);
  }, [memory, by, columns, rows]);
  const choose = (mfn: number): void => {
    if (mfn >= 0 && mfn < memory.frames) selected.value = { host: index, thing: { kind: 'frame', mfn } };
  };
  const { w, h } = rect;
  return (
    <div class="memory-map" style={{ width: w, height: h }}>
      <canvas
        ref={canvas}
        width={columns}
        height={rows}
        tabIndex={0}
        role="slider"
        aria-label="Machine frames"
        aria-valuemin={0}
        aria-valuemax={memory.frames - 1}
        aria-valuenow={Math.max(chosen, 0)}
        aria-valuetext={chosen < 0 ? 'no frame is selected' : `frame ${hex(chosen)}`}
        data-testid="memory-map"
        onClick={(event) => {
          const box = event.currentTarget.getBoundingClientRect();
          const column = Math.floor(((event.clientX - box.left) / box.width) * columns);
          const row = Math.floor(((event.clientY - box.top) / box.height) * rows);
          choose(row * columns + column);
        }}
        onKeyDown={(event) => {
          const steps: Readonly<Record<string, number>> = {
            ArrowRight: 1,
            ArrowLeft: -1,
            ArrowDown: columns,
            ArrowUp: -columns,
          };
          const step = steps[event.key];
          if (step === undefined) return;
          event.preventDefault();
          choose(Math.max(chosen, 0) + (chosen < 0 ? 0 : step));
        }}
      />
      {chosen >= 0 && (
        <i
          class="memory-cursor"
          style={{
            left: `${String(((chosen % columns) / columns) * 100)}%`,
            top: `${String((Math.floor(chosen / columns) / rows) * 100)}%`,
          }}
        />
      )}
    </div>
  );
}

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}

/** A pixel for each frame; the browser makes them as large as there is room. */
function paint(canvas: HTMLCanvasElement, memory: StageMemory, by: Coloring, theme: Theme): void {
  const context = canvas.getContext('2d');
  if (context === null) return;
  const { width, height } = canvas;
  const image = context.createImageData(width, height);
  const pixels = new Uint32Array(image.data.buffer);
  const color = by === 'owner' ? ownerColors(memory, theme) : typeColors(memory, theme);
  for (let mfn = 0; mfn < memory.frames; mfn++) pixels[mfn] = color(mfn);
  context.putImageData(image, 0, 0);
}

function ownerColors({ owner }: StageMemory, theme: Theme): (mfn: number) => number {
  const known = new Map<number, number>([[NO_OWNER, pixel(FREE[theme])]]);
  return (mfn) => {
    const domain = owner[mfn]!;
    let color = known.get(domain);
    if (color === undefined) {
      color = pixel(domainColor(domain === XEN ? -1 : domain, theme));
      known.set(domain, color);
    }
    return color;
  };
}

function typeColors({ owner, type }: StageMemory, theme: Theme): (mfn: number) => number {
  const free = pixel(FREE[theme]);
  const granted = pixel(GRANTED_COLOR[theme]);
  const colors = new Uint32Array(8).fill(free);
  for (const [n, , light, dark] of TYPES) colors[n] = pixel(theme === 'light' ? light : dark);
  return (mfn) => (owner[mfn] === NO_OWNER ? free : type[mfn]! & GRANTED ? granted : colors[type[mfn]! & 7]!);
}

/** `#rrggbb` as a canvas has it, little-endian. */
function pixel(color: string): number {
  const value = parseInt(color.slice(1), 16);
  return (0xff000000 | ((value & 0xff) << 16) | (value & 0xff00) | (value >> 16)) >>> 0;
}

type LegendKey = readonly [color: string, name: string];

function ownerKeys({ domains }: StageHost): LegendKey[] {
  return [
    ...domains.map((domain): LegendKey => [colorOf(domain.id), domainName(domain)]),
    [colorOf(-1), 'Xen'],
    [`light-dark(${FREE.light}, ${FREE.dark})`, 'free'],
  ];
}

function typeKeys(): LegendKey[] {
  return [
    ...TYPES.map(([, name, light, dark]): LegendKey => [`light-dark(${light}, ${dark})`, name]),
    [`light-dark(${GRANTED_COLOR.light}, ${GRANTED_COLOR.dark})`, 'granted, in use'],
  ];
}

function Legend({ host }: { host: StageHost }) {
  const by = coloring.value;
  return (
    <div class="legend">
      <span role="group" aria-label="Color frames by">
        {(['owner', 'type'] as const).map((each) => (
          <button
            key={each}
            class="small"
            aria-pressed={by === each}
            onClick={() => {
              coloring.value = each;
            }}
          >
            by {each}
          </button>
        ))}
      </span>
      {(by === 'owner' ? ownerKeys(host) : typeKeys()).map(([color, name]) => (
        <Key key={name} color={color} name={name} />
      ))}
    </div>
  );
}

function Key({ color, name }: { color: string; name: string }) {
  return (
    <span class="key">
      <i style={{ background: color }} /> {name}
    </span>
  );
}
