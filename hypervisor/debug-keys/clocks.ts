/** `t`: how far the processors' clocks are apart. One clock serves them all (state/clock.ts): not at all. */
import type { DebugKey } from './key.ts';

export const clocks: DebugKey = {
  key: 't',
  description: 'display multi-cpu clock info',
  diagnostic: 'tasklet',
  dump: () => [
    'Synced stime skew: max=0ns avg=0ns samples=1 current=0ns',
    'Synced cycles skew: max=0 avg=0 samples=1 current=0',
  ],
};
