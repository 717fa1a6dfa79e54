/** Which fids, a client's names for files at its server, are in use: a bit for each that is free. */
import { dispose } from 'kernel/memory/heap';
import { NO_FID } from './protocol';

const WORDS: i32 = 64;
const WORD_FIDS: u32 = 64;

export class Fids {
  private free: StaticArray<u64> = new StaticArray<u64>(WORDS);

  constructor() {
    for (let word = 0; word < WORDS; word++) this.free[word] = ~(<u64>0);
  }

  /** The lowest that is free; NO_FID: none is. */
  take(): u32 {
    for (let word = 0; word < WORDS; word++) {
      const bits = this.free[word];
      if (bits == 0) continue;
      this.free[word] = bits & (bits - 1);
      return <u32>word * WORD_FIDS + <u32>ctz(bits);
    }
    return NO_FID;
  }

  give(fid: u32): void {
    const bit = (<u64>1) << (fid % WORD_FIDS);
    assert((this.free[fid / WORD_FIDS] & bit) == 0, 'a fid is given back twice');
    this.free[fid / WORD_FIDS] |= bit;
  }

  release(): void {
    dispose(this.free);
    dispose(this);
  }
}
