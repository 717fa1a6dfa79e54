/** Threads that try seeds, as many at once as there are. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { doesTranslate } from '../../lab/core-node.ts';
import type { Trier } from './crew.ts';
import type { ScenarioName, ThreadData, Tried, Try } from './messages.ts';

/** A checkout has the sources, and what translates them; a package has what was made of them. */
const SOURCE = new URL('thread.ts', import.meta.url);
const LAUNCHER = new URL('../../../scripts/run.js', import.meta.url);
const PACKAGED = new URL('../../../dist/explore/main.js', import.meta.url);

function start(workerData: ThreadData): Worker {
  return existsSync(LAUNCHER)
    ? new Worker(LAUNCHER, { argv: [fileURLToPath(SOURCE)], execArgv: [], workerData })
    : new Worker(PACKAGED, { execArgv: [], workerData });
}

/** Who waits for an answer. */
interface Asking {
  readonly done: (tried: Tried) => void;
  readonly failed: (error: Error) => void;
}

class Thread {
  private readonly worker: Worker;
  private asking: Asking | undefined;
  private fault: Error | undefined;

  constructor(scenario: ScenarioName) {
    this.worker = start({ ...scenario, translates: doesTranslate() });
    this.worker.on('message', (tried: Tried) => {
      const { asking } = this;
      this.asking = undefined;
      asking?.done(tried);
    });
    this.worker.on('error', (error) => {
      this.fail(error);
    });
    this.worker.on('exit', (code) => {
      this.fail(new Error(`a thread that tries seeds has ended with ${String(code)}`));
    });
  }

  ask(order: Try): Promise<Tried> {
    return new Promise((done, failed) => {
      if (this.fault !== undefined) {
        failed(this.fault);
        return;
      }
      this.asking = { done, failed };
      this.worker.postMessage(order);
    });
  }

  private fail(error: Error): void {
    this.fault ??= error;
    this.asking?.failed(this.fault);
    this.asking = undefined;
  }

  end(): void {
    void this.worker.terminate();
  }
}

export class Pool implements Trier {
  readonly size: number;
  private readonly scenario: ScenarioName;
  /** Started when there is something for them to do. */
  private readonly all: Thread[] = [];
  private readonly idle: Thread[] = [];
  private readonly waiting: ((thread: Thread) => void)[] = [];

  constructor(scenario: ScenarioName, size: number) {
    this.scenario = scenario;
    this.size = size;
  }

  /** Tries something as soon as a thread is free. Rejects where a thread has failed, which no scenario makes it do. */
  async try(order: Try): Promise<Tried> {
    const thread = this.idle.pop() ?? this.another() ?? (await this.nextIdle());
    try {
      return await thread.ask(order);
    } finally {
      const next = this.waiting.shift();
      if (next === undefined) this.idle.push(thread);
      else next(thread);
    }
  }

  private another(): Thread | undefined {
    if (this.all.length === this.size) return undefined;
    const thread = new Thread(this.scenario);
    this.all.push(thread);
    return thread;
  }

  private nextIdle(): Promise<Thread> {
    return new Promise((free) => this.waiting.push(free));
  }

  end(): void {
    for (const thread of this.all) thread.end();
  }
}
