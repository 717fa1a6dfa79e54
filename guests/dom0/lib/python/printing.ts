/** What a file prints as it is read. */
import { print } from 'programs/lib/io';
import { none, textOf, Value } from './values';

export function printed(values: Value[]): Value {
  let line = '';
  for (let n = 0; n < values.length; n++) line += (n > 0 ? ' ' : '') + textOf(values[n]);
  print(line + '\n');
  return none;
}
