/** primes [LIMIT]: how many primes there are below a limit, by a sieve; it says so at each power of ten. */
import { complain, flush, print } from 'programs/lib/io';
import { bad, number } from 'programs/lib/text';

const MAX_LIMIT: i64 = 100000000;

export function main(args: string[]): i32 {
  const limit = args.length > 1 ? number(args[1]) : 1000000;
  if (bad || limit < 2 || limit > MAX_LIMIT) {
    complain('usage: primes [LIMIT], up to ' + MAX_LIMIT.toString());
    return 2;
  }
  const composite = new StaticArray<u8>(<i32>limit);
  let count = 0;
  let next = 10;
  for (let n = 2; n < <i32>limit; n++) {
    if (n == next) {
      print(count.toString() + ' below ' + n.toString() + '\n');
      flush();
      next *= 10;
    }
    if (unchecked(composite[n])) continue;
    count++;
    if (n < 10000)
      for (let multiple = n * n; multiple < <i32>limit; multiple += n) unchecked((composite[multiple] = 1));
  }
  print(count.toString() + ' below ' + limit.toString() + '\n');
  return 0;
}
