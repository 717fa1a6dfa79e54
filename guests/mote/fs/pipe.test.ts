/** Pipes as a program finds them: what fits, what is waited for, what an end without the other gives. */
import { beforeAll, expect, test } from 'vitest';
import { runAsInit } from '../testing.ts';

const PROGRAM = `
const ends = new StaticArray<i32>(2);
const buffer = new StaticArray<u8>(8192);
const at: usize = changetype<usize>(buffer);
const entry = new StaticArray<u8>(8);

function pipe(): void { syscall1(abi.SYS_pipe, changetype<usize>(ends)); }
function write(count: i32): i64 { return syscall3(abi.SYS_write, ends[1], at, count); }
function read(count: i32): i64 { return syscall3(abi.SYS_read, ends[0], at, count); }
function close(end: i32): void { syscall1(abi.SYS_close, ends[end]); }
function neverWait(end: i32): void { syscall3(abi.SYS_fcntl, ends[end], abi.F_SETFL, abi.O_NONBLOCK); }
/** What poll says of an end, asked for everything. */
function poll(end: i32): i32 {
  const place = changetype<usize>(entry);
  store<i32>(place, ends[end]);
  store<u16>(place, <u16>(abi.POLLIN | abi.POLLOUT), 4);
  store<u16>(place, 0, 6);
  syscall3(abi.SYS_poll, place, 1, 0);
  return load<u16>(place, 6);
}
function polled(): string { return poll(0).toString() + '/' + poll(1).toString(); }

export function main(args: string[]): i32 {
  pipe();
  neverWait(0);
  neverWait(1);
  let text = polled() + ' ' + read(1).toString();
  text += ' ' + write(8192).toString() + ' ' + polled() + ' ' + write(1).toString();
  text += ' ' + read(1).toString() + ' ' + polled() + ' ' + write(2).toString();
  print('never waits: ' + text + '\\n');

  for (let n = 0; n < 5000; n++) buffer[n] = <u8>(n * 7 + (n >> 8));
  pipe();
  if (fork() == 0) { close(0); write(5000); exit(0); }
  close(1);
  sleep(20);
  let right = 0;
  let total = 0;
  for (let got = <i32>read(700); got > 0; got = <i32>read(700)) {
    for (let n = 0; n < got; n++) right += buffer[n] == <u8>((total + n) * 7 + ((total + n) >> 8)) ? 1 : 0;
    total += got;
  }
  print('waits: ' + total.toString() + ' ' + right.toString() + ' ' + wait() + '\\n');
  print('nobody writes: ' + read(1).toString() + ' ' + poll(0).toString() + '\\n');

  pipe();
  write(3);
  close(1);
  print('left over: ' + poll(0).toString() + ' ' + read(9).toString() + ' ' + poll(0).toString() + '\\n');

  pipe();
  close(0);
  const said = poll(1).toString();
  if (fork() == 0) { write(1); exit(0); }
  const killed = wait();
  syscall2(abi.SYS_signal, abi.SIGPIPE, abi.SIG_IGN);
  print('nobody reads: ' + said + ' ' + killed + ' ' + write(1).toString() + '\\n');
  return 0;
}
`;

const [POLLIN, POLLOUT, POLLERR, POLLHUP] = [1, 4, 8, 16];
const [EAGAIN, EPIPE, SIGPIPE] = [-11, -32, 13];
const BYTES = 4096;

let said: string;

beforeAll(async () => {
  said = await runAsInit(PROGRAM);
});

function line(of: string): string | undefined {
  return new RegExp(`^${of}: (.*)$`, 'm').exec(said)?.[1];
}

test('who does not wait gets what there is, and writes what fits', () => {
  const empty = `0/${String(POLLOUT)} ${String(EAGAIN)}`;
  const full = `${String(BYTES)} ${String(POLLIN)}/0 ${String(EAGAIN)}`;
  const again = `1 ${String(POLLIN)}/${String(POLLOUT)} 1`;
  expect(line('never waits')).toBe(`${empty} ${full} ${again}`);
});

test('who waits writes all, and it is read in order', () => {
  expect(line('waits')).toBe('5000 5000 0');
});

test('behind the last byte of the last writer is the end', () => {
  expect(line('nobody writes')).toBe(`0 ${String(POLLHUP)}`);
  expect(line('left over')).toBe(`${String(POLLIN | POLLHUP)} 3 ${String(POLLHUP)}`);
});

test('a write that nobody reads is a signal, and an error for who ignores that', () => {
  expect(line('nobody reads')).toBe(`${String(POLLERR | POLLOUT)} ${String(SIGPIPE)} ${String(EPIPE)}`);
});
