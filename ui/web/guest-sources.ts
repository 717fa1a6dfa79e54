/** The guests' sources that the page was built with, by path below guests/. Large: imported when they are wanted. */
import sources from 'guests:sources';

export const guestSources: ReadonlyMap<string, string> = new Map(Object.entries(sources));
