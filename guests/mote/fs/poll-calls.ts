/** poll: waits until one of several files can be read or written; sendfile: from file to file without the program between. */
import { EBADF, EFAULT, EINTR, EINVAL } from 'xen';
import { alloc, free } from 'kernel/memory/heap';
import { MILLISECOND, now } from 'kernel/events/clock';
import { interrupted } from 'kernel/threads/wait';
import * as abi from '../abi';
import { pollfd } from '../abi';
import { setSyscall } from '../syscall-table';
import { copyIn, copyOut } from '../user-memory';
import { descriptors, MAX_FILES } from './descriptors';
import { pollers } from './pollers';

const PIECE: usize = 4096;
/** What is told whether it was asked for or not. */
const ALWAYS: i32 = abi.POLLERR | abi.POLLHUP | abi.POLLNVAL;

export function initPollCalls(): void {
  setSyscall(abi.SYS_poll, poll);
  setSyscall(abi.SYS_sendfile, sendfile);
}

function poll(at: u64, count: u64, timeoutMs: u64, d: u64, e: u64, f: u64): i64 {
  if (count > <u64>MAX_FILES) return -EINVAL;
  const bytes = <usize>count * pollfd.SIZE;
  const list = alloc(max(bytes, 1));
  let result: i64 = copyIn(list, at, bytes);
  if (result == 0) result = wait(list, <u32>count, <i32>timeoutMs);
  if (result >= 0 && copyOut(at, list, bytes) < 0) result = -EFAULT;
  free(list);
  return result;
}

/** Waits until some are ready: how many; 0: the time is up; -EINTR. Negative time: for ever. */
function wait(list: usize, count: u32, timeoutMs: i32): i32 {
  const deadline = now() + <u64>max(timeoutMs, 0) * MILLISECOND;
  while (true) {
    const ready = look(list, count);
    if (ready > 0 || timeoutMs == 0) return ready;
    if (timeoutMs < 0) pollers.sleep();
    else if (!pollers.sleepUntil(deadline) && now() >= deadline) return look(list, count);
    if (interrupted()) return -EINTR;
  }
}

/** Notes what is ready: how many. */
function look(list: usize, count: u32): i32 {
  const files = descriptors();
  let ready = 0;
  for (let each = list; each < list + count * pollfd.SIZE; each += pollfd.SIZE) {
    const fd = load<i32>(each + pollfd.fd);
    const file = files.at(fd);
    const wanted = (<i32>load<i16>(each + pollfd.events)) | ALWAYS;
    // A negative number is passed over.
    const events = fd < 0 ? 0 : file == null ? abi.POLLNVAL : file.poll() & wanted;
    store<i16>(each + pollfd.revents, <i16>events);
    if (events != 0) ready++;
  }
  return ready;
}

function sendfile(to: u64, from: u64, offsetAt: u64, bytes: u64, e: u64, f: u64): i64 {
  const output = descriptors().at(<i32>to);
  const input = descriptors().at(<i32>from);
  if (output == null || input == null || !output.mayWrite || !input.mayRead) return -EBADF;
  if (offsetAt != 0) return -EINVAL;
  output.get();
  input.get();
  const buffer = alloc(PIECE);
  let done: i64 = 0;
  while (<u64>done < bytes) {
    const got = input.read(buffer, <usize>min(bytes - done, <u64>PIECE));
    const put = got > 0 ? output.write(buffer, got) : got;
    if (put > 0) done += put;
    else if (done == 0) done = put;
    if (put <= 0 || put < got) break;
  }
  free(buffer);
  input.put();
  output.put();
  return done;
}
