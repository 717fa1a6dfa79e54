/**
 * The devices of a kind that the toolstack gives this domain, and takes from it: each is connected when it comes and let go of
 * when its backend closes. In a thread of its own: a backend may take its time, and nobody is to wait for it.
 */
import { XenbusStateClosed, XenbusStateClosing, XenbusStateInitialising } from 'xen';
import { print, printBytes } from '../console/print';
import { alloc, dispose, free } from '../memory/heap';
import { listNames, readNumber, writeNumber } from '../store/store';
import { Watch, watch } from '../store/watches';
import { hasXenstore } from '../store/xenbus';
import { makeRunnable, Thread } from '../threads/threads';
import { WaitQueue } from '../threads/wait';
import { Frontend } from './frontend';

const NAMES_BYTES: usize = 1024;
const SLASH: u8 = 47;

function lengthOf(text: usize): usize {
  let length: usize = 0;
  while (load<u8>(text + length) != 0) length++;
  return length;
}

/** Something may have changed: a device has come, or one's backend has another state. */
class News extends Watch {
  private isNew: bool = false;
  private arrival: WaitQueue = new WaitQueue();

  changed(path: usize): void {
    this.isNew = true;
    this.arrival.wake();
  }
  await(): void {
    while (!this.isNew) this.arrival.sleep();
    this.isNew = false;
  }
}

/** A device that is connected. */
class Held {
  next: Held | null = null;
  /** Nobody finds it any more, though somebody may still use it. */
  isWithdrawn: bool = false;
  /** It was to go, but somebody uses it. */
  isRefused: bool = false;

  constructor(
    public directory: usize,
    public frontend: Frontend,
  ) {}
}

export abstract class Connector extends Thread {
  private first: Held | null = null;
  private news: News = new News();

  /** "device/vbd", NUL-terminated; it stays. */
  constructor(private kind: usize) {
    super();
  }

  /**
   * Connects the device of a directory; `name` is the directory's last part. Null: it cannot be. The directory stays as long as
   * the frontend.
   */
  protected abstract connect(directory: usize, name: usize): Frontend | null;
  /** Whether somebody here uses a device: then it does not go. Who stops using it calls `look`. */
  protected isUsed(frontend: Frontend): bool {
    return false;
  }
  /** A device is to go, or is gone: nobody is to find it any more, and who uses it hears that. */
  protected abstract withdraw(frontend: Frontend): void;
  /** It is closed: what the subclass has of it is given back. */
  protected abstract drop(frontend: Frontend): void;

  /** Looks for devices, where there is a store that could tell of them. */
  start(): void {
    if (hasXenstore() && this.prepare()) makeRunnable(this);
    else dispose(this);
  }

  /** Something has changed that decides whether a device may go. */
  look(): void {
    this.news.changed(0);
  }

  run(): void {
    // Without a watch devices are those that are there now.
    if (watch(this.kind, this.news) < 0) this.look();
    while (true) {
      this.news.await();
      Frontend.beginChange();
      this.letGo();
      this.connectNew();
      Frontend.endChange();
    }
  }

  private connectNew(): void {
    const names = alloc(NAMES_BYTES);
    const bytes = listNames(this.kind, names, NAMES_BYTES);
    for (let at: i32 = 0; at < bytes; at += <i32>lengthOf(names + at) + 1) {
      const start = lengthOf(this.kind) + 1;
      const length = lengthOf(names + at);
      const directory = alloc(start + length + 1);
      memory.copy(directory, this.kind, start - 1);
      store<u8>(directory + start - 1, SLASH);
      memory.copy(directory + start, names + at, length + 1);
      if (this.find(directory) || readNumber(directory, 'state') != XenbusStateInitialising) free(directory);
      else this.tryToConnect(directory, directory + start);
    }
    free(names);
  }

  private tryToConnect(directory: usize, name: usize): void {
    const frontend = this.connect(directory, name);
    if (frontend == null) {
      // So that it is not tried again until it comes again.
      writeNumber(0, directory, 'state', XenbusStateClosed);
      free(directory);
      return;
    }
    frontend.keeper = this.news;
    const held = new Held(directory, frontend);
    held.next = this.first;
    this.first = held;
    // Its backend may have changed its mind meanwhile.
    this.look();
  }

  private find(directory: usize): bool {
    const bytes = lengthOf(directory) + 1;
    for (let each = this.first; each != null; each = each!.next)
      if (!each.isWithdrawn && memory.compare(each.directory, directory, bytes) == 0) return true;
    return false;
  }

  /** Lets go of those that are to go. */
  private letGo(): void {
    let before: Held | null = null;
    let each = this.first;
    while (each != null) {
      const next = each.next;
      if (!each.frontend.isLeft || !this.mayGo(each)) before = each;
      else {
        if (before == null) this.first = next;
        else before.next = next;
        this.close(each);
      }
      each = next;
    }
  }

  /** Whether nobody uses it. Who is asked politely says so; whose backend is gone can do nothing any more. */
  private mayGo(held: Held): bool {
    const isUsed = this.isUsed(held.frontend);
    if (!isUsed || held.frontend.isAbandoned) this.hide(held);
    else if (!held.isRefused) {
      held.isRefused = true;
      printBytes(held.directory);
      print(': Device in use; refusing to close\n');
      held.frontend.tell(XenbusStateClosing);
    }
    return !isUsed;
  }

  private hide(held: Held): void {
    if (!held.isWithdrawn) this.withdraw(held.frontend);
    held.isWithdrawn = true;
  }

  private close(held: Held): void {
    held.frontend.close();
    this.drop(held.frontend);
    dispose(held.frontend);
    free(held.directory);
    dispose(held);
  }
}
