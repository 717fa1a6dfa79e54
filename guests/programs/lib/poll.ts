/** Waiting for any of several descriptors. */
import { pollfd, SYS_poll } from 'mote/abi';
import { syscall3 } from './intrinsics';

/** As many as a process can have. */
const ROOM: i32 = 64;

export class PollSet {
  private list: ArrayBuffer = new ArrayBuffer(ROOM * <i32>pollfd.SIZE);
  private count: i32 = 0;

  clear(): void {
    this.count = 0;
  }

  /** Adds a descriptor, and POLL* that are waited for: its place. */
  add(fd: i32, events: i32): i32 {
    assert(this.count < ROOM, 'too many descriptors to wait for');
    store<i32>(this.at(this.count), fd, pollfd.fd);
    store<i16>(this.at(this.count), <i16>events, pollfd.events);
    store<i16>(this.at(this.count), 0, pollfd.revents);
    return this.count++;
  }

  private at(place: i32): usize {
    return changetype<usize>(this.list) + place * pollfd.SIZE;
  }

  /** Waits for some, so many ms at the most, -1 for ever: how many; 0: the time is up; a negative errno. */
  wait(timeoutMs: i32): i32 {
    return <i32>syscall3(SYS_poll, changetype<usize>(this.list), this.count, <u64>(<i64>timeoutMs));
  }

  /** What has come of the one at a place. */
  events(place: i32): i32 {
    return load<i16>(this.at(place), pollfd.revents);
  }
}
