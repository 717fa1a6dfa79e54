/** Redirections: files, or copies of other descriptors, in place of a command's input, output and errors. */
import { O_APPEND, O_CREAT, O_RDONLY, O_TRUNC, O_WRONLY } from 'mote/abi';
import { close, dup2, exit, fork, open, pipe, wait, writeAll } from 'programs/lib/calls';
import { complainOf } from 'programs/lib/io';
import { bad, number } from 'programs/lib/text';
import { expandOne } from './expand';
import { Redirection } from './tree';

const EBADF = -9;
/** Bytes that a pipe takes without anybody reading. */
const PIPE_BYTES: i32 = 4096;

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
  if (kind == '<<') return redirectText(word, 0);
  const fd = kind.startsWith('2') ? 2 : 1;
  if (kind.endsWith('&')) return copyOf(word, fd);
  return redirectTo(word, O_WRONLY | O_CREAT | (kind.endsWith('>>') ? O_APPEND : O_TRUNC), fd);
}

/** `2>&1`: the descriptor that the word names. */
function copyOf(word: string, fd: i32): i32 {
  const from = <i32>number(word);
  return bad ? EBADF : min(dup2(from, fd), 0);
}

/** Makes a text a descriptor's input. 0, or an error. */
function redirectText(text: string, fd: i32): i32 {
  const ends = new StaticArray<i32>(2);
  const failed = pipe(ends);
  if (failed < 0) return failed;
  const bytes = String.UTF8.encode(text);
  if (bytes.byteLength <= PIPE_BYTES) writeAll(ends[1], bytes, bytes.byteLength);
  else writeAside(ends, bytes);
  close(ends[1]);
  moveTo(ends[0], fd);
  return 0;
}

/** What does not fit is written by a process that is nobody's child: init buries it. */
function writeAside(ends: StaticArray<i32>, bytes: ArrayBuffer): void {
  const child = fork();
  if (child == 0) {
    if (fork() == 0) {
      close(ends[0]);
      writeAll(ends[1], bytes, bytes.byteLength);
    }
    exit(0);
  }
  if (child > 0) wait(child);
}
