/** A command cannot be done: one line that says why. */
export class Wrong extends Error {}

/** Does what may not be possible: Wrong says so for a RangeError. */
export function orWrong<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof RangeError ? new Wrong(error.message) : error;
  }
}
