/** Who may use the terminal: the processes in its foreground, and who ignores that it may not. */
import { beforeAll, expect, test } from 'vitest';
import { runAsInit } from './testing.ts';

const PROGRAM = `
const word = new StaticArray<i32>(1);
const at: usize = changetype<usize>(word);

function setForeground(group: i64): i64 { word[0] = <i32>group; return syscall3(abi.SYS_ioctl, 0, abi.TIOCSPGRP, at); }
function foreground(): i64 { return syscall3(abi.SYS_ioctl, 0, abi.TIOCGPGRP, at) < 0 ? -1 : word[0]; }
function ignore(signal: i32): void { syscall2(abi.SYS_signal, signal, abi.SIG_IGN); }

/** A child with a group of its own, which does this; what its parent hears of it. */
function apart(inFront: bool, does: () => void): string {
  const child = fork();
  if (child == 0) {
    syscall2(abi.SYS_setpgid, 0, 0);
    // Until the parent has said who is in front.
    sleep(20);
    does();
    exit(0);
  }
  sleep(10);
  if (inFront) setForeground(child);
  const heard = wait(abi.WUNTRACED);
  kill(child, abi.SIGKILL);
  const last = wait();
  ignore(abi.SIGTTOU);
  setForeground(pid());
  return heard + ' ' + last;
}

export function main(args: string[]): i32 {
  print('alone: ' + setForeground(1).toString() + ' ' + foreground().toString() + '\\n');
  print('reads: ' + apart(false, () => { syscall3(abi.SYS_read, 0, at, 1); }) + '\\n');
  print('reads ignoring: ' + apart(false, () => { ignore(abi.SIGTTIN); exit(<i32>-syscall3(abi.SYS_read, 0, at, 1)); }) + '\\n');
  print('takes: ' + apart(false, () => { syscall2(abi.SYS_signal, abi.SIGTTOU, 0); setForeground(pid()); }) + '\\n');
  print('takes ignoring: ' + apart(false, () => {
    ignore(abi.SIGTTOU);
    exit(setForeground(pid()) == 0 && foreground() == pid() ? 7 : 8);
  }) + '\\n');
  print('in front: ' + apart(true, () => {
    syscall2(abi.SYS_signal, abi.SIGTTOU, 0);
    exit(setForeground(pid()) == 0 ? 7 : 8);
  }) + '\\n');
  print('writes: ' + apart(false, () => { print('(from behind) '); }) + '\\n');
  return 0;
}
`;

const STOPPED_BY = (signal: number): string => `${String((signal << 8) | 0x7f)} 9`;
const ENDED_WITH = (status: number): string => `${String(status << 8)} none`;
const [SIGTTIN, SIGTTOU, EIO] = [21, 22, 5];

let said: string;

beforeAll(async () => {
  said = await runAsInit(PROGRAM);
});

test.each([
  ['alone', '0 1'],
  ['reads', STOPPED_BY(SIGTTIN)],
  ['reads ignoring', ENDED_WITH(EIO)],
  ['takes', STOPPED_BY(SIGTTOU)],
  ['takes ignoring', ENDED_WITH(7)],
  ['in front', ENDED_WITH(7)],
  ['writes', ENDED_WITH(0)],
])('%s: %s', (what, heard) => {
  expect(new RegExp(`${what}: (.*)$`, 'm').exec(said)?.[1]).toBe(heard);
});
