/** Options of one letter, as `-l -a` or `-la`; `--` ends them. */
import { complain } from './io';

/**
 * Takes the options away from the arguments: their letters in the order given. Null: one is not among those `allowed`, and
 * that has been said, with the program's usage.
 */
export function takeOptions(args: string[], allowed: string, usage: string): string | null {
  let letters = '';
  let n = 1;
  for (; n < args.length && args[n].length > 1 && args[n].startsWith('-'); n++) {
    if (args[n] == '--') {
      n++;
      break;
    }
    letters += args[n].substring(1);
  }
  args.splice(1, n - 1);
  for (let at = 0; at < letters.length; at++)
    if (!allowed.includes(letters.charAt(at))) {
      complain('there is no option -' + letters.charAt(at) + '; usage: ' + usage);
      return null;
    }
  return letters;
}
