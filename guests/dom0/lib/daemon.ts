/** A daemon: a process of its own, while whoever has started it waits until it is ready, and no longer. */
import { SYS_setsid } from 'mote/abi';
import { close, exit, fork, pipe, read, write } from 'programs/lib/calls';
import { syscall0 } from 'programs/lib/intrinsics';

const ends = new StaticArray<i32>(2);
const byte = new ArrayBuffer(1);

/** Goes on in a process of its own. Here it ends: with 0 when that one is `ready`, with 1 when it has ended before. */
export function detach(): void {
  if (pipe(ends) < 0) exit(1);
  const child = fork();
  if (child == 0) {
    close(ends[0]);
    syscall0(SYS_setsid);
    return;
  }
  close(ends[1]);
  exit(child > 0 && read(ends[0], byte, 1) == 1 ? 0 : 1);
}

/** Whoever waits goes on. */
export function ready(): void {
  write(ends[1], byte, 1);
  close(ends[1]);
}
