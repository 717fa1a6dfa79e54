/** A host of a world behind messages, for one that runs in a thread of its own. All of them survive structured cloning. */
import { SHUTDOWN_crash } from '../../../hypervisor/abi/sched.ts';
import type { TranslationCounts } from '../../../core/translator/translator.ts';
import type { Counts } from '../../../hypervisor/trace/counts.ts';
import { describeEnd } from '../ending.ts';
import { HostCrash } from '../host-crash.ts';
import type { AbsentImage } from '../host.ts';
import type { DiskSource } from '../host-devices.ts';
import { stateHash } from '../state-hash.ts';
import { AwaySink } from './away-trace.ts';
import type { AwayTrace } from './away-trace.ts';
import type { WorldDescription } from './description.ts';
import type { Progress } from './exchange.ts';
import { WorldHost } from './host.ts';
import type { Report } from './host.ts';
import { HostWire } from './host-wire.ts';
import type { SentHost } from './host-wire.ts';
import { isAbsent } from './images.ts';
import type { WorldImages } from './images.ts';
import { Mailbox } from './mailbox.ts';
import type { Codec } from './mailbox.ts';
import { Board, runWork } from './stretch.ts';
import type { Work } from './turns.ts';

/** An image that is elsewhere, with whoever boots the host: read by messages. */
interface FarImage {
  readonly far: string;
  readonly size: number;
}

/** What a host is made from, and how it is met in turns. */
interface Making {
  readonly core: WebAssembly.Module;
  readonly description: WorldDescription;
  readonly index: number;
  /** Where it is told what to do in turns, and tells what it has done. */
  readonly mail: { readonly jobs: SharedArrayBuffer; readonly done: SharedArrayBuffer };
  /** Where it sees how far the others are. */
  readonly board: SharedArrayBuffer;
}

export type HostCommand =
  | ({ readonly type: 'boot'; readonly images: Readonly<Record<string, Uint8Array | FarImage>> } & Making)
  /** Makes one that is to be given what was saved of such a host. `elsewhere`: the names of images that stay with whoever has that host. */
  | ({
      readonly type: 'lend';
      readonly images: Readonly<Record<string, Uint8Array>>;
      readonly elsewhere: readonly string[];
    } & Making)
  /** What it is told comes by mail from now on, up to null; nothing else does meanwhile. */
  | { readonly type: 'turns' }
  /** Brings what disks wait for. */
  | { readonly type: 'fetch' }
  | { readonly type: 'hash' }
  | { readonly type: 'facts' }
  /** The answer to a `read`. */
  | { readonly type: 'bytes'; readonly bytes: ArrayBuffer | null; readonly problem: string };

/** By mail. */
export type Told =
  | { readonly type: 'work'; readonly work: Work }
  /** Is another host, as that was saved. */
  | { readonly type: 'give'; readonly host: SentHost }
  /** Asks for `returned`: it goes on being this one. */
  | { readonly type: 'return' };

/** What a domain has printed on its console. */
export interface Printed {
  readonly domain: number;
  readonly bytes: Uint8Array;
}

/** What is told of a host that has stopped. */
export interface HostFacts {
  readonly instructions: number;
  /** How its domain 0 ended, in words; null: it has not. */
  readonly ending: string | null;
  readonly hasCrashed: boolean;
  readonly counts: Counts;
  /** Null where its code is only interpreted. */
  readonly translations: TranslationCounts | null;
}

/** One for each command but `bytes`, and for all that comes by mail but `give`; `read` in between. */
export type HostReply =
  | { readonly type: 'booted'; readonly progress: Progress; readonly printed: readonly Printed[] }
  | { readonly type: 'lent' }
  | { readonly type: 'worked'; readonly report: Report; readonly printed: readonly Printed[] }
  | { readonly type: 'returned'; readonly host: SentHost; readonly trace: AwayTrace }
  | { readonly type: 'fetched' }
  | { readonly type: 'hash'; readonly hash: string }
  | { readonly type: 'facts'; readonly facts: HostFacts }
  | { readonly type: 'read'; readonly image: string; readonly start: number; readonly end: number }
  /** Xen itself has failed, or the command could not be done. */
  | { readonly type: 'failed'; readonly isCrash: boolean; readonly name: string; readonly message: string };

/** Images as they can be sent: those that are elsewhere stay there. */
export function sendable(images: WorldImages): Record<string, Uint8Array | FarImage> {
  return Object.fromEntries(
    Object.entries(images).map(([name, image]) => [
      name,
      image instanceof Uint8Array ? image : { far: name, size: sourceOf(images, name).size },
    ]),
  );
}

/** The image of that name that is elsewhere. */
export function sourceOf(images: WorldImages, name: string): DiskSource {
  const image = images[name];
  if (image === undefined || image instanceof Uint8Array || isAbsent(image))
    throw new Error(`there is no image ${name} elsewhere`);
  return image;
}

export function factsOf({ lab }: WorldHost): HostFacts {
  const { shutdown } = lab.domain;
  return {
    instructions: lab.instructions,
    ending: shutdown === null ? null : describeEnd(lab.domain, lab.code.kernel),
    hasCrashed: shutdown?.reason === SHUTDOWN_crash,
    counts: { ...lab.hypervisor.counts },
    translations: lab.hypervisor.machine.translations,
  };
}

