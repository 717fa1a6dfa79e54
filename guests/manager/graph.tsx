/** A line over time, with what it stands at now. */
import type { JSX } from 'preact';

const WIDTH = 180;
const HEIGHT = 44;
const POINTS = 90;

interface GraphProps {
  readonly label: string;
  readonly values: readonly number[];
  /** The top of the picture, unless a value is above it. */
  readonly most: number;
  readonly say: (value: number) => string;
  readonly kind: 'cpu' | 'network' | 'disk' | 'memory';
}

export function Graph({ label, values, most, say, kind }: GraphProps): JSX.Element {
  const top = Math.max(most, ...values);
  const x = (n: number): number => WIDTH - ((values.length - 1 - n) * WIDTH) / (POINTS - 1);
  const y = (value: number): number => HEIGHT - 2 - (top === 0 ? 0 : (value / top) * (HEIGHT - 6));
  const line = values.map((value, n) => `${x(n).toFixed(1)},${y(value).toFixed(1)}`).join(' ');
  const now = say(values.at(-1) ?? 0);
  return (
    <figure class={`graph ${kind}`}>
      <figcaption>
        <span>{label}</span>
        <b>{now}</b>
      </figcaption>
      <svg
        viewBox={`0 0 ${String(WIDTH)} ${String(HEIGHT)}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${label}: ${now}`}
      >
        {values.length > 1 && (
          <polygon
            points={`${x(0).toFixed(1)},${String(HEIGHT)} ${line} ${String(WIDTH)},${String(HEIGHT)}`}
          />
        )}
        <polyline points={line} />
      </svg>
    </figure>
  );
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`;
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB'];

export function bytes(count: number): string {
  let value = count;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${value.toFixed(value < 10 && unit > 0 ? 1 : 0)} ${UNITS[unit]!}`;
}

export function rate(count: number): string {
  return `${bytes(count)}/s`;
}
