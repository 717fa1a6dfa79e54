/** A thread that does the work of a world's host for a while: it is given the host's state, and gives it back when it is asked. */
import type { WorldDescription } from './description.ts';
import { errorOf } from './far-host.ts';
import type { HostThread } from './far-host.ts';
import type { HostReply, Told } from './host-messages.ts';
import { HostWire } from './host-wire.ts';
import type { SavedHost } from './host-wire.ts';
import { isAbsent } from './images.ts';
import type { WorldImages } from './images.ts';
import { Mailbox } from './mailbox.ts';
import type { Board } from './stretch.ts';
import type { Work } from './turns.ts';

type Reply<Type extends HostReply['type']> = Extract<HostReply, { type: Type }>;

/** Who does not answer for so long, by the wall clock, is not there any more. */
const PATIENCE_MS = 60_000;

/** Whether hosts made from these can be lent: a disk that is elsewhere stays with who has it. */
export function canBeLent(images: WorldImages): boolean {
  return Object.values(images).every((image) => image instanceof Uint8Array || isAbsent(image));
}

export class LentHost {
  private readonly thread: HostThread;
  private readonly jobs = new Mailbox();
  private readonly done = new Mailbox();
  private readonly wire: HostWire;
  private state: 'starting' | 'ready' | Error = 'starting';

  /** Starts it; the thread cannot say that it is ready before this one has a turn of its event loop. */
  constructor(
    thread: HostThread,
    core: WebAssembly.Module,
    description: WorldDescription,
    index: number,
    images: WorldImages,
    board: Board,
  ) {
    this.thread = thread;
    const here: Record<string, Uint8Array> = {};
    for (const [name, image] of Object.entries(images)) if (image instanceof Uint8Array) here[name] = image;
    this.wire = new HostWire(Object.values(here));
    thread.listen(
      (reply) => {
        if (reply.type === 'failed') this.state = errorOf(reply);
        if (reply.type !== 'lent') return;
        this.state = 'ready';
        thread.post({ type: 'turns' });
      },
      (error) => {
        this.state = error;
      },
    );
    thread.post({
      type: 'lend',
      core,
      description,
      index,
      images: here,
      elsewhere: Object.keys(images).filter((name) => !Object.hasOwn(here, name)),
      mail: { jobs: this.jobs.shared, done: this.done.shared },
      board: board.shared,
    });
  }

  get isReady(): boolean {
    return this.state === 'ready';
  }
  get hasFailed(): boolean {
    return this.state instanceof Error;
  }

  give(host: SavedHost): void {
    this.tell({ type: 'give', host: this.wire.send(host) });
  }

  begin(work: Work): void {
    this.tell({ type: 'work', work });
  }

  /** What it has done. Throws what the host has failed with. */
  finish(): Reply<'worked'> {
    return this.answer('worked');
  }

  /** Asks for its state: it goes on having it. */
  ask(): void {
    this.tell({ type: 'return' });
  }

  returned(): { readonly host: SavedHost; readonly trace: Reply<'returned'>['trace'] } {
    const { host, trace } = this.answer('returned');
    return { host: this.wire.take(host), trace };
  }

  end(): void {
    this.thread.end();
  }

  private tell(told: Told): void {
    this.jobs.send(this.thread.codec.encode(told));
  }

  private answer<Type extends HostReply['type']>(type: Type): Reply<Type> {
    const told = this.state instanceof Error ? null : this.done.receive(PATIENCE_MS);
    if (told === null) throw new Error('the thread of a host does not answer any more');
    const reply = this.thread.codec.decode(told) as HostReply;
    if (reply.type === 'failed') throw errorOf(reply);
    if (reply.type !== type) throw new Error(`a host has answered ${reply.type}, not ${type}`);
    return reply as Reply<Type>;
  }
}
