/** Fields of a record (core/wasm/record.ts) that the translator itself reads. */
export const RECORD_BYTES = 16;
const OFFSET_BITS = 0xfff;
const RETIRES_SHIFT = 14;

export const operationOf = (memory: DataView, record: number): number => memory.getUint16(record, true);
/** Offset of the instruction in its page. */
export const offsetOf = (memory: DataView, record: number): number =>
  memory.getUint16(record + 6, true) & OFFSET_BITS;
/** Instructions that are retired when the record is done. */
export const retiresOf = (memory: DataView, record: number): number =>
  memory.getUint16(record + 6, true) >>> RETIRES_SHIFT;
/** Offset of a jump's target from the page's start. */
export const targetOf = (memory: DataView, record: number): number => memory.getInt32(record + 8, true);
