/** Decoding a block: instructions one after another until one ends it. */
import { BLOCK_COUNT, BLOCK_END, BLOCK_LENGTH, BLOCK_RECORDS } from '../block-header';
import { currentMode, insideSegment } from '../code-segment';
import { anyBreakpoints, isBreakpointOffset } from '../breakpoints';
import { OP_FALL, OP_FUSED, OP_JCC } from '../generated/operations';
import { raise } from '../fault';
import { VECTOR_GP } from '../layout';
import { RECORD_BYTES } from '../record';
import { ALU_TEST, FORM_RI, FORM_RR, aluOperation } from './emit';
import {
  allowCrossing,
  begin,
  crossesPage,
  emit,
  finish,
  instructionLength,
  isCut,
  readPrefixes,
  recordsEnd,
} from './instruction';
import { oneByte } from './one-byte';

/**
 * Decodes at most `limit` instructions at linear address `rip`, whose bytes are at `pointer`, into `block` (all but its key, version, mode
 * and links). An instruction that crosses the page stands alone. Returns the end of the block, 0 with a fault raised.
 */
export function decodeInto(block: u32, rip: u64, pointer: u32, limit: u32): u32 {
  const mode = currentMode();
  let out = block + BLOCK_RECORDS;
  let previous: u32 = 0;
  let count: u32 = 0;
  let offset = (<u32>rip) & 0xfff;
  let ended = false;
  while (count < limit && !ended && offset < 0x1000) {
    if (count && anyBreakpoints() && isBreakpointOffset(rip)) break;
    begin(rip, pointer, out, mode);
    allowCrossing(count == 0);
    const ends = oneByte(readPrefixes());
    if (!finish()) {
      if (count == 0) return 0;
      break;
    }
    if (crossesPage() && count) break;
    if (mode && !insideSegment(rip + instructionLength() - 1)) {
      if (count) break;
      raise(VECTOR_GP, 0);
      return 0;
    }
    count++;
    ended = ends;
    const at = out;
    out = recordsEnd();
    if (ended && previous && fuse(previous, at)) out = at;
    previous = out - at == RECORD_BYTES ? at : 0;
    const bytes = instructionLength();
    rip += bytes;
    pointer += bytes;
    offset += bytes;
    if (isCut() || crossesPage()) break;
  }
  if (!ended) {
    begin(rip, pointer, out, mode);
    const p = emit(OP_FALL);
    store<u16>(p, (<u32>load<u16>(p, 6)) & 0x3fff, 6);
    out += RECORD_BYTES;
  }
  store<u32>(block, count, BLOCK_COUNT);
  store<u16>(block, offset, BLOCK_END);
  store<u16>(block, (out - block - BLOCK_RECORDS) / RECORD_BYTES, BLOCK_LENGTH);
  return out;
}

/** Makes one record of a comparison and the conditional jump behind it. */
function fuse(compare: u32, jump: u32): bool {
  const condition = <u32>load<u16>(jump) - OP_JCC;
  if (condition > 15) return false;
  // O NO P NP need the flags themselves.
  if (condition < 2 || condition == 10 || condition == 11) return false;
  const kind = fusedKind(<u32>load<u16>(compare));
  if (kind < 0) return false;
  store<u16>(compare, OP_FUSED + <u32>kind * 16 + condition);
  store<i32>(compare, load<i32>(jump, 8), 8);
  store<u16>(compare, ((<u32>load<u16>(compare, 6)) & 0x3fff) | 0x8000, 6);
  return true;
}

/** Rows of fused operations: CMP RR, CMP RI, TEST RR, TEST RI, each for 8, 32, 64 bits; -1 for what does not fuse. */
function fusedKind(operation: u32): i32 {
  for (let row: u32 = 0; row < 4; row++) {
    const first = aluOperation(row & 1 ? FORM_RI : FORM_RR, row < 2 ? 7 : ALU_TEST, 0);
    const size = operation - first;
    if (size < 4 && size != 1) return <i32>(row * 3 + (size ? size - 1 : 0));
  }
  return -1;
}
