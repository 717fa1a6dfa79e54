/** Where a face's questions of the past are answered, one at a time: who does something with the world comes before them. */
export class Desk {
  private asking: AbortController | null = null;
  /** Ends when the world stands where it stood. */
  private over: Promise<unknown> = Promise.resolve();

  /** The world is elsewhere: nobody may touch it, nor be told what it does. */
  get isAway(): boolean {
    return this.asking !== null;
  }

  /** Gives up what is being answered: then the world is where it was. */
  async giveUp(): Promise<void> {
    while (this.isAway) {
      this.asking?.abort();
      await this.over;
    }
  }

  /** Has a question answered: `work` hears whether it is given up, and leaves the world as it was however it ends. */
  answer<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const asking = new AbortController();
    this.asking = asking;
    const answer = work(asking.signal).finally(() => {
      this.asking = null;
    });
    this.over = answer.catch(() => undefined);
    return answer;
  }
}
