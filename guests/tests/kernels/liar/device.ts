/** A device as its frontend sees it: two directories of the store, and states on their way. */
import * as xen from 'xen';
import { allocateUnbound } from 'kernel/events/events';
import { alloc } from 'kernel/memory/heap';
import { allocatePage } from 'kernel/memory/pages';
import { readNumber, readText, removeNode, writeNumber } from 'kernel/store/store';
import { MILLISECOND, now } from 'kernel/events/clock';
import { sleepUntil } from 'kernel/threads/wait';
import { check } from '../check';

const PATH_BYTES: usize = 128;
/** A backend answers within so many looks, a millisecond apart. */
const LOOKS: i32 = 500;

export class Device {
  directory: usize;
  private backend: usize = alloc(PATH_BYTES);
  port: u32 = 0;

  /** `directory` is NUL-terminated. */
  constructor(directory: usize) {
    this.directory = directory;
  }

  /** Finds its backend. */
  begin(): void {
    const directory = this.directory;
    check('there is a backend', readText(directory, 'backend', this.backend, PATH_BYTES) > 0);
  }

  set state(state: u64) {
    writeNumber(0, this.directory, 'state', state);
  }

  tell(name: string, value: u64): void {
    writeNumber(0, this.directory, name, value);
  }
  forget(name: string): void {
    removeNode(this.directory, name);
  }

  /** Whether the backend comes to be in a state. */
  becomes(state: i32): bool {
    for (let look = 0; look < LOOKS; look++) {
      if (readNumber(this.backend, 'state') == state) return true;
      pause();
    }
    return false;
  }

  /** Closes, whatever was, and begins anew with another event channel. */
  again(): void {
    this.state = xen.XenbusStateClosing;
    this.state = xen.XenbusStateClosed;
    check('it closes', this.becomes(xen.XenbusStateClosed));
    this.state = xen.XenbusStateInitialising;
    check('it waits', this.becomes(xen.XenbusStateInitWait));
    this.port = allocateUnbound(0, nothing);
  }
}

function nothing(port: u32): void {}

export function pause(): void {
  sleepUntil(now() + MILLISECOND);
}

export function newPage(): usize {
  const page = allocatePage();
  assert(page != 0, 'no memory');
  return page;
}
