/** A record (core/wasm/record.ts) as text: its operation, and those of its fields that say something. */
import type { Operations } from './operations.ts';
import { operationOf } from './record.ts';
import { SLOTS } from './slots.ts';
import { REGS, SLOT_SEGMENT } from '../wasm/layout.ts';

const NO_BASE = 0xff;
const SEGMENTS = ['es', 'cs', 'ss', 'ds', 'fs', 'gs'];
/** Operations on vectors name registers of 16 bytes. */
const VECTORS = /^(SSE_|MOV(SS|SD|DQA)_|(ADD|MUL|SUB|DIV)SD_|P(XOR|AND|OR|SUB|CMP|MIN|MOVMSK))/;
/** Operations that only have a place to go to, which the x86 says. */
const JUMPS = /^(J|CALL$|FALL|LOOP|RET|STOP)/;

/** A slot of REGS by its offset there: a register, a segment's base, or the page. */
function slotName(offset: number): string {
  const slot = SLOTS.find(({ address }) => address === REGS + (offset & ~7));
  if (slot !== undefined) return (offset & 7) === 0 ? slot.name : `${slot.name}+${String(offset & 7)}`;
  const segment = SEGMENTS[(offset >> 3) - SLOT_SEGMENT];
  return segment === undefined ? '0' : `${segment}.base`;
}

export function recordText(memory: DataView, operations: Operations, record: number): string {
  const name = operations.nameOf(operationOf(memory, record));
  if (JUMPS.test(name) && !/_[RM]$/.test(name)) return name;
  const byte = (at: number): number => memory.getUint8(record + at);
  const register = (field: number): string =>
    VECTORS.test(name) ? `xmm${String(field >> 4)}` : slotName(field);
  const parts = [name, register(byte(2))];
  const displacement = memory.getInt32(record + 8, true);
  if (byte(4) === NO_BASE || /_(RR|R|RRI)(_|$)/.test(name)) {
    if (/_RR/.test(name)) parts.push(register(byte(3)));
  } else if (byte(4) !== 0 || byte(5) !== 0 || displacement !== 0) {
    const scale = 1 << ((memory.getUint16(record + 6, true) >> 12) & 3);
    const terms = [slotName(byte(4))];
    if (slotName(byte(5)) !== '0') terms.push(`${slotName(byte(5))}*${String(scale)}`);
    if (displacement !== 0) terms.push(String(displacement));
    parts.push(`[${terms.filter((term, n) => n > 0 || term !== '0').join(' + ')}]`);
  }
  const immediate = memory.getInt32(record + 12, true);
  if (immediate !== 0)
    parts.push(immediate > -10 && immediate < 10 ? String(immediate) : `0x${(immediate >>> 0).toString(16)}`);
  return parts.join(' ');
}
