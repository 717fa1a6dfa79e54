/**
 * Processes of xend's own, each at one migration, whose record (dom0/lib/migration/record.ts) says how far it is. Where one ends before
 * its work does, whoever ended it, another takes it up from the record; a new xend does so for those of the one before it.
 */
import { POLLHUP, POLLIN, SIG_IGN, SIGPIPE } from 'mote/abi';
import { Record } from 'dom0/lib/migration/record';
import { close, exit, fork, getpid, pipe, setSignal, wait } from 'programs/lib/calls';
import { PollSet } from 'programs/lib/poll';
import { allProcesses } from 'programs/lib/processes';
import { reopenStore } from 'programs/lib/store';
import { number } from 'programs/lib/text';

/** How soon a process is looked for that nobody tells of, and another takes up what one has left. */
export const LOOK_MS: i32 = 1000;
const NAME: string = 'xend';

class Worker {
  /** Its place among those that are polled. */
  place: i32 = -1;

  /** `end`: of a pipe that it holds the other end of; -1: it was an earlier xend's, or is none any more. */
  constructor(
    public pid: i32,
    public end: i32,
    public path: string,
  ) {}
}

/** Descriptors that are xend's alone: a port that it listens at is free when it ends. */
export const ownFiles: i32[] = [];

const workers: Worker[] = [];
const ends = new StaticArray<i32>(2);

/** Lets a process of its own do the work of a record. */
export function startWorker(path: string, work: (path: string) => void): void {
  if (pipe(ends) < 0) return;
  const child = fork();
  if (child == 0) {
    close(ends[0]);
    for (let n = 0; n < ownFiles.length; n++) close(ownFiles[n]);
    reopenStore();
    setSignal(SIGPIPE, SIG_IGN);
    if (path != '') new Record(path).put('pid', getpid().toString());
    work(path);
    exit(0);
  }
  close(ends[1]);
  if (child < 0) close(ends[0]);
  else workers.push(new Worker(child, ends[0], path));
}

/** Takes over what another xend's process, or nobody, is at. */
export function adopt(path: string): void {
  workers.push(new Worker(<i32>number(new Record(path).get('pid')), -1, path));
}

/** Adds what tells of their ends: how long to wait at most, in ms. */
export function pollWorkers(polled: PollSet): i32 {
  let timeoutMs = -1;
  for (let n = 0; n < workers.length; n++) {
    const each = workers[n];
    if (each.end < 0) timeoutMs = LOOK_MS;
    else each.place = polled.add(each.end, POLLIN);
  }
  return timeoutMs;
}

/** Sees to those that have ended. `takeUp`: does what is left of a record's work, if anything is; empty: of any that was received. */
export function sweepWorkers(polled: PollSet, isTime: bool, takeUp: (path: string) => void): void {
  for (let n = workers.length - 1; n >= 0; n--) {
    const each = workers[n];
    if (each.end >= 0 && each.place >= 0 && (polled.events(each.place) & (POLLIN | POLLHUP)) != 0) {
      close(each.end);
      wait(each.pid);
      each.end = -1;
      each.pid = 0;
      if (each.path != '') continue;
      workers.splice(n, 1);
      takeUp('');
    } else if (each.end < 0 && isTime && !isWorking(each.pid)) {
      workers.splice(n, 1);
      // Somebody may want the same anew, and another be at that.
      if (!isAtWork(each.path)) takeUp(each.path);
    }
  }
}

function isAtWork(path: string): bool {
  for (let n = 0; n < workers.length; n++) {
    const each = workers[n];
    if (each.path == path && (each.end >= 0 || isWorking(each.pid))) return true;
  }
  return false;
}

/** Whether a process is one of xend's, and has not ended. */
export function isWorking(pid: i32): bool {
  const all = pid > 0 ? allProcesses() : null;
  for (let n = 0; all != null && n < all.length; n++)
    if (all[n].pid == pid) return all[n].name == NAME && all[n].state != 'Z';
  return false;
}
