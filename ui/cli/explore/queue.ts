/**
 * A campaign on several machines, by a queue of BullMQ's in a Redis: who runs the command lends its threads, and is told of all
 * that the others have found. What a machine was at when it went away, another one does.
 */
import type { Job, Queue, QueueEvents, Worker } from 'bullmq';
import { UserError } from '../user-error.ts';
import type { Crew, Found, LocalCrew, Shrunk } from './crew.ts';

/** How long results are kept there, in seconds: so long a campaign may be gone on with. */
const KEPT_SECONDS = 30 * 24 * 3600;
const RETRY_MS = 1000;

interface Task {
  readonly kind: 'seed' | 'shrink';
  readonly seed: number;
}

type Result = Found | Shrunk;

/** By BullMQ's name for a job: the same for the same task, whoever adds it. */
function idOf({ kind, seed }: Task): string {
  return `${kind}-${String(seed)}`;
}

/** Who waits for the results of some jobs. */
interface Waiting {
  readonly came: (result: Result) => void;
  readonly failed: (error: Error) => void;
}

export class QueueCrew implements Crew {
  private readonly local: LocalCrew;
  private readonly queue: Queue<Task, Result>;
  private readonly events: QueueEvents;
  private readonly worker: Worker<Task, Result>;
  private readonly waiting = new Map<string, Waiting>();

  private constructor(
    local: LocalCrew,
    parts: { queue: Queue<Task, Result>; events: QueueEvents; worker: Worker<Task, Result> },
  ) {
    this.local = local;
    this.queue = parts.queue;
    this.events = parts.events;
    this.worker = parts.worker;
    this.events.on('completed', ({ jobId }) => {
      void this.completed(jobId);
    });
    this.events.on('failed', ({ jobId, failedReason }) => {
      this.waiting.get(jobId)?.failed(new Error(`${jobId}: ${failedReason}`));
    });
  }

  /**
   * Joins a campaign. `name`: the same for all machines that try the same. Rejects with a UserError where there is no Redis, or the
   * packages for it are missing.
   */
  static async join(url: string, name: string, local: LocalCrew): Promise<QueueCrew> {
    const { Queue, QueueEvents, Worker } = await import('bullmq').catch(() => {
      throw new UserError('--queue needs two packages more: npm install bullmq ioredis');
    });
    let isThere = false;
    const retryStrategy = (): number | null => (isThere ? RETRY_MS : null);
    const connection = { ...connectionOf(url), maxRetriesPerRequest: null, retryStrategy };
    const work = ({ data: { kind, seed } }: Job<Task, Result>): Promise<Result> =>
      kind === 'seed' ? local.trySeed(seed) : local.shrink(seed);
    const queue = new Queue<Task, Result>(name, { connection });
    const problem = await new Promise<Error | null>((done) => {
      queue.on('error', done);
      queue.waitUntilReady().then(() => {
        done(null);
      }, done);
    });
    if (problem !== null) throw new UserError(`cannot reach the queue: ${problem.message}`);
    isThere = true;
    const events = new QueueEvents(name, { connection });
    const worker = new Worker<Task, Result>(name, work, { connection, concurrency: local.trier.size });
    // It is tried again by itself; what matters comes as a result.
    events.on('error', () => undefined);
    worker.on('error', () => undefined);
    await Promise.all([events.waitUntilReady(), worker.waitUntilReady()]);
    return new QueueCrew(local, { queue, events, worker });
  }

  async trySeeds(seeds: readonly number[], came: (found: Found) => void): Promise<void> {
    const tasks = seeds.map((seed): Task => ({ kind: 'seed', seed }));
    await this.resultsOf(tasks, (result) => {
      came(result as Found);
    });
  }

  async shrink(seed: number): Promise<Shrunk> {
    const results: Result[] = [];
    await this.resultsOf([{ kind: 'shrink', seed }], (result) => results.push(result));
    return results[0] as Shrunk;
  }

  /** Adds what nobody has added; tells of each result, whoever's it is. */
  private async resultsOf(tasks: readonly Task[], came: (result: Result) => void): Promise<void> {
    const all = tasks.map(
      (task) =>
        new Promise<void>((done, failed) => {
          const got = (result: Result): void => {
            came(result);
            done();
          };
          this.waiting.set(idOf(task), { came: got, failed });
        }),
    );
    const kept = { age: KEPT_SECONDS };
    await this.queue.addBulk(
      tasks.map((data) => ({
        name: data.kind,
        data,
        opts: { jobId: idOf(data), removeOnComplete: kept, removeOnFail: kept },
      })),
    );
    // What has failed was a machine's fault; what was done before, nobody tells of again.
    for (const job of await this.queue.getJobs(['failed'])) if (this.waiting.has(job.id!)) await job.retry();
    for (const job of await this.queue.getJobs(['completed'])) this.take(job);
    await Promise.all(all);
  }

  private async completed(id: string): Promise<void> {
    if (!this.waiting.has(id)) return;
    const job = await this.queue.getJob(id);
    if (job !== undefined) this.take(job);
  }

  private take({ id, returnvalue }: Job<Task, Result>): void {
    const waiting = this.waiting.get(id!);
    this.waiting.delete(id!);
    waiting?.came(returnvalue);
  }

  async end(): Promise<void> {
    await this.worker.close();
    await Promise.all([this.events.close(), this.queue.close(), this.local.end()]);
  }
}

function connectionOf(url: string): object {
  try {
    const { protocol, hostname, port, username, password, pathname } = new URL(url);
    if (protocol !== 'redis:' && protocol !== 'rediss:') throw new UserError('');
    return {
      host: hostname,
      port: port === '' ? 6379 : Number(port),
      ...(username === '' ? {} : { username: decodeURIComponent(username) }),
      ...(password === '' ? {} : { password: decodeURIComponent(password) }),
      ...(pathname.length > 1 ? { db: Number(pathname.slice(1)) } : {}),
      ...(protocol === 'rediss:' ? { tls: {} } : {}),
    };
  } catch {
    throw new UserError('--queue: it must be redis://[USER:PASSWORD@]HOST[:PORT][/DATABASE]');
  }
}
