/** Waiting for what another thread writes to shared memory. */

/** How often it is looked before a thread sleeps: some tens of microseconds, about as long as sleeping and waking take. */
const LOOKS = 30_000;

/** Waits until a word is as wanted: whoever changes it notifies. False: it has not been for so many ms. */
export function waitForWord(
  words: Int32Array,
  index: number,
  isWanted: (value: number) => boolean,
  patienceMs = Infinity,
): boolean {
  for (let looks = LOOKS; looks > 0; looks--) if (isWanted(Atomics.load(words, index))) return true;
  for (;;) {
    const value = Atomics.load(words, index);
    if (isWanted(value)) return true;
    if (Atomics.wait(words, index, value, patienceMs) === 'timed-out') return false;
  }
}
