/** What the page imports beside modules: see scripts/page.ts. */

/** Where the file will be. */
declare module '*?url' {
  const url: string;
  export default url;
}

/** Starts a worker whose script the module is. */
declare module '*?worker' {
  const start: () => Worker;
  export default start;
}

declare module '*.css';

/** Paths below guests/ of the sources that can be changed in the page, in order. */
declare module 'guests:names' {
  const names: readonly string[];
  export default names;
}

/** Their texts, by path. */
declare module 'guests:sources' {
  const sources: Readonly<Record<string, string>>;
  export default sources;
}

/** In the service worker: the paths of all other files of the page, and what changes with any of them. */
declare module 'page:files' {
  export const paths: readonly string[];
  export const version: string;
}

/** Where recordings are that come with the page, by name; a build may have none. */
declare module 'page:demos' {
  const urls: Readonly<Record<string, string>>;
  export default urls;
}
