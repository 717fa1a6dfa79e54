/**
 * How long a migration took, as a ruler: its stages by their lengths, and the time for which the domain ran nowhere; above it, on the
 * same axis, what the domain sends meanwhile: what its clients get.
 */
import type { MigrationView } from '../lab/migration-view.ts';
import { rateWords, Throughput, throughputOf } from './migration-throughput.tsx';

const NS_PER_MS = 1e6;

/** A part of the ruler, in ns from its beginning. */
export interface Part {
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
  const sent = throughputOf(migration);
  const axis = { from: Math.min(0, sent?.from ?? 0), to: Math.max(ns, sent?.to ?? 0) };
  const at = (instant: number): string => `${String((100 * (instant - axis.from)) / (axis.to - axis.from))}%`;
  const place = ({ from, to }: Pick<Part, 'from' | 'to'>) => ({
    left: at(from),
    right: `calc(100% - ${at(to)})`,
  });
  const stood = standstill === null ? null : standstill.to - standstill.from;
  const words = `${milliseconds(ns)} from its beginning${stood === null ? '' : `, for ${milliseconds(stood)} of which it ran nowhere`}`;
  return (
    <figure
      class="ruler"
      aria-label={sent === null ? words : `${words}; ${rateWords(sent)}`}
      data-testid="ruler"
    >
      {sent !== null && (
        <div class="ruler-sent" data-testid="sent">
          {standstill !== null && <i class="ruler-gap" style={place(standstill)} />}
          <div class="ruler-chart" style={place(sent)}>
            <Throughput sent={sent} />
          </div>
        </div>
      )}
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
      <div class="ruler-ends">
        <span style={{ left: at(0) }}>0</span>
        <span style={{ left: at(ns) }}>{milliseconds(ns)}</span>
      </div>
      <figcaption>
        {standstill !== null && (
          <span class="ruler-stood">
            <i class="bar standstill" /> ran nowhere: {milliseconds(stood!)}
          </span>
        )}
        {sent !== null && (
          <span class="ruler-stood">
            <i class="bar sending" /> what it sends, in steps of {milliseconds(sent.stepNs)}:{' '}
            {rateWords(sent)}
          </span>
        )}
      </figcaption>
    </figure>
  );
}

export function milliseconds(ns: number): string {
  return `${(ns / NS_PER_MS).toFixed(1)} ms`;
}
