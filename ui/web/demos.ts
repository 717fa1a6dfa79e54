/** Runs that come with the page, with bookmarks to walk through. */
import urls from 'page:demos';

export interface Demo {
  /** In addresses. */
  readonly name: string;
  /** What it is, at the beginning of a sentence. */
  readonly title: string;
  readonly says: string;
}

const ALL: readonly Demo[] = [
  {
    name: 'block',
    title: 'A block request',
    says: 'A guest writes to its disk: from its ring to the machine’s disk and back, in nine steps. Walk by the arrow keys.',
  },
  {
    name: 'migration',
    title: 'A live migration',
    says: 'A web server goes from one host to another while somebody fetches from it. First: the arrow keys, or “Run to it”.',
  },
];

/** Those that this build has. */
export const DEMOS: readonly Demo[] = ALL.filter(({ name }) => name in urls);

export function urlOf({ name }: Demo): string {
  return urls[name]!;
}
