/**
 * How a frontend and its backend find each other: through the store. The toolstack has made a directory for either, each
 * naming the other. When the backend waits (`state` 2, InitWait), the frontend writes where its rings and its event channel
 * are, and a state that says so; the backend maps them, writes what its device is like, and says that it is connected (4).
 *
 * A device is taken away by the backend, which says that it closes (5); the frontend closes (6), the backend lets go of all
 * and is closed, too; then the frontend takes back what it has granted.
 */
import { XenbusStateClosed, XenbusStateClosing, XenbusStateConnected, XenbusStateInitWait } from 'xen';
import { allocateUnbound, closePort, EventHandler } from '../events/events';
import { endAccess, grantAccess } from '../grants/grants';
import { alloc, dispose, free } from '../memory/heap';
import { putPage } from '../memory/pages';
import {
  endTransaction,
  isConflict,
  readNumber,
  readText,
  startTransaction,
  writeNumber,
  writeText,
} from '../store/store';
import { now, SECOND } from '../events/clock';
import { WaitQueue } from '../threads/wait';
import { dropWatch, unwatch, Watch, watch } from '../store/watches';

export const PATH_BYTES: usize = 256;
/** How long a backend may take to connect. */
const PATIENCE_NS: u64 = 10 * SECOND;

/** Those that are connected; how many are at it, or end it, and where to wait until none is; whether all are held. */
let first: Frontend | null = null;
let connecting: i32 = 0;
let areHeld: bool = false;
const settled = new WaitQueue();

export abstract class Frontend extends Watch {
  /** The frontend's directory and the backend's, NUL-terminated. */
  directory: usize;
  backend: usize = alloc(PATH_BYTES);
  backendState: usize = alloc(PATH_BYTES + 8);
  domid: u32 = 0;
  port: u32 = 0;
  /** Who is told, too, when the backend's state changes. */
  keeper: Watch | null = null;
  private news: WaitQueue = new WaitQueue();
  private handler: EventHandler | null = null;
  /** The next one of all that are connected. */
  after: Frontend | null = null;

  /** `directory` stays the frontend's: "device/vbd/51712". */
  constructor(directory: usize) {
    super();
    this.directory = directory;
  }

  /** Writes its nodes in a transaction: 0, or a negative errno. `publishAll` does what all have in common. */
  protected abstract publish(transaction: u32): i32;
  /** The state that tells the backend that the nodes are there: it differs from one kind of device to the other. */
  protected abstract get publishedState(): i32;
  /** The backend is connected: reads what its device is like. */
  protected abstract connected(): void;

  /** What was under way with the backend comes to an end, and nothing new begins. */
  protected hold(): void {}
  /** It begins again. */
  protected release(): void {}
  /** Nothing is shared with a backend any more: rings are empty, grants are gone. */
  protected abstract reset(): void;
  /** The device is closed: takes back all that was granted, and gives back all that it is made of. */
  protected giveBack(): void {}

  /** Finds the backend, opens an event channel, publishes, and waits until the backend is connected. False: it is not. */
  connect(handler: EventHandler): bool {
    connecting++;
    const isConnected = this.connectNow(handler);
    connecting--;
    settled.wake();
    if (isConnected && this.handler == null) {
      this.handler = handler;
      this.after = first;
      first = this;
    }
    return isConnected;
  }

  /** Devices come and go only between this and `endChange`: not while all are held. */
  static beginChange(): void {
    while (areHeld) settled.sleep();
    connecting++;
  }
  static endChange(): void {
    connecting--;
    settled.wake();
  }

  /** All of them: what is under way comes to an end. */
  static holdAll(): void {
    areHeld = true;
    while (connecting > 0) settled.sleep();
    for (let each: Frontend | null = first; each != null; each = each!.after) each.hold();
  }

  /** After `holdAll`: all go on with the backends that they have. */
  static releaseAll(): void {
    for (let each: Frontend | null = first; each != null; each = each!.after) each.release();
    Frontend.letChange();
  }

  private static letChange(): void {
    areHeld = false;
    settled.wake();
  }

  /** After `holdAll`, when the domain was restored: what the old backends and the old store had of them is gone. */
  static resetAll(): void {
    for (let each: Frontend | null = first; each != null; each = each!.after) {
      dropWatch(each);
      each.reset();
    }
  }

