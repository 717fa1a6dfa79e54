/** xenstore-watch [-n COUNT] PATH...: prints what changes at paths and below, from the paths themselves on; -n: until so many are printed. */
import { complain, complainOf, flush, print } from 'programs/lib/io';
import { failure, nextNotice, watch } from 'programs/lib/store';
import { bad, number } from 'programs/lib/text';

const USAGE = 'usage: xenstore-watch [-n COUNT] PATH...';

export function main(args: string[]): i32 {
  const isCounted = args.length > 2 && args[1] == '-n';
  let left = isCounted ? number(args[2]) : -1;
  const paths = args.slice(isCounted ? 3 : 1);
  if (paths.length == 0 || (isCounted && (bad || left <= 0))) {
    complain(USAGE);
    return 2;
  }
  for (let n = 0; n < paths.length; n++) {
    const failed = watch(paths[n], n.toString());
    if (failed < 0) return complainOf(paths[n], failed);
  }
  while (left != 0) {
    const notice = nextNotice();
    if (notice == null) return complainOf('the store', failure);
    print(notice.path + '\n');
    flush();
    if (left > 0) left--;
  }
  return 0;
}
