/**
 * A world whose hosts run at once, each in a thread of its own; what lies between them is here. It is the same world as one in
 * a single thread (world.ts), to the bit.
 */
import { HostCrash } from '../host-crash.ts';
import { DiskUnavailable } from '../host-devices.ts';
import { plainHash } from '../state-hash.ts';
import { checkDescription } from './description.ts';
import type { WorldDescription } from './description.ts';
import { Exchange } from './exchange.ts';
import { DescriptionError } from './field.ts';
import type { WorldImages } from './images.ts';
import { sendable, sourceOf } from './host-messages.ts';
import type { HostCommand, HostFacts, HostReply } from './host-messages.ts';
import { InputLog } from './inputs.ts';
import type { Input, LanInput } from './inputs.ts';
import { takeTurns } from './turns.ts';
import type { Reports, Round, WorldStop, WorldUntil } from './turns.ts';

/** A thread with a HostServer in it: a worker of Node's or of the page's. */
export interface HostThread {
  post(command: HostCommand): void;
  /** Who hears what it says; `fail`: that it has died. */
  listen(hear: (reply: HostReply) => void, fail: (error: Error) => void): void;
  end(): void;
}

type Reply<Type extends HostReply['type']> = Extract<HostReply, { type: Type }>;

/** A host, asked one thing after the other. */
class HostClient {
  private readonly thread: HostThread;
  private readonly images: WorldImages;
  private waiting: { done(reply: HostReply): void; failed(error: Error): void } | null = null;

  constructor(thread: HostThread, images: WorldImages) {
    this.thread = thread;
    this.images = images;
    thread.listen(
      (reply) => {
        this.hear(reply);
      },
      (error) => this.waiting?.failed(error),
    );
  }

  async ask<Type extends HostReply['type']>(command: HostCommand, type: Type): Promise<Reply<Type>> {
    const reply = await new Promise<HostReply>((done, failed) => {
      this.waiting = { done, failed };
      this.thread.post(command);
    });
    if (reply.type === 'failed') throw errorOf(reply);
    if (reply.type !== type) throw new Error(`a host has answered ${reply.type} to ${command.type}`);
    return reply as Reply<Type>;
  }

  end(): void {
    this.thread.end();
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
function errorOf({ isCrash, name, message }: Reply<'failed'>): Error {
  if (isCrash) return new HostCrash(message, new Error(message));
  if (name === 'DescriptionError') return new DescriptionError('', message);
  return new (ERRORS[name as keyof typeof ERRORS] ?? Error)(message);
}

export class ThreadedWorld {
  readonly description: WorldDescription;
  readonly exchange: Exchange;
  /** What came from outside. */
  readonly inputs: InputLog;
  private readonly clients: readonly HostClient[];
  /** What consoles have printed and nobody has heard, and who hears it, by host. */
  private readonly printed: Uint8Array[][];
  private readonly listeners: ((bytes: Uint8Array) => void)[][];
  /** A turn is under way. */
  private isTurning = false;
  /** What was typed meanwhile. */
  private readonly typed: { readonly host: number; readonly keys: Uint8Array }[] = [];

  private constructor(
    description: WorldDescription,
    clients: readonly HostClient[],
    booted: readonly Reply<'booted'>[],
    images: WorldImages,
  ) {
    this.description = description;
    this.clients = clients;
    this.inputs = new InputLog(clients.length);
    this.exchange = new Exchange(
      description,
      booted.map(({ progress }) => progress),
      images,
      this.inputs,
    );
    this.printed = booted.map(({ printed }) => [...printed]);
    this.listeners = booted.map(() => []);
  }

  /** As World.make; `start` starts a thread. */
  static async make(
    core: WebAssembly.Module,
    description: unknown,
    images: WorldImages,
    start: () => HostThread,
    inputs: readonly Input[] = [],
    lanInputs: readonly LanInput[] = [],
  ): Promise<ThreadedWorld> {
    const checked = checkDescription(description);
    const clients = checked.hosts.map(() => new HostClient(start(), images));
    const boot = { type: 'boot', core, description: checked, images: sendable(images) } as const;
    try {
      const booted = await Promise.all(
        clients.map((client, index) => client.ask({ ...boot, index }, 'booted')),
      );
      const world = new ThreadedWorld(checked, clients, booted, images);
      for (const input of inputs) world.inputs.add(input);
      for (const input of lanInputs) world.inputs.addOfLans(input);
      return world;
    } catch (error) {
      for (const client of clients) client.end();
      throw error;
    }
  }

  /** As World.ns. */
  get ns(): number {
    return this.exchange.horizonNs;
  }

  /** Hears what a host's console prints from now on, and what it has printed if nobody has heard that. */
  onConsole(host: number, listener: (bytes: Uint8Array) => void): void {
    this.listeners[host]!.push(listener);
    for (const bytes of this.printed[host]!.splice(0)) listener(bytes);
  }

  /** Types on the console of a host: now, or, while a turn is under way, behind it. */
  type(host: number, keys: Uint8Array): void {
    if (this.isTurning) this.typed.push({ host, keys: keys.slice() });
    else this.inputs.add({ host, ticks: this.exchange.instantFor(host), keys: keys.slice() });
  }

  /** As World.run. */
  async run(until: WorldUntil, ns = Infinity): Promise<WorldStop | undefined> {
    const turns = takeTurns(this.exchange, until, ns);
    for (let turn = turns.next(); ; turn = turns.next(await this.round(turn.value)))
      if (turn.done === true) return turn.value;
  }

  private async round(round: Round): Promise<Reports> {
    this.isTurning = true;
    try {
      const replies = await Promise.all(
        round.map((work, host) =>
          work === undefined ? undefined : this.clients[host]!.ask({ type: 'work', work }, 'worked'),
        ),
      );
      const reports = replies.map((reply) => reply?.report);
      this.exchange.end(reports);
      for (const [host, reply] of replies.entries()) this.print(host, reply?.printed ?? []);
      return reports;
    } finally {
      this.isTurning = false;
      for (const { host, keys } of this.typed.splice(0)) this.type(host, keys);
    }
  }

  private print(host: number, printed: readonly Uint8Array[]): void {
    const listeners = this.listeners[host]!;
    if (listeners.length === 0) this.printed[host]!.push(...printed);
    for (const bytes of printed) for (const listener of listeners) listener(bytes);
  }

  /** Brings what disks wait for. Rejects with DiskUnavailable. */
  async fetch({ stops }: Extract<WorldStop, { kind: 'host' }>): Promise<void> {
    for (const { host, stop } of stops)
      if (stop.kind === 'waiting') await this.clients[host]!.ask({ type: 'fetch' }, 'fetched');
  }

  /** As World.hash. */
  async hash(): Promise<string> {
    const replies = await Promise.all(this.clients.map((client) => client.ask({ type: 'hash' }, 'hash')));
    return plainHash({
      hosts: replies.map(({ hash }) => hash),
      lans: this.exchange.lans,
      stores: this.exchange.stores,
    });
  }

  async facts(host: number): Promise<HostFacts> {
    return (await this.clients[host]!.ask({ type: 'facts' }, 'facts')).facts;
  }

  /** Ends the threads. */
  close(): void {
    for (const client of this.clients) client.end();
  }
}