  /** After `resetAll`: all find their backends again. One that does not is told of by `lost`. */
  static reconnectAll(lost: (frontend: Frontend) => void): void {
    for (let each: Frontend | null = first; each != null; each = each!.after) {
      const frontend = each!;
      if (!frontend.connect(frontend.handler!)) lost(frontend);
      frontend.release();
    }
    Frontend.letChange();
  }

  /** Whether the backend closes, has closed, or is gone. */
  get isLeft(): bool {
    const state = readNumber(this.backend, 'state');
    return state < 0 || state == XenbusStateClosing || state == XenbusStateClosed;
  }
  /** Whether nothing is left of the backend: nobody waits for the frontend to close. */
  get isAbandoned(): bool {
    return readNumber(this.backend, 'state') < 0;
  }

  /** Says in the store how far the frontend is, where it still has a directory. */
  tell(state: i32): void {
    if (readNumber(this.directory, 'state') >= 0) writeNumber(0, this.directory, 'state', state);
  }

  /** Ends it: nobody uses the device any more. */
  close(): void {
    this.tell(XenbusStateClosed);
    const deadline = now() + PATIENCE_NS;
    let state = readNumber(this.backend, 'state');
    while (state >= 0 && state != XenbusStateClosed && now() < deadline) {
      this.news.sleepUntil(deadline);
      state = readNumber(this.backend, 'state');
    }
    this.forget();
    closePort(this.port);
    unwatch(this.backendState, this);
    this.giveBack();
    dispose(this.news);
    free(this.backend);
    free(this.backendState);
  }

  /** It is none of those that are connected any more. */
  private forget(): void {
    if (first == this) first = this.after;
    for (let each: Frontend | null = first; each != null; each = each!.after)
      if (each.after == this) each.after = this.after;
  }

  private connectNow(handler: EventHandler): bool {
    if (readText(this.directory, 'backend', this.backend, PATH_BYTES) < 0) return false;
    const domid = readNumber(this.directory, 'backend-id');
    if (domid < 0) return false;
    this.domid = <u32>domid;
    const port = allocateUnbound(this.domid, handler);
    if (port < 0) return false;
    this.port = port;
    this.nameBackendState();
    if (watch(this.backendState, this) < 0) return false;
    const deadline = now() + PATIENCE_NS;
    if (!this.await(XenbusStateInitWait, deadline) || !this.publishAll()) return false;
    if (!this.await(XenbusStateConnected, deadline)) return false;
    this.connected();
    return writeNumber(0, this.directory, 'state', XenbusStateConnected) == 0;
  }

  /** Waits until the backend has come as far as a state. False: it goes away, or it is late. */
  private await(wanted: i32, deadlineNs: u64): bool {
    let state = readNumber(this.backend, 'state');
    while (state < wanted && now() < deadlineNs) {
      this.news.sleepUntil(deadlineNs);
      state = readNumber(this.backend, 'state');
    }
    return state >= wanted && state <= XenbusStateConnected;
  }

  private nameBackendState(): void {
    let length: usize = 0;
    while (load<u8>(this.backend + length) != 0) length++;
    memory.copy(this.backendState, this.backend, length);
    const suffix = '/state';
    for (let index = 0; index < suffix.length; index++)
      store<u8>(this.backendState + length++, <u8>suffix.charCodeAt(index));
    store<u8>(this.backendState + length, 0);
  }

  private publishAll(): bool {
    let result: i32;
    do {
      const transaction = startTransaction();
      if (transaction < 0) return false;
      result = this.publish(transaction);
      if (result == 0) result = writeNumber(transaction, this.directory, 'event-channel', this.port);
      if (result == 0) result = writeText(transaction, this.directory, 'protocol', 'x86_64-abi');
      if (result == 0) result = writeNumber(transaction, this.directory, 'state', this.publishedState);
      const failed = result < 0;
      const ended = endTransaction(transaction, !failed);
      if (!failed) result = ended;
    } while (isConflict(result));
    return result == 0;
  }

  /** The backend's state has changed. */
  changed(path: usize): void {
    this.news.wake();
    const keeper = this.keeper;
    if (keeper != null) keeper.changed(path);
  }
}

/** Takes back a page that a backend was granted, and gives it back. One that it still has mapped is lost: it could write to it. */
export function reclaim(ref: u32, page: usize): void {
  if (ref == 0 || endAccess(ref)) putPage(page);
}

/** A ring's page, granted to a backend: the reference. */
export function grantRing(domid: u32, page: usize): u32 {
  const ref = grantAccess(domid, page, false);
  assert(ref != 0, 'no grant for a ring');
  return ref;
}
