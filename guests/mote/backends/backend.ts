/**
 * Backends: who serves the devices of other domains. The toolstack makes a directory for each device of a kind,
 * `backend/KIND/DOMID/DEVICE`, which names the frontend's. The backend says what it can do and waits (InitWait); the frontend
 * writes where its rings are; the backend maps them and is connected. When the frontend has closed, or is gone, the backend lets
 * go of all and closes; it is forgotten when it is not to be online any more, or its directory is gone.
 *
 * The frontend is not trusted: one that does what it must not is let go of, and its backend says why and closes.
 *
 * Everything here happens in the thread of watches, one thing after the other.
 */
import * as xen from 'xen';
import { print, printBytes } from '../../kernel/console/print';
import { alloc, dispose, free } from '../../kernel/memory/heap';
import { isMemoryLow } from '../../kernel/memory/pages';
import {
  endTransaction,
  isConflict,
  listNames,
  readNumber,
  readText,
  startTransaction,
  writeNumber,
  writeText,
} from '../../kernel/store/store';
import { poke, unwatch, Watch, watch } from '../../kernel/store/watches';

export const PATH_BYTES: usize = 128;
const NAMES_BYTES: usize = 2048;
/** Complaints of one frontend that are printed: it could go on for ever. */
const MAX_COMPLAINTS: i32 = 8;

function lengthOf(text: usize): usize {
  let length: usize = 0;
  while (load<u8>(text + length) != 0) length++;
  return length;
}

/** The NUL-terminated text of a directory and a name in it, on the heap. */
function join(directory: usize, name: usize): usize {
  const length = lengthOf(directory);
  const bytes = lengthOf(name) + 1;
  const path = alloc(length + 1 + bytes);
  memory.copy(path, directory, length);
  store<u8>(path + length, 47);
  memory.copy(path + length + 1, name, bytes);
  return path;
}

/** One device of another domain's. */
export abstract class Backend extends Watch {
  /** Its directory and the frontend's, NUL-terminated. */
  directory: usize;
  frontend: usize = alloc(PATH_BYTES);
  domid: u32 = 0;
  next: Backend | null = null;
  private frontendState: usize = 0;
  private connected: bool = false;
  private isAccused: bool = false;
  private complaints: i32 = 0;
  private state: i32 = xen.XenbusStateInitialising;

  /** Takes over `directory`. */
  constructor(directory: usize) {
    super();
    this.directory = directory;
  }

  /** Writes what the backend can do, when there is what it is about. False: there is not, and why has been said. */
  protected abstract prepare(): bool;
  /** Maps rings and binds the event channel, as the frontend has said. False: that cannot be, and why has been said. */
  protected abstract connect(): bool;
  /** Writes what the frontend is to know of the device, in a transaction: 0, or a negative errno. */
  protected abstract describe(transaction: u32): i32;
  /** The frontend, connected, wants something else of what can be changed. */
  protected reconfigure(): void {}
  /** Lets go of all that `connect` got. */
  protected abstract disconnect(): void;
  /** Lets go of what `prepare` got. */
  protected abstract release(): void;

  /** Finds the frontend, and waits for it. False: the directory is not what it should be. */
  begin(): bool {
    const domid = readNumber(this.directory, 'frontend-id');
    if (domid < 0 || readText(this.directory, 'frontend', this.frontend, PATH_BYTES) < 0) return false;
    this.domid = <u32>domid;
    this.frontendState = join(this.frontend, STATE);
    if (!this.prepare()) {
      this.toState(xen.XenbusStateClosed);
      return true;
    }
    this.toState(xen.XenbusStateInitWait);
    watch(this.frontendState, this);
    return true;
  }

  /** Its number, NUL-terminated: the last part of its directory's path. */
  get number(): usize {
    return this.directory + lastSlash(this.directory) + 1;
  }

  /** Says what is wrong. */
  protected complain(what: string): void {
    if (this.complaints == MAX_COMPLAINTS) return;
    this.complaints++;
    printBytes(this.directory);
    print(': ');
    print(what);
    print('\n');
  }

  /** The frontend has done what it must not: it will be let go of. An event's handler may find that. */
  protected accuse(what: string): void {
    if (this.isAccused) return;
    this.isAccused = true;
    this.complain(what);
    poke(this);
  }

  private toState(state: i32): void {
    if (this.state == state) return;
    this.state = state;
    // Where the directory is gone, it is not to come back.
    if (readNumber(this.directory, 'state') >= 0) writeNumber(0, this.directory, 'state', state);
  }

  /** The frontend's state has changed, or it was accused. */
  changed(path: usize): void {
    if (this.isAccused) {
      this.letGo();
      this.isAccused = false;
      this.toState(xen.XenbusStateClosing);
    }
    const state = readNumber(this.frontend, 'state');
    if (state == xen.XenbusStateInitialised || state == xen.XenbusStateConnected) this.tryToConnect();
    else if (state == xen.XenbusStateInitialising && this.state == xen.XenbusStateClosed)
      this.toState(xen.XenbusStateInitWait);
    else if (state == xen.XenbusStateReconfiguring && this.connected) {
      this.reconfigure();
      this.toState(xen.XenbusStateReconfigured);
    } else if (state == xen.XenbusStateClosing) {
      // What is under way is finished; only when it is closed, nothing comes any more.
      this.toState(xen.XenbusStateClosing);
    } else if (state == xen.XenbusStateClosed || state < 0) {
      this.letGo();
      this.toState(xen.XenbusStateClosed);
    }
  }

  private tryToConnect(): void {
    // Who was closed begins anew: it says so by being Initialising again.
    if (this.state != xen.XenbusStateInitWait) return;
    if (isMemoryLow()) this.complain('no memory to serve it');
    else this.connected = this.connect();
    if (this.connected && this.publish()) this.toState(xen.XenbusStateConnected);
    else {
      this.letGo();
      this.toState(xen.XenbusStateClosing);
    }
  }

