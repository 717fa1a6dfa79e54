/** Waiting for what another thread writes to shared memory. */

/** How often it is looked before a thread sleeps: at most some tens of microseconds, about as long as sleeping and waking take. */
const MOST_LOOKS = 30_000;
const LEAST_LOOKS = 100;
const GROWTH = 1000;
/** Fewer where looking has been for nothing: on a busy machine, the other thread may wait for this one's processor. */
let looks = MOST_LOOKS;

/** Waits until a word is as wanted: whoever changes it notifies. False: it has not been for so many ms. */
export function waitForWord(
  words: Int32Array,
  index: number,
  isWanted: (value: number) => boolean,
  patienceMs = Infinity,
): boolean {
  if (isWanted(Atomics.load(words, index))) return true;
  for (let left = looks; left > 0; left--)
    if (isWanted(Atomics.load(words, index))) {
      looks = Math.min(MOST_LOOKS, looks + GROWTH);
      return true;
    }
  looks = Math.max(LEAST_LOOKS, looks >>> 1);
  for (;;) {
    const value = Atomics.load(words, index);
    if (isWanted(value)) return true;
    if (Atomics.wait(words, index, value, patienceMs) === 'timed-out') return false;
  }
}
