/** What a scenario waits for, in words. It knows of nothing: the matchers are made of it, too. */
import type { EventFilter } from '../event-filter.ts';

/** How long something is waited for, in seconds of guest time: an idle host takes none of ours. */
export interface Patience {
  readonly withinSeconds?: number;
}

export const PATIENCE_SECONDS = 60;

export function within({ withinSeconds = PATIENCE_SECONDS }: Patience = {}): string {
  return `within ${String(withinSeconds)} s of guest time`;
}

export function describeText(wanted: string | RegExp): string {
  return typeof wanted === 'string' ? JSON.stringify(wanted) : String(wanted);
}

export function describeFilter({
  kind,
  name,
  path,
  domain,
  arguments: values = {},
  words,
}: EventFilter): string {
  const what = name === undefined ? `an event of kind ${kind}` : `the hypercall ${name}`;
  const whose = domain === undefined ? '' : ` of domain ${String(domain)}`;
  const given = Object.entries(values).map(([place, value]) => ` with argument ${place} = ${String(value)}`);
  const where = path === undefined ? '' : ` at ${path}`;
  return `${what}${where}${whose}${given.join('')}${words === undefined ? '' : ` with ${String(words)}`}`;
}

/** An expression for a text as it is. */
export function literal(text: string): RegExp {
  // A terminal is sent more than a newline.
  return new RegExp(text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll('\n', '\\r?\\n'));
}
