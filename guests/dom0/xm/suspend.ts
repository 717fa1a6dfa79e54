/** xm suspend DOMAIN, and xm resume of one that is not there: it is saved where xend keeps such, and restored from there. */
import { makeFolders } from 'dom0/lib/log';
import { readDirectory, Stat, unlink } from 'programs/lib/calls';
import { complain } from 'programs/lib/io';
import { guestOf } from './block';
import { restoreFile } from './restore';
import { saveTo } from './save';
import { misused } from './switches';

const FOLDER: string = '/var/lib/xend/suspended/';
const ENDING: string = '.chk';

function pathOf(name: string): string {
  return FOLDER + name + ENDING;
}

/** Names of domains that are off, and that xend keeps as they were. */
export function suspended(): string[] {
  const names = readDirectory(FOLDER);
  const found: string[] = [];
  for (let n = 0; names != null && n < names.length; n++)
    if (names[n].endsWith(ENDING)) found.push(names[n].substring(0, names[n].length - ENDING.length));
  return found;
}

export function suspend(args: string[]): i32 {
  if (args.length != 1) return misused();
  const domain = guestOf(args[0]);
  if (domain == null) return 1;
  const name = domain.name;
  makeFolders(FOLDER);
  const problem = saveTo(domain, pathOf(name), false);
  if (problem != '') complain(name + ': ' + problem);
  return problem == '' ? 0 : 1;
}

/** Whether there is one of a name. */
export function isSuspended(name: string): bool {
  return new Stat().of(pathOf(name)) == 0;
}

export function resumeSuspended(name: string): i32 {
  const failed = restoreFile(pathOf(name));
  if (failed == 0) unlink(pathOf(name));
  return failed;
}