function failure(error: unknown): HostReply {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  return { type: 'failed', isCrash: error instanceof HostCrash, name, message };
}

/** A kernel or ramdisk of a host that is lent: what needs it is done where it is. */
function notHere(name: string): AbsentImage {
  return {
    name: { name, bytes: 0, sha256: '' },
    load: () => Promise.reject(new Error(`${name} is where the host is at home`)),
  };
}

/** The thread's side: obeys commands one after the other. */
export class HostServer {
  private readonly post: (reply: HostReply) => void;
  private readonly codec: Codec;
  private host: WorldHost | null = null;
  private index = 0;
  private board: Board | null = null;
  private mail: { readonly jobs: Mailbox; readonly done: Mailbox } | null = null;
  private printed: Printed[] = [];
  /** Of a host that is lent. */
  private wire: HostWire | null = null;
  private readonly sink = new AwaySink();
  /** Whoever waits for the bytes that were asked for. */
  private reading: ((answer: Extract<HostCommand, { type: 'bytes' }>) => void) | null = null;

  constructor(post: (reply: HostReply) => void, codec: Codec) {
    this.post = post;
    this.codec = codec;
  }

  async obey(command: HostCommand): Promise<void> {
    try {
      await this.dispatch(command);
    } catch (error) {
      this.post(failure(error));
    }
  }

  private async dispatch(command: HostCommand): Promise<void> {
    switch (command.type) {
      case 'boot':
        return this.boot(command);
      case 'lend':
        this.lend(command);
        return;
      case 'turns':
        this.takeTurns();
        return;
      case 'fetch':
        await this.running.lab.fetch();
        this.post({ type: 'fetched' });
        return;
      case 'hash':
        this.post({ type: 'hash', hash: await stateHash(this.running.lab.hypervisor) });
        return;
      case 'facts':
        this.post({ type: 'facts', facts: factsOf(this.running) });
        return;
      case 'bytes':
        this.reading?.(command);
    }
  }

  private takeTurns(): void {
    if (this.mail === null) throw new Error('the host has not been booted');
    const { jobs, done } = this.mail;
    for (;;) {
      const told = this.codec.decode(jobs.receive()!) as Told | null;
      if (told === null) return;
      const reply = this.hear(told);
      if (reply !== null) done.send(this.codec.encode(reply));
    }
  }

  private hear(told: Told): HostReply | null {
    try {
      switch (told.type) {
        case 'work': {
          const report = runWork(this.running, this.index, told.work, this.board!);
          return { type: 'worked', report, printed: this.printed.splice(0) };
        }
        case 'give':
          this.running.restore(this.wire!.take(told.host));
          // What it has done before it does no second time here.
          this.running.lab.past.forget();
          return null;
        case 'return':
          return { type: 'returned', host: this.wire!.send(this.running.save()), trace: this.sink.take() };
      }
    } catch (error) {
      return failure(error);
    }
  }

  private get running(): WorldHost {
    if (this.host === null) throw new Error('the host has not been booted');
    return this.host;
  }

  private meet({ description, index, mail, board }: Making): void {
    this.index = index;
    this.board = new Board(description.hosts.length, board);
    this.mail = { jobs: new Mailbox(mail.jobs), done: new Mailbox(mail.done) };
  }

  /** Whoever has lent it hears of all that is seen of it. */
  private lend(command: Extract<HostCommand, { type: 'lend' }>): void {
    const { core, description, index, images, elsewhere } = command;
    this.meet(command);
    const all = { ...images, ...Object.fromEntries(elsewhere.map((name) => [name, notHere(name)])) };
    this.host = WorldHost.blank(core, description, index, all);
    this.wire = new HostWire(Object.values(images));
    const { hypervisor, witness } = this.host.lab;
    witness.watch();
    witness.listen((domain, bytes) => this.printed.push({ domain, bytes }));
    hypervisor.trace.add(this.sink);
    this.post({ type: 'lent' });
  }

  private async boot(command: Extract<HostCommand, { type: 'boot' }>): Promise<void> {
    const { core, description, index } = command;
    this.meet(command);
    const images = Object.fromEntries(
      Object.entries(command.images).map(([name, image]) => [
        name,
        image instanceof Uint8Array ? image : this.source(image),
      ]),
    );
    this.host = await WorldHost.boot(core, description, index, images);
    const { lab } = this.host;
    lab.onConsole((bytes) => this.printed.push({ domain: lab.domain.id, bytes }));
    this.post({ type: 'booted', progress: this.host.progress, printed: this.printed.splice(0) });
  }

  private source({ far, size }: FarImage): DiskSource {
    const read = async (start: number, end: number): Promise<ArrayBuffer> => {
      const answer = new Promise<Extract<HostCommand, { type: 'bytes' }>>((done) => (this.reading = done));
      this.post({ type: 'read', image: far, start, end });
      const { bytes, problem } = await answer;
      if (bytes === null) throw new Error(problem);
      return bytes;
    };
    return { size, slice: (start, end) => ({ arrayBuffer: () => read(start, end) }) };
  }
}
