/** JSON, as xensv writes it. */
import { quoted } from 'dom0/lib/saved/json';

export function text(value: string): string {
  return quoted(value);
}

export function list(values: string[]): string {
  return '[' + values.join(',') + ']';
}

/** Names and values in turns. */
export function object(pairs: string[]): string {
  const fields: string[] = [];
  for (let n = 0; n + 1 < pairs.length; n += 2) fields.push('"' + pairs[n] + '":' + pairs[n + 1]);
  return '{' + fields.join(',') + '}';
}
