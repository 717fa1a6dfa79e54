/** Questions of the past, which a session answers when its world stands and nobody wants anything else of it. */
import type { Lab } from '../lab.ts';
import type { Command, Update } from '../protocol.ts';
import { Desk } from '../timeline/desk.ts';
import { timelineOf } from '../timeline/span.ts';
import type { TimelineView } from '../timeline/view.ts';

export type Question = Extract<Command, { type: 'timeline' }>;

/** What a question is asked of. */
export interface Asked {
  readonly lab: Lab;
  /** All hosts of its world. */
  readonly labs: readonly Lab[];
  /** Does something that nobody is told of. */
  away<T>(work: () => Promise<T>): Promise<T>;
}

export class Past {
  private readonly asked: () => Asked | null;
  private readonly post: (update: Update) => void;
  private readonly desk = new Desk();
  /** What is being done with the world. */
  private doing = 0;
  /** The last one, while it has no answer. */
  private question: Question | null = null;

  constructor(asked: () => Asked | null, post: (update: Update) => void) {
    this.asked = asked;
    this.post = post;
  }

  /** The world is elsewhere: nobody is told what it does. */
  get isAway(): boolean {
    return this.desk.isAway;
  }

  async ask(question: Question): Promise<void> {
    this.question = question;
    if (this.isAway) await this.desk.giveUp();
    await this.answer();
  }

  /** Does something with the world before anything is told of its past. */
  async first(work: () => Promise<void>): Promise<void> {
    this.doing++;
    try {
      if (this.isAway) await this.desk.giveUp();
      await work();
    } finally {
      this.doing--;
    }
    await this.answer();
  }

  private async answer(): Promise<void> {
    const { question } = this;
    const asked = this.asked();
    if (question === null || this.doing > 0 || this.isAway || asked === null) return;
    this.question = null;
    const { id, ...request } = question;
    const tell = (signal: AbortSignal): Promise<TimelineView | undefined> =>
      asked.away(() => timelineOf(asked.lab, asked.labs, request, signal));
    try {
      const view = await this.desk.answer(tell);
      if (view !== undefined) this.post({ type: 'timeline', id, view, why: '' });
      // Given up for something else, unless for another question: its turn comes again.
      else this.question ??= question;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.post({ type: 'timeline', id, view: null, why });
    }
  }
}
