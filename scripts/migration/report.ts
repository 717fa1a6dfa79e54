/** What was measured, as text: a line for each figure, the clients' throughput in steps of 10 ms as a table and as a plot. */
import { plot } from 'simple-ascii-chart';
import { MS, STEP_NS } from './course.ts';
import type { Course } from './course.ts';

/** A figure and what it is to be at most. */
export interface Figure {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  readonly most?: number;
}

const MIB = 1 << 20;
const STEPS = (10 * MS) / STEP_NS;
const COLUMNS = 20;
const BITS = 8;
/** Of the cable. */
const MEGABITS = 1000;

export function isMissed({ value, most = Infinity }: Figure): boolean {
  return value > most;
}

export function lineOf(figure: Figure): string {
  const { what, value, unit, most } = figure;
  const goal =
    most === undefined ? '' : ` (at most ${String(most)}: ${isMissed(figure) ? 'MISSED' : 'kept'})`;
  return `  ${what}: ${value.toFixed(value < 10 ? 2 : 1)} ${unit}${goal}\n`;
}

export function roundsOf({ rounds }: Course): string {
  return rounds
    .map(({ number, isLast, sent, skipped, dirtied, bytesPerSecond, ns }) => {
      const name = isLast ? 'last' : String(number).padStart(4);
      const rate = ((bytesPerSecond * BITS) / 1e6).toFixed(0);
      return (
        `  ${name}: ${String(sent)} pages sent, ${String(skipped)} passed over, ${String(dirtied)} dirtied, ` +
        `${(ns / MS).toFixed(1)} ms, ${rate} Mbit/s\n`
      );
    })
    .join('');
}

export const mib = (bytes: number): number => bytes / MIB;

/** Mbit/s of the clients' host in steps of 10 ms, as frames, headers and all. */
function throughput({ clientBytes }: Course): number[] {
  const rates: number[] = [];
  for (let at = 0; at + STEPS <= clientBytes.length; at += STEPS) {
    const bytes = clientBytes.slice(at, at + STEPS).reduce((sum, each) => sum + each, 0);
    rates.push((bytes * BITS * 1e3) / (STEPS * STEP_NS));
  }
  return rates;
}

/** How long nothing at all came, at most, in ms. */
export function longestSilenceMs({ clientBytes }: Course): number {
  let longest = 0;
  let silent = 0;
  for (const bytes of clientBytes) {
    silent = bytes === 0 ? silent + 1 : 0;
    longest = Math.max(longest, silent);
  }
  return (longest * STEP_NS) / MS;
}

export function clientsOf(course: Course): string {
  const rates = throughput(course);
  const start = course.startStep / STEPS;
  const rows: string[] = [];
  for (let at = 0; at < rates.length; at += COLUMNS) {
    const cells = rates.slice(at, at + COLUMNS).map((rate) => rate.toFixed(0).padStart(5));
    rows.push(`  ${String((at - start) * 10).padStart(6)}${cells.join('')}\n`);
  }
  const points = rates.map((rate, step): [number, number] => [(step - start) * 10, rate]);
  const ends = [points[0]?.[0] ?? 0, 0, Math.round((course.ns / MS / 10) * 10), points.at(-1)?.[0] ?? 0];
  const chart = plot(points, {
    ...{ width: 100, height: 13, yRange: [0, MEGABITS], title: 'Mbit/s by ms since it was asked for' },
    customYAxisTicks: [0, MEGABITS / 4, MEGABITS / 2, (MEGABITS * 3) / 4, MEGABITS],
    customXAxisTicks: ends,
  });
  return `  Mbit/s at the clients in steps of 10 ms; a row begins at so many ms since it was asked for:\n${rows.join('')}${chart}\n`;
}
