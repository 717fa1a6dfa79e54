/** ps [aux | -ef]: all processes: number, parent, group, state (R runs, S sleeps, T is stopped, Z has ended), memory and time. */
import { complain, print } from 'programs/lib/io';
import { allProcesses } from 'programs/lib/processes';
import { table } from 'programs/lib/text';
import { takeOptions, takesNothing } from 'programs/lib/options';

const PAGE_KIB: u64 = 4;

export function main(args: string[]): i32 {
  // Who asks for all processes gets them, as everybody does.
  if (args.length == 2 && (args[1] == 'aux' || args[1] == 'ax')) args.pop();
  if (takeOptions(args, 'eafx', 'ps [aux | -ef]') == null || !takesNothing(args)) return 2;
  const list = allProcesses();
  if (list == null) {
    complain('/proc is not there');
    return 1;
  }
  const rows: string[][] = [['PID', 'PPID', 'PGID', 'STATE', 'KIB', 'TIME', 'COMMAND']];
  for (let n = 0; n < list.length; n++) {
    const each = list[n];
    const memory = (each.pages * PAGE_KIB).toString();
    const ids = [each.pid.toString(), each.parent.toString(), each.group.toString()];
    rows.push(ids.concat([each.state, memory, each.time, each.name]));
  }
  print(table(rows, 0b0110111));
  return 0;
}
