/** Which pages of a machine have content: most of its memory is zeroes, of which nothing is to be copied, saved or hashed. */
import { PAGE_BYTES } from '../../core/machine.ts';
import type { ReadonlyMachine } from '../../core/machine.ts';

const PAGE_WORDS = PAGE_BYTES / 4;

/** Whether a frame's page has anything but zeroes. */
export function hasContent({ words }: ReadonlyMachine, frame: number): boolean {
  const end = (frame + 1) * PAGE_WORDS;
  for (let at = frame * PAGE_WORDS; at < end; at += 4)
    if ((words[at]! | words[at + 1]! | words[at + 2]! | words[at + 3]!) !== 0) return true;
  return false;
}

/** All of memory that is not zeroes: frames, each as its number (u32, little-endian) and its page, in their order. */
export function contentOf(machine: ReadonlyMachine): Uint8Array<ArrayBuffer> {
  const frames: number[] = [];
  for (let frame = 0; frame < machine.frames; frame++) if (hasContent(machine, frame)) frames.push(frame);
  const content = new Uint8Array(frames.length * (4 + PAGE_BYTES));
  const view = new DataView(content.buffer);
  frames.forEach((frame, index) => {
    const at = index * (4 + PAGE_BYTES);
    view.setUint32(at, frame, true);
    content.set(machine.bytes.subarray(frame * PAGE_BYTES, (frame + 1) * PAGE_BYTES), at + 4);
  });
  return content;
}
