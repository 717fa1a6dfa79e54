/** How long a migration took, as a ruler: its stages by their lengths, and the time for which the domain ran nowhere. */
import type { MigrationView } from '../lab/migration-view.ts';

const NS_PER_MS = 1e6;

/** A part of the ruler, in ns from its beginning. */
interface Part {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

/** The stages as parts, each up to where the next begins; the standstill; and how long all of it is. */
export function partsOf({ stages, suspendedNs, resumedNs }: MigrationView): {
  readonly stages: readonly Part[];
  readonly standstill: Part | null;
  readonly ns: number;
} {
  const begun = stages[0]?.atNs ?? 0;
  const end = Math.max(resumedNs ?? 0, suspendedNs ?? 0, stages.at(-1)?.atNs ?? 0);
  return {
    stages: stages.map(({ stage, atNs }, n) => ({
      name: stage,
      from: atNs - begun,
      to: (stages[n + 1]?.atNs ?? end) - begun,
    })),
    standstill:
      suspendedNs === null
        ? null
        : {
            name: 'it stood still',
            from: suspendedNs - begun,
            to: Math.max(resumedNs ?? end, suspendedNs) - begun,
          },
    ns: end - begun,
  };
}

export function Ruler({ migration }: { migration: MigrationView }) {
  const { stages, standstill, ns } = partsOf(migration);
  if (ns <= 0) return null;
  const place = ({ from, to }: Part) => ({
    left: `${String((100 * from) / ns)}%`,
    width: `${String((100 * (to - from)) / ns)}%`,
  });
  const stood = standstill === null ? null : standstill.to - standstill.from;
  const words = `${milliseconds(ns)} from its beginning${stood === null ? '' : `, for ${milliseconds(stood)} of which it ran nowhere`}`;
  return (
    <figure class="ruler" aria-label={words} data-testid="ruler">
      <div class="ruler-bar">
        {stages.map((part) => (
          <i
            key={part.name}
            class={`ruler-stage ${part.name}`}
            style={place(part)}
            title={`${part.name}: ${milliseconds(part.to - part.from)}`}
          />
        ))}
        {standstill !== null && (
          <b
            class="ruler-standstill"
            style={place(standstill)}
            title={`It ran nowhere: ${milliseconds(stood!)}`}
          />
        )}
      </div>
      <figcaption>
        <span>0</span>
        {standstill !== null && (
          <span class="ruler-stood">
            <i class="bar standstill" /> ran nowhere: {milliseconds(stood!)}
          </span>
        )}
        <span>{milliseconds(ns)}</span>
      </figcaption>
    </figure>
  );
}

export function milliseconds(ns: number): string {
  return `${(ns / NS_PER_MS).toFixed(1)} ms`;
}
