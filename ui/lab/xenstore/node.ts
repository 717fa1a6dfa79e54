/** What is told of xenstore to whoever asks: nothing here knows of a host. */

/** Nobody answers: there is no server, or it is not well. */
export class StoreSilent extends Error {
  constructor(why: string) {
    super(`the store cannot be read: ${why}`);
    this.name = 'StoreSilent';
  }
}

export interface StoreNode {
  readonly name: string;
  readonly value: string;
  readonly children: readonly StoreNode[];
}
