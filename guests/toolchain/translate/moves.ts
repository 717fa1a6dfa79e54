/** Several moves between general registers at once: none reads what another has overwritten. */
import type { Emitter } from './emitter.ts';

export interface Move {
  readonly to: number;
  readonly from: number;
}

/** Emits the moves in an order that works, with exchanges where they go round in a circle. Each target occurs once. */
export function moveAll(emitter: Emitter, moves: readonly Move[]): void {
  let pending = moves.filter(({ to, from }) => to !== from);
  while (pending.length > 0) {
    const ready = pending.find(({ to }) => !pending.some((other) => other.from === to));
    if (ready !== undefined) {
      emitter.move(ready.to, ready.from, true);
      pending = pending.filter((move) => move !== ready);
      continue;
    }
    const { to, from } = pending[0]!;
    emitter.exchange(to, from);
    // What was in `to` is in `from` now, and the other way round.
    pending = pending
      .slice(1)
      .map((move) => ({ to: move.to, from: move.from === to ? from : move.from === from ? to : move.from }))
      .filter((move) => move.to !== move.from);
  }
}
