/** Questions of the past, which a session answers when its world stands and nobody wants anything else of it. */
import type { Lab } from '../lab.ts';
import { Desk } from '../timeline/desk.ts';
import type { NamedHost } from '../timeline/span.ts';

/** What a question is asked of. */
export interface Asked {
  readonly lab: Lab;
  /** All hosts of its world. */
  readonly hosts: readonly NamedHost[];
  /** Does something that nobody is told of. */
  away<T>(work: () => Promise<T>): Promise<T>;
}

/** A question, which tells its answer itself; of each kind, the last one is answered. */
export interface Question {
  readonly kind: 'story' | 'timeline' | 'way';
  /** Looks into the past; undefined: it was aborted, and nothing was told. Leaves the world as it was. */
  look(asked: Asked, signal: AbortSignal): Promise<(() => void) | undefined>;
  /** It cannot be answered, and why. */
  refuse(why: string): void;
}

export class Past {
  private readonly asked: () => Asked | null;
  private readonly desk = new Desk();
  /** What is being done with the world. */
  private doing = 0;
  /** The last of each kind, while it has no answer. */
  private readonly questions = new Map<Question['kind'], Question>();

  constructor(asked: () => Asked | null) {
    this.asked = asked;
  }

  /** The world is elsewhere: nobody is told what it does. */
  get isAway(): boolean {
    return this.desk.isAway;
  }

  async ask(question: Question): Promise<void> {
    this.questions.set(question.kind, question);
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
    for (;;) {
      const [question] = this.questions.values();
      const asked = this.asked();
      if (question === undefined || this.doing > 0 || this.isAway || asked === null) return;
      this.questions.delete(question.kind);
      if (!(await this.answerOne(question, asked))) return;
    }
  }

  /** Whether it has been answered, however. */
  private async answerOne(question: Question, asked: Asked): Promise<boolean> {
    try {
      const tell = await this.desk.answer((signal) => asked.away(() => question.look(asked, signal)));
      if (tell !== undefined) {
        tell();
        return true;
      }
      // Given up for something else, unless for another question of its kind: its turn comes again.
      if (!this.questions.has(question.kind)) this.questions.set(question.kind, question);
      return false;
    } catch (error) {
      question.refuse(error instanceof Error ? error.message : String(error));
      return true;
    }
  }
}
