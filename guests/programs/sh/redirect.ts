/** Redirections: files, or copies of other descriptors, in place of a command's input, output and errors. */
import { O_APPEND, O_CREAT, O_RDONLY, O_TRUNC, O_WRONLY } from 'mote/abi';
import { close, dup2, open } from 'programs/lib/calls';
import { complainOf } from 'programs/lib/io';
import { bad, number } from 'programs/lib/text';
import { expandOne } from './expand';
import { Redirection } from './tree';

const EBADF = -9;

export function moveTo(from: i32, to: i32): void {
  dup2(from, to);
  if (from != to) close(from);
}

/** Opens a file in place of a descriptor. 0, or an error. */
export function redirectTo(path: string, flags: i32, fd: i32): i32 {
  const opened = open(path, flags);
  if (opened < 0) return opened;
  moveTo(opened, fd);
  return 0;
}

/** Does redirections, one after the other. False: one cannot be done, and that has been said. */
export function redirect(list: Redirection[]): bool {
  for (let n = 0; n < list.length; n++) {
    const word = expandOne(list[n].word);
    const failed = redirectOne(list[n].kind, word);
    if (failed >= 0) continue;
    complainOf(word, failed);
    return false;
  }
  return true;
}

function redirectOne(kind: string, word: string): i32 {
  if (kind == '<') return redirectTo(word, O_RDONLY, 0);
  const fd = kind.startsWith('2') ? 2 : 1;
  if (kind.endsWith('&')) return copyOf(word, fd);
  return redirectTo(word, O_WRONLY | O_CREAT | (kind.endsWith('>>') ? O_APPEND : O_TRUNC), fd);
}

/** `2>&1`: the descriptor that the word names. */
function copyOf(word: string, fd: i32): i32 {
  const from = <i32>number(word);
  return bad ? EBADF : min(dup2(from, fd), 0);
}
