/** What a domain is at, in a word. */
import type { DomainTold } from './api.ts';

export type State = 'running' | 'idle' | 'paused' | 'ended' | 'crashed' | 'migrating';

/** Of `xm list`'s letters: running, blocked, paused, shut down, crashed, dying. */
export function stateOf({ state, name }: DomainTold): State {
  if (name.startsWith('migrating-')) return 'migrating';
  if (state.includes('c')) return 'crashed';
  if (state.includes('s') || state.includes('d')) return 'ended';
  if (state.includes('p')) return 'paused';
  return state.startsWith('r') ? 'running' : 'idle';
}
