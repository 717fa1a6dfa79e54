/** Background jobs, and waiting for what runs in the foreground. */
import { SIGCONT, WNOHANG, WUNTRACED } from 'mote/abi';
import { getpid, kill, setForeground, wait, waitStatus, waitStopped } from 'programs/lib/calls';
import { print } from 'programs/lib/io';
import { setBackground } from './variables';

class Job {
  stopped: bool = false;
  /** It has a process group of its own. */
  group: bool = interactive;
  constructor(
    public number: i32,
    public pid: i32,
    public text: string,
  ) {}
}

const jobs: Job[] = [];
/** A person sits at the terminal: jobs get process groups of their own, and it is told when they end. */
export let interactive: bool = false;
export function setInteractive(is: bool): void {
  interactive = is;
}

export function addJob(pid: i32, text: string): void {
  const number = jobs.length == 0 ? 1 : jobs[jobs.length - 1].number + 1;
  jobs.push(new Job(number, pid, text));
  setBackground(pid);
  if (interactive) print('[' + number.toString() + '] ' + pid.toString() + '\n');
}

/** The arguments of `kill` with processes in place of jobs (`%1`). */
export function nameProcesses(words: string[]): string[] {
  const list = [words[0]];
  // A group's number alone would be taken for a signal.
  if (words.length > 1 && !words[1].startsWith('-')) list.push('-TERM');
  for (let n = 1; n < words.length; n++) {
    let word = words[n];
    for (let j = 0; j < jobs.length; j++)
      if (word == '%' + jobs[j].number.toString()) word = (jobs[j].group ? '-' : '') + jobs[j].pid.toString();
    list.push(word);
  }
  return list;
}

/** Waits for a process in the foreground; one that is stopped becomes a job. Its status. */
export function waitForeground(pid: i32, text: string): i32 {
  if (interactive) setForeground(pid);
  let got = wait(pid, interactive ? WUNTRACED : 0);
  while (got == -4) got = wait(pid, interactive ? WUNTRACED : 0);
  if (interactive) setForeground(getpid());
  if (got < 0) return 127;
  if (!waitStopped()) return waitStatus();
  addJob(pid, text);
  jobs[jobs.length - 1].stopped = true;
  print('stopped: ' + text + '\n');
  return 148;
}

/** Takes note of jobs that have ended, and says so to a person. */
export function reap(): void {
  for (let n = 0; n < jobs.length;) {
    if (wait(jobs[n].pid, WNOHANG) != jobs[n].pid) {
      n++;
      continue;
    }
    if (interactive) print('[' + jobs[n].number.toString() + '] done ' + jobs[n].text + '\n');
    jobs.splice(n, 1);
  }
}

export function list(): void {
  for (let n = 0; n < jobs.length; n++)
    print(
      '[' +
        jobs[n].number.toString() +
        '] ' +
        (jobs[n].stopped ? 'stopped ' : 'running ') +
        jobs[n].text +
        '\n',
    );
}

/** Waits for all jobs, or for one process. */
export function waitFor(pid: i32): i32 {
  let status = 0;
  for (let n = 0; n < jobs.length;) {
    if (pid != 0 && jobs[n].pid != pid) {
      n++;
      continue;
    }
    if (wait(jobs[n].pid) > 0) status = waitStatus();
    jobs.splice(n, 1);
  }
  return status;
}

/** Goes on with a job, the last one for number 0, in the foreground or not. Its status; -1: there is none. */
export function resume(number: i32, foreground: bool): i32 {
  for (let n = jobs.length - 1; n >= 0; n--) {
    const job = jobs[n];
    if (number != 0 && job.number != number) continue;
    print(job.text + '\n');
    job.stopped = false;
    if (foreground) {
      jobs.splice(n, 1);
      setForeground(job.pid);
    }
    kill(-job.pid, SIGCONT);
    return foreground ? waitForeground(job.pid, job.text) : 0;
  }
  return -1;
}