  private publish(): bool {
    let result: i32;
    do {
      const transaction = startTransaction();
      if (transaction < 0) return false;
      result = this.describe(transaction);
      const ended = endTransaction(transaction, result == 0);
      if (result == 0) result = ended;
    } while (isConflict(result));
    return result == 0;
  }

  private letGo(): void {
    if (!this.connected) return;
    this.connected = false;
    this.disconnect();
  }

  /** Something has changed in its own directory: whether it is still wanted. */
  isWanted(): bool {
    const state = readNumber(this.directory, 'state');
    if (state < 0) return false;
    // Another device has taken its place.
    if (state == xen.XenbusStateInitialising && this.state == xen.XenbusStateClosed) return false;
    if (readNumber(this.directory, 'online') != 0) return true;
    // Nobody wants it, and a frontend that could close it may not be there.
    return readNumber(this.frontend, 'state') >= 0 && this.state != xen.XenbusStateClosed;
  }

  /** It is forgotten. */
  end(): void {
    this.letGo();
    // The toolstack may have written another state, and waits for this one.
    this.state = xen.XenbusStateUnknown;
    this.toState(xen.XenbusStateClosed);
    if (this.frontendState != 0 && this.token >= 0) unwatch(this.frontendState, this);
    this.release();
    free(this.frontendState);
    free(this.frontend);
    free(this.directory);
    dispose(this);
  }
}

/** Tells the toolstack, which waits for it, that a device cannot be served. */
export function refuse(directory: usize, errno: i32): void {
  writeNumber(0, directory, 'hotplug-error', <u64>errno);
  writeText(0, directory, 'hotplug-status', 'error');
}

const STATE: usize = memory.data<u8>([115, 116, 97, 116, 101, 0]);

/** All backends of a kind. `watchKind` begins. */
export abstract class BackendKind extends Watch {
  private directory: usize;
  private first: Backend | null = null;

  /** `directory` stays: "backend/vbd". */
  constructor(directory: usize) {
    super();
    this.directory = directory;
  }

  /** A backend for a directory, which it takes over. */
  protected abstract make(directory: usize): Backend;

  /** Serves from now on. */
  start(): i32 {
    return watch(this.directory, this);
  }

  /** All of them, the latest first. */
  get list(): Backend | null {
    return this.first;
  }

  /**
   * Something has changed: at first everything, then at a path: of a domain, or of a device. Of what is in a device's
   * directory, the toolstack's word on whether it is wanted counts.
   */
  changed(path: usize): void {
    const parts = slashes(path) - slashes(this.directory);
    if (parts > LEAF || (parts == LEAF && !endsWith(path, '/state') && !endsWith(path, '/online'))) return;
    const directory = join(path, EMPTY);
    store<u8>(directory + (parts == LEAF ? lastSlash(path) : lengthOf(path)), 0);
    this.forgetUnwanted(directory);
    if (parts == 0) this.eachIn(directory, DOMAIN);
    else if (parts == DOMAIN) this.eachIn(directory, DEVICE);
    else this.look(directory);
    free(directory);
  }

  /** Looks at what is in a directory: domains, or a domain's devices. */
  private eachIn(directory: usize, parts: i32): void {
    const names = alloc(NAMES_BYTES);
    const bytes = listNames(directory, names, NAMES_BYTES);
    for (let at: i32 = 0; at < bytes; at += <i32>lengthOf(names + at) + 1) {
      const path = join(directory, names + at);
      if (parts == DOMAIN) this.eachIn(path, DEVICE);
      else this.look(path);
      free(path);
    }
    free(names);
  }

  /** Looks at a device's directory: it may be a new one. */
  private look(directory: usize): void {
    if (this.find(directory) || readNumber(directory, 'state') != xen.XenbusStateInitialising) return;
    if (isMemoryLow()) {
      refuse(directory, xen.ENOMEM);
      return;
    }
    const copy = join(directory, EMPTY);
    store<u8>(copy + lengthOf(directory), 0);
    const made = this.make(copy);
    if (made.begin()) {
      made.next = this.first;
      this.first = made;
    } else made.end();
  }

  private find(directory: usize): bool {
    const length = lengthOf(directory) + 1;
    for (let each = this.first; each != null; each = each!.next)
      if (memory.compare(each.directory, directory, length) == 0) return true;
    return false;
  }

  /** Forgets those at a path, or below it, that nobody wants. */
  private forgetUnwanted(path: usize): void {
    const length = lengthOf(path);
    let before: Backend | null = null;
    let each = this.first;
    while (each != null) {
      const next = each.next;
      if (memory.compare(each.directory, path, length) != 0 || each.isWanted()) before = each;
      else {
        if (before == null) this.first = next;
        else before.next = next;
        each.end();
      }
      each = next;
    }
  }
}

const EMPTY: usize = memory.data(1);
// How many parts of a path are behind the kind's.
const DOMAIN: i32 = 1;
const DEVICE: i32 = 2;
const LEAF: i32 = 3;

function slashes(path: usize): i32 {
  let count = 0;
  for (; load<u8>(path) != 0; path++) if (load<u8>(path) == 47) count++;
  return count;
}

function lastSlash(path: usize): usize {
  let at = lengthOf(path);
  while (load<u8>(path + at) != 47) at--;
  return at;
}

function endsWith(path: usize, text: string): bool {
  const length = lengthOf(path);
  if (length < <usize>text.length) return false;
  for (let index = 0; index < text.length; index++)
    if (load<u8>(path + length - text.length + index) != <u8>text.charCodeAt(index)) return false;
  return true;
}
