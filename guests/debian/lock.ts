/** A lock between processes: a file that names its holder. A lock whose holder is gone is taken over. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 200;

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

async function acquire(path: string): Promise<boolean> {
  try {
    await writeFile(path, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function dropIfAbandoned(path: string): Promise<void> {
  const holder = await readFile(path, 'utf8').catch(() => '');
  if (holder !== '' && !isRunning(Number(holder))) await rm(path, { force: true });
}

/** Runs `task` while no other process (or caller in this one) holds the lock at `path`. */
export async function withLock<T>(path: string, task: () => Promise<T>): Promise<T> {
  while (!(await acquire(path))) {
    await dropIfAbandoned(path);
    await sleep(POLL_MS);
  }
  try {
    return await task();
  } finally {
    await rm(path, { force: true });
  }
}
