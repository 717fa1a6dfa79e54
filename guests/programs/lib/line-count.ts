/** What `head` and `tail` are told: how many lines, of which files. */
import { complain, Input, openInput, print } from './io';
import { bad, number } from './text';

const USUAL: i64 = 10;

/** Takes `-n LINES`, `-nLINES` or `-LINES` away from the arguments: the number; -1: it is none, and that has been said. */
function takeCount(args: string[]): i64 {
  if (args.length < 2 || !args[1].startsWith('-') || args[1] == '-') return USUAL;
  let text = args[1].substring(1);
  args.splice(1, 1);
  if (text.startsWith('n')) text = text.substring(1);
  if (text == '' && args.length > 1) {
    text = args[1];
    args.splice(1, 1);
  }
  const count = number(text);
  if (!bad && count >= 0) return count;
  complain('usage: ' + args[0] + ' [-n LINES | -LINES] [FILE...]');
  return -1;
}

/** Shows a part of each file, behind its name where there are several. The exit status. */
export function eachFile(args: string[], part: (input: Input, lines: i64) => void): i32 {
  const count = takeCount(args);
  if (count < 0) return 2;
  if (args.length < 2) args.push('-');
  let status = 0;
  for (let n = 1; n < args.length; n++) {
    const input = openInput(args[n]);
    if (input == null) {
      status = 1;
      continue;
    }
    if (args.length > 2) print((n > 1 ? '\n' : '') + '==> ' + args[n] + ' <==\n');
    part(input, count);
    input.close();
  }
  return status;
}
