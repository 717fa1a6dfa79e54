/**
 * A host of a threaded world in a thread of its own. In turns it is told what to do, and tells what it has done, through shared
 * memory (mailbox.ts); all else is messages.
 */
import { HostCrash } from '../host-crash.ts';
import { DiskUnavailable } from '../host-devices.ts';
import type { WorldDescription } from './description.ts';
import { DescriptionError } from './field.ts';
import { sendable, sourceOf } from './host-messages.ts';
import type { HostCommand, HostFacts, HostReply, Told } from './host-messages.ts';
import type { WorldImages } from './images.ts';
import type { HostAtWork, Worked } from './local-host.ts';
import { Mailbox } from './mailbox.ts';
import type { Codec } from './mailbox.ts';
import type { Board } from './stretch.ts';
import type { Work } from './turns.ts';

/** A thread with a HostServer in it: a worker of Node's. */
export interface HostThread {
  readonly codec: Codec;
  post(command: HostCommand): void;
  /** Who hears what it says; `fail`: that it has died. */
  listen(hear: (reply: HostReply) => void, fail: (error: Error) => void): void;
  end(): void;
}

type Reply<Type extends HostReply['type']> = Extract<HostReply, { type: Type }>;

/** How long a turn may take before it is looked whether the thread is there still, in ms of the wall clock. */
const LOOK_MS = 1000;

export class FarHost implements HostAtWork {
  begun!: HostAtWork['begun'];
  private readonly thread: HostThread;
  private readonly images: WorldImages;
  private readonly jobs = new Mailbox();
  private readonly done = new Mailbox();
  private waiting: { done(reply: HostReply): void; failed(error: Error): void } | null = null;
  private dead: Error | null = null;
  /** It waits for jobs, and hears nothing else. */
  private isAtWork = false;

  private constructor(thread: HostThread, images: WorldImages) {
    this.thread = thread;
    this.images = images;
    thread.listen(
      (reply) => {
        this.hear(reply);
      },
      (error) => {
        this.dead = error;
        this.waiting?.failed(error);
      },
    );
  }

  /** As WorldHost.boot; the thread is ended where that fails. */
  static async boot(
    thread: HostThread,
    core: WebAssembly.Module,
    description: WorldDescription,
    index: number,
    images: WorldImages,
    board: Board,
  ): Promise<FarHost> {
    const host = new FarHost(thread, images);
    const mail = { jobs: host.jobs.shared, done: host.done.shared };
    try {
      const shared = { mail, board: board.shared };
      const boot = { type: 'boot', core, description, index, images: sendable(images), ...shared } as const;
      host.begun = await host.ask(boot, 'booted');
    } catch (error) {
      host.end();
      throw error;
    }
    return host;
  }

  begin(work: Work): void {
    if (!this.isAtWork) this.thread.post({ type: 'turns' });
    this.isAtWork = true;
    this.jobs.send(this.thread.codec.encode({ type: 'work', work } satisfies Told));
  }

  async finish(): Promise<Worked> {
    for (;;) {
      const told = this.done.receive(LOOK_MS);
      if (told !== null) return this.answer(this.thread.codec.decode(told) as HostReply, 'worked');
      // What becomes of a thread is heard in between.
      await new Promise((heard) => setTimeout(heard));
      if (this.dead !== null) throw this.dead;
    }
  }

  pause(): void {
    if (this.isAtWork) this.jobs.send(this.thread.codec.encode(null));
    this.isAtWork = false;
  }

  async fetch(): Promise<void> {
    await this.ask({ type: 'fetch' }, 'fetched');
  }

  async hash(): Promise<string> {
    return (await this.ask({ type: 'hash' }, 'hash')).hash;
  }

  async facts(): Promise<HostFacts> {
    return (await this.ask({ type: 'facts' }, 'facts')).facts;
  }

  end(): void {
    this.thread.end();
  }

  private async ask<Type extends HostReply['type']>(command: HostCommand, type: Type): Promise<Reply<Type>> {
    const reply = await new Promise<HostReply>((done, failed) => {
      this.waiting = { done, failed };
      this.thread.post(command);
    });
    return this.answer(reply, type);
  }

  private answer<Type extends HostReply['type']>(reply: HostReply, type: Type): Reply<Type> {
    if (reply.type === 'failed') throw errorOf(reply);
    if (reply.type !== type) throw new Error(`a host has answered ${reply.type}, not ${type}`);
    return reply as Reply<Type>;
  }

  private hear(reply: HostReply): void {
    if (reply.type === 'read') void this.read(reply);
    else this.waiting?.done(reply);
  }

  private async read({ image: name, start, end }: Reply<'read'>): Promise<void> {
    try {
      const image = sourceOf(this.images, name);
      this.thread.post({ type: 'bytes', bytes: await image.slice(start, end).arrayBuffer(), problem: '' });
    } catch (error) {
      this.thread.post({ type: 'bytes', bytes: null, problem: (error as Error).message });
    }
  }
}

const ERRORS = { DiskUnavailable, RangeError } as const;

/** The error that was thrown in the thread. */
export function errorOf({ isCrash, name, message }: Reply<'failed'>): Error {
  if (isCrash) return new HostCrash(message, new Error(message));
  if (name === 'DescriptionError') return new DescriptionError('', message);
  return new (ERRORS[name as keyof typeof ERRORS] ?? Error)(message);
}
