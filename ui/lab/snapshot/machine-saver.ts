/**
 * Saves a machine again and again: of its memory, what was written since the last time is copied, the rest is shared with what
 * was saved before.
 */
import { PAGE_BYTES } from '../../../core/machine.ts';
import type { Machine } from '../../../core/machine.ts';
import {
  resetProcessor,
  restoreProcessor,
  saveProcessor,
  takeWrittenFrames,
} from '../../../core/machine-state.ts';
import { hasContent } from '../page-content.ts';

/** A machine at one instant. Nobody writes to its pages. */
export interface SavedMachine {
  readonly processor: Uint8Array;
  /** By frame. */
  readonly pages: readonly Uint8Array[];
}

/** What every page without content is. */
export const ZERO_PAGE: Uint8Array = new Uint8Array(PAGE_BYTES);

export class MachineSaver {
  private readonly machine: Machine;
  /** What memory was when it was saved or restored last, but for frames written since. */
  private pages: readonly Uint8Array[];
  /** Its processor as it was before anything ran. */
  private readonly blank: Uint8Array;

  /** The one saver of a machine, whose frames nobody else has asked to be told of: it began with zeroes. */
  constructor(machine: Machine) {
    this.machine = machine;
    this.blank = saveProcessor(machine);
    this.pages = new Array<Uint8Array>(machine.frames).fill(ZERO_PAGE);
  }

  save(): SavedMachine {
    const pages = this.pages.slice();
    for (const frame of takeWrittenFrames(this.machine)) pages[frame] = this.copy(frame);
    this.pages = pages;
    return { processor: saveProcessor(this.machine), pages };
  }

  /** Throws RangeError for what was saved of another machine. */
  restore({ processor, pages }: SavedMachine, put = restoreProcessor): void {
    const { machine } = this;
    if (pages.length !== machine.frames)
      throw new RangeError(`it has ${String(pages.length)} frames, not ${String(machine.frames)}`);
    for (const frame of takeWrittenFrames(machine)) this.put(frame, pages[frame]!);
    for (let frame = 0; frame < pages.length; frame++)
      if (pages[frame] !== this.pages[frame]) this.put(frame, pages[frame]!);
    this.pages = pages;
    put(machine, processor);
    // What was put was written, too: nobody has written since.
    takeWrittenFrames(machine);
  }

  /** The machine as it is when it has been reset: nothing is in memory, and the clock goes on. */
  reset(): void {
    const { machine } = this;
    this.restore(
      { processor: this.blank, pages: new Array<Uint8Array>(machine.frames).fill(ZERO_PAGE) },
      resetProcessor,
    );
  }

  private copy(frame: number): Uint8Array {
    if (!hasContent(this.machine, frame)) return ZERO_PAGE;
    return this.machine.bytes.slice(frame * PAGE_BYTES, (frame + 1) * PAGE_BYTES);
  }

  private put(frame: number, page: Uint8Array): void {
    this.machine.bytes.set(page, frame * PAGE_BYTES);
  }
}
