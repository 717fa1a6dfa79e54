/** The guests' sources that the page was built with, by path below guests/. Large: imported when they are wanted. */
const RAW = import.meta.glob<string>(
  [
    '../../guests/{kernel,mote,programs,dom0}/**/*.{ts,asm}',
    '../../guests/tests/kernels/hello/*.ts',
    '../../guests/mote/root/**/*',
    '../../guests/dom0/root/**/*',
    '!../../guests/**/*.test.ts',
  ],
  { query: '?raw', import: 'default', eager: true },
);
const PREFIX = '../../guests/';

export const guestSources: ReadonlyMap<string, string> = new Map(
  Object.entries(RAW)
    .map(([path, text]): [string, string] => [path.slice(PREFIX.length), text])
    .sort(([one], [other]) => (one < other ? -1 : 1)),
);
