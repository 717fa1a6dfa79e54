/** Options of one letter, as `-l -a` or `-la`; `--` ends them. */
import { complain } from './io';

/**
 * Takes the options away from the arguments: their letters in the order given. Null: one is not among those `allowed`, and
 * that has been said, with the program's usage.
 */
export function takeOptions(args: string[], allowed: string, usage: string): string | null {
  let letters = '';
  let unknown = '';
  let n = 1;
  for (; n < args.length && args[n].length > 1 && args[n].startsWith('-'); n++) {
    if (args[n] == '--') {
      n++;
      break;
    }
    const isLong = args[n].startsWith('--');
    for (let at = 1; at < args[n].length && unknown == ''; at++)
      if (isLong || !allowed.includes(args[n].charAt(at)))
        unknown = isLong ? args[n] : '-' + args[n].charAt(at);
    letters += args[n].substring(1);
  }
  args.splice(1, n - 1);
  if (unknown == '') return letters;
  complain('there is no option ' + unknown + '; usage: ' + usage);
  return null;
}

/** Whether there are no arguments; else it has been said that the program takes none. */
export function takesNothing(args: string[]): bool {
  if (args.length > 1) complain(args[1] + ': nothing is to stand there');
  return args.length == 1;
}
