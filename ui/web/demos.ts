/** Runs that come with the page, with bookmarks to walk through. */
export interface Demo {
  /** In addresses. */
  readonly name: string;
  /** At the beginning of a sentence. */
  readonly title: string;
  readonly url: string;
}

export const DEMOS: readonly Demo[] = [];
