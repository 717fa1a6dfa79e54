/** The host of a threaded world that the world's own thread runs, while the others run theirs. */
import { stateHash } from '../state-hash.ts';
import type { WorldDescription } from './description.ts';
import { WorldHost } from './host.ts';
import type { Report } from './host.ts';
import { factsOf } from './host-messages.ts';
import type { HostFacts, Printed } from './host-messages.ts';
import type { Progress } from './exchange.ts';
import type { WorldImages } from './images.ts';
import { runWork } from './stretch.ts';
import type { Board } from './stretch.ts';
import type { Work } from './turns.ts';

/** What a host has done in a turn. */
export interface Worked {
  readonly report: Report;
  readonly printed: readonly Printed[];
}

/** A host of a threaded world, in whichever thread. What fails, fails as the host itself has. */
export interface HostAtWork {
  /** How far it is, and what it has printed, as it was made. */
  readonly begun: { readonly progress: Progress; readonly printed: readonly Printed[] };
  /** Is told what to do. */
  begin(work: Work): void;
  /** Has done it. */
  finish(): Worked | Promise<Worked>;
  /** It is not told what to do for a while. */
  pause(): void;
  fetch(): Promise<void>;
  hash(): Promise<string>;
  facts(): Promise<HostFacts>;
  end(): void;
}

export class LocalHost implements HostAtWork {
  readonly begun: HostAtWork['begun'];
  private readonly host: WorldHost;
  private readonly index: number;
  private readonly board: Board;
  private printed: Printed[] = [];
  private work: Work | null = null;

  private constructor(host: WorldHost, index: number, board: Board) {
    this.host = host;
    this.index = index;
    this.board = board;
    const { lab } = host;
    lab.onConsole((bytes) => this.printed.push({ domain: lab.domain.id, bytes }));
    this.begun = { progress: host.progress, printed: this.printed.splice(0) };
  }

  /** As WorldHost.boot. */
  static async boot(
    core: WebAssembly.Module,
    description: WorldDescription,
    index: number,
    images: WorldImages,
    board: Board,
  ): Promise<LocalHost> {
    return new LocalHost(await WorldHost.boot(core, description, index, images), index, board);
  }

  begin(work: Work): void {
    this.work = work;
  }

  finish(): Worked {
    if (this.work === null) throw new Error('the host has nothing to do');
    const { work } = this;
    this.work = null;
    const report = runWork(this.host, this.index, work, this.board);
    return { report, printed: this.printed.splice(0) };
  }

  pause(): void {
    // Nobody waits.
  }

  fetch(): Promise<void> {
    return this.host.lab.fill();
  }

  hash(): Promise<string> {
    return stateHash(this.host.lab.hypervisor);
  }

  facts(): Promise<HostFacts> {
    return Promise.resolve(factsOf(this.host));
  }

  end(): void {
    // It ends with the world.
  }
}
