/** A processor's state apart from its memory: what of the frames goes into it. */
import { expect, test } from 'vitest';
import { restoreProcessor, saveProcessor } from '../machine-state.ts';
import { CODE, run64, userMachine } from '../testing.ts';

/** By frame, whether code was decoded from it: the first of the three bit fields at the state's end. */
function framesWithCode(saved: Uint8Array, frames: number): number[] {
  const bits = saved.subarray(saved.length - 3 * Math.ceil(frames / 8));
  return Array.from({ length: frames }, (_, frame) => frame).filter(
    (frame) => ((bits[frame >>> 3]! >>> (frame & 7)) & 1) !== 0,
  );
}

test('the frames that code was decoded from are told one by one, and put back', () => {
  const frame = CODE / 4096;
  const { machine } = run64(`mov rax, ${String(CODE + 3 * 4096)}\n mov byte [rax], 0xc3\n call rax\n ud2`);
  const saved = saveProcessor(machine);
  expect(framesWithCode(saved, machine.frames)).toEqual([frame, frame + 3]);
  const other = userMachine();
  other.bytes.set(machine.bytes);
  restoreProcessor(other, saved);
  expect(saveProcessor(other)).toEqual(saved);
});
