/**
 * What xend keeps in the store of each migration, on either side, until it is over: who ends a process, xend's own even, ends what
 * was said in it, and this stays; only the end of the host takes it, and with it all its domains. Whoever has to decide something
 * decides it here, in a transaction: of two that would decide otherwise, one comes first, and the other sees it.
 *
 * A record's states, in their order, are the stages of the paper on the sending side; on the receiving side what has become of it.
 */
import { EAGAIN } from 'xen';
import { begin, end, failure, listNode, readNode, removeNode, writeNode } from 'programs/lib/store';

/** Below: a record for each domain that is sent, by its UUID; one for each attempt of another host to send one here. */
export const SENDING: string = '/tool/xend/sending';
export const RECEIVING: string = '/tool/xend/receiving';
/** Tells xend of a new record to send by: its UUID. */
export const WANTED: string = '/tool/xend/wanted';

/** What a domain is called while it is on its way, in front of its name. */
export const MIGRATING: string = 'migrating-';

/** Sending: somebody wants it and xend has not begun. */
export const ASKED: string = 'asked';
export const PRE_MIGRATION: string = 'pre-migration';
export const RESERVATION: string = 'reservation';
export const PRE_COPY: string = 'iterative pre-copy';
export const STOP_AND_COPY: string = 'stop-and-copy';
/** The message that gives it away goes out, and nobody here may let it run before the other side has said that it never will. */
export const COMMITMENT: string = 'commitment';
/** It runs there. */
export const ACTIVATION: string = 'activation';
/** It runs there, and its pages follow: until the last has gone it is in two halves. */
export const POST_COPY: string = 'post-copy';
/** It was given away to a host that cannot be asked: an administrator decides. */
export const UNKNOWN: string = 'unknown';
/** It is not given away, whatever comes: it was called off, or could not be sent. It is let go on. */
export const STAYS: string = 'stays';
/** It is over; `problem` says why it stays here, if it does. */
export const ENDED: string = 'ended';

/** In these it is this host's, whatever happens. */
export const OWN_STAGES: string[] = [PRE_MIGRATION, RESERVATION, PRE_COPY, STOP_AND_COPY];

/** Of post-copy, on both sides: not all of its pages have gone over yet. */
export const HALVES: string = 'halves';

/** Receiving: it comes in. */
export const COMING: string = 'coming';
/** All of it is here, and it waits to be given away. */
export const READY_TO_RUN: string = 'ready';
/** It was given away: it is to run here, and nowhere else. */
export const OURS: string = 'ours';
/** It runs here, or has done so. */
export const RUNS: string = 'runs';
/** It never runs here: the sender has been told so, or will be. */
export const REFUSED: string = 'refused';

export class Record {
  constructor(public path: string) {}

  /** Empty: there is no such value, or no such record. */
  get(name: string): string {
    const value = readNode(this.path + '/' + name);
    return failure < 0 ? '' : value;
  }
  put(name: string, value: string): void {
    writeNode(this.path + '/' + name, value);
  }
  remove(): void {
    removeNode(this.path);
  }

  /** Empty: there is no such record. */
  get state(): string {
    return this.get('state');
  }

  /** From one of these states, and no other, to another. Whether it was done: no and nobody knows is no. */
  change(from: string[], to: string): bool {
    let mayBe = false;
    let ended = 0;
    do {
      if (begin() < 0) return false;
      mayBe = from.includes(this.state);
      if (mayBe) this.put('state', to);
      ended = end(mayBe);
    } while (mayBe && ended == -EAGAIN);
    return mayBe && ended == 0;
  }
}

export function sendingOf(uuid: string): Record {
  return new Record(SENDING + '/' + uuid);
}
/** The id, as text, of this host's own domain of a UUID that is on its way, be it to this very host: for it the UUID is to come again. */
export function leavingDomid(uuid: string): string {
  const kept = sendingOf(uuid);
  return kept.state == ENDED ? '' : kept.get('domid');
}
export function receivingOf(attempt: string): Record {
  return new Record(RECEIVING + '/' + attempt);
}

/** The records below a path, by their names. */
export function recordsBelow(path: string): string[] {
  const names = listNode(path);
  return failure < 0 ? [] : names;
}
