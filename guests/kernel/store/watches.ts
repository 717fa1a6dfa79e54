/**
 * Watches: a notice for every change below a path of the store. Notices arrive in an event's handler, where nothing may
 * wait; a thread of its own hands them out, and whoever gets one may make requests of the store.
 */
import { ENOSPC, XS_UNWATCH, XS_WATCH } from 'xen';
import { alloc, free } from '../memory/heap';
import { makeRunnable, Thread } from '../threads/threads';
import { WaitQueue } from '../threads/wait';
import { addByte, addNumber, addString, begin, done, finish } from './xenbus';

const MAX_WATCHES: i32 = 512;
/** Notices that wait: the list goes through their first word. */
const NEXT: usize = 0;
const TEXT: usize = 4;

/** Somebody who watches a path. */
export abstract class Watch {
  /** Never had by two, so that a notice under way when a watch ends finds nobody. Modulo MAX_WATCHES: its place. */
  token: i32 = -1;
  /** What is watched, NUL-terminated: the watcher's own. */
  path: usize = 0;

  /** Something has changed at `path` (NUL-terminated), which is what is watched or below it. */
  abstract changed(path: usize): void;
}

const watches = new StaticArray<Watch | null>(MAX_WATCHES);
let nextToken: i32 = 0;
const arrival = new WaitQueue();
let first: usize = 0;
let last: usize = 0;
let started: bool = false;

/** Watches a NUL-terminated path, which stays until `unwatch`. The first notice comes at once. 0, or a negative errno; -ENOSPC: there are too many. */
export function watch(path: usize, watcher: Watch): i32 {
  if (!started) startThread();
  const token = freeToken();
  if (token < 0) return -ENOSPC;
  watches[token % MAX_WATCHES] = watcher;
  watcher.token = token;
  watcher.path = path;
  const failed = ask(XS_WATCH, path, token);
  if (failed < 0) watches[token % MAX_WATCHES] = null;
  return min(failed, 0);
}

/** The next token whose place is free; -1: all are taken. */
function freeToken(): i32 {
  for (let tries = 0; tries < MAX_WATCHES; tries++) {
    const token = nextToken;
    nextToken = (nextToken + 1) & 0x7fff_ffff;
    if (watches[token % MAX_WATCHES] == null) return token;
  }
  return -1;
}

/** The domain was restored, and the store knows of no watch: tells it of all. Each has its first notice again. */
export function resumeWatches(): void {
  for (let place = 0; place < MAX_WATCHES; place++) {
    const watcher = watches[place];
    // One that the new store refuses hears nothing any more.
    if (watcher != null && ask(XS_WATCH, watcher.path, watcher.token) < 0) watches[place] = null;
  }
}

/** Stops watching what was in a store that is not there any more. */
export function dropWatch(watcher: Watch): void {
  if (watcher.token >= 0) watches[watcher.token % MAX_WATCHES] = null;
  watcher.token = -1;
}

/** Stops watching. `path` holds until then. */
export function unwatch(path: usize, watcher: Watch): void {
  ask(XS_UNWATCH, path, watcher.token);
  watches[watcher.token % MAX_WATCHES] = null;
}

function ask(type: u32, path: usize, token: i32): i32 {
  begin(type, 0);
  addString(path);
  addByte(0);
  addNumber(token);
  addByte(0);
  const result = finish();
  done();
  return result;
}

/**
 * A notice has come: path, NUL, token, NUL. One like it that still waits says as much: so who writes without end cannot fill
 * this domain's memory.
 */
export function noteWatchEvent(text: usize, bytes: usize): void {
  for (let each = first; each != 0; each = load<usize>(each, NEXT))
    if (memory.compare(each + TEXT, text, bytes) == 0) return;
  const notice = alloc(TEXT + bytes + 1);
  store<usize>(notice, 0, NEXT);
  memory.copy(notice + TEXT, text, bytes);
  store<u8>(notice + TEXT + bytes, 0);
  if (last == 0) first = notice;
  else store<usize>(last, notice, NEXT);
  last = notice;
  arrival.wake();
}

const poked: usize = memory.data(16);
const LAST_DIGIT: usize = 14;

/** Has the thread of watches call `changed`, with an empty path: for what an event's handler has found and may not do. */
export function poke(watcher: Watch): void {
  // As the store would say it: a path's NUL, a number, a NUL.
  let at = poked + LAST_DIGIT;
  store<u8>(at, 0);
  let rest = watcher.token;
  do {
    store<u8>(--at, <u8>(48 + (rest % 10)));
    rest /= 10;
  } while (rest != 0);
  store<u8>(--at, 0);
  noteWatchEvent(at, poked + LAST_DIGIT + 1 - at);
}

class WatchThread extends Thread {
  run(): void {
    while (true) {
      while (first == 0) arrival.sleep();
      const notice = first;
      first = load<usize>(notice, NEXT);
      if (first == 0) last = 0;
      handOut(notice + TEXT);
      free(notice);
    }
  }
}

function handOut(path: usize): void {
  let at = path;
  while (load<u8>(at) != 0) at++;
  let token = 0;
  for (at++; load<u8>(at) >= 48 && load<u8>(at) <= 57; at++) token = token * 10 + (load<u8>(at) - 48);
  if (token < 0) return;
  const watcher = watches[token % MAX_WATCHES];
  if (watcher != null && watcher.token == token) watcher.changed(path);
}

function startThread(): void {
  started = true;
  const thread = new WatchThread();
  assert(thread.prepare(), 'no memory for the thread of watches');
  makeRunnable(thread);
}
