/** MMX and SSE: operands as simd/forms.ts says, and which instructions the main loop executes itself. */
import {
  OP_ADDSD_M,
  OP_ADDSD_R,
  OP_DIVSD_M,
  OP_DIVSD_R,
  OP_MOVDQA_R,
  OP_MOVSD_LOAD,
  OP_MOVSD_STORE,
  OP_MOVSS_LOAD,
  OP_MOVSS_STORE,
  OP_MULSD_M,
  OP_MULSD_R,
  OP_PAND_M,
  OP_PAND_R,
  OP_PCMPEQB_M,
  OP_PCMPEQB_R,
  OP_PMINUB_M,
  OP_PMINUB_R,
  OP_PMOVMSKB_R,
  OP_POR_M,
  OP_POR_R,
  OP_PSUBB_M,
  OP_PSUBB_R,
  OP_PXOR_M,
  OP_PXOR_R,
  OP_SSE_0F,
  OP_SSE_38,
  OP_SSE_3A,
  OP_SSE_LOAD,
  OP_SSE_LOAD_ALIGNED,
  OP_SSE_STORE,
  OP_SSE_STORE_ALIGNED,
  OP_SUBSD_M,
  OP_SUBSD_R,
} from '../generated/operations';
import {
  FORM_GROUP,
  FORM_IMM8,
  FORM_MEMORY,
  FORM_NO_MEMORY,
  FORM_NO_MODRM,
  FORM_REG_GENERAL,
  FORM_REG_MMX,
  FORM_RM_GENERAL,
  FORM_RM_MMX,
  simdForm,
  simdTwin,
} from '../simd/forms';
import { pack } from './emit';
import {
  emit,
  emitMemory,
  has66,
  inMemory,
  next8,
  readModrm,
  regNumber,
  repeat,
  rex,
  rmNumber,
  undefinedOpcode,
} from './instruction';

const ROW_BYTES: u32 = 6;

/** Prefix and opcode, the operation between registers, the operation with memory. */
// prettier-ignore
const INLINE: StaticArray<u16> = [
  0x16f, <u16>OP_MOVDQA_R, <u16>OP_SSE_LOAD, //           MOVDQU
  0x17f, <u16>OP_SSE_0F, <u16>OP_SSE_STORE,
  0x36f, <u16>OP_MOVDQA_R, <u16>OP_SSE_LOAD_ALIGNED, //   MOVDQA
  0x37f, <u16>OP_SSE_0F, <u16>OP_SSE_STORE_ALIGNED,
  0x374, <u16>OP_PCMPEQB_R, <u16>OP_PCMPEQB_M,
  0x3d7, <u16>OP_PMOVMSKB_R, 0,
  0x3da, <u16>OP_PMINUB_R, <u16>OP_PMINUB_M,
  0x3db, <u16>OP_PAND_R, <u16>OP_PAND_M,
  0x3eb, <u16>OP_POR_R, <u16>OP_POR_M,
  0x3ef, <u16>OP_PXOR_R, <u16>OP_PXOR_M,
  0x3f8, <u16>OP_PSUBB_R, <u16>OP_PSUBB_M,
  0x110, <u16>OP_SSE_0F, <u16>OP_MOVSS_LOAD,
  0x111, <u16>OP_SSE_0F, <u16>OP_MOVSS_STORE,
  0x210, <u16>OP_SSE_0F, <u16>OP_MOVSD_LOAD,
  0x211, <u16>OP_SSE_0F, <u16>OP_MOVSD_STORE,
  0x17e, <u16>OP_SSE_0F, <u16>OP_MOVSD_LOAD, //           MOVQ
  0x3d6, <u16>OP_SSE_0F, <u16>OP_MOVSD_STORE,
  0x013, 0, <u16>OP_MOVSD_STORE, //                       MOVLPS
  0x313, 0, <u16>OP_MOVSD_STORE, //                       MOVLPD
  0x258, <u16>OP_ADDSD_R, <u16>OP_ADDSD_M,
  0x259, <u16>OP_MULSD_R, <u16>OP_MULSD_M,
  0x25c, <u16>OP_SUBSD_R, <u16>OP_SUBSD_M,
  0x25e, <u16>OP_DIVSD_R, <u16>OP_DIVSD_M,
];

function operationOf(map: u32, key: u32): u32 {
  if (map) return map == 1 ? OP_SSE_38 : OP_SSE_3A;
  const rows = changetype<u32>(INLINE);
  for (let row: u32 = 0; row < <u32>INLINE.length * 2; row += ROW_BYTES) {
    if (load<u16>(rows + row) == key) return load<u16>(rows + row + (inMemory ? 4 : 2));
  }
  return OP_SSE_0F;
}

/** Decodes behind the opcode; `map` 0 is 0F, 1 is 0F 38, 2 is 0F 3A. No SIMD instruction ends a block: false. */
export function simd(map: u32, opcode: u32): bool {
  const prefix: u32 = repeat ? repeat : has66() ? 3 : 0;
  const form = simdForm(map, prefix, opcode);
  if (!form) {
    undefinedOpcode();
    return true;
  }
  const key = map ? (prefix << 8) | opcode : simdTwin(prefix, opcode);
  if (form & FORM_NO_MODRM) {
    emitVector(emit(OP_SSE_0F), key, 0);
    return false;
  }
  readModrm();
  if (form & (inMemory ? FORM_NO_MEMORY : FORM_MEMORY)) {
    undefinedOpcode();
    return true;
  }
  const immediate = form & FORM_IMM8 ? next8() : 0;
  const operation = operationOf(map, key);
  const p = inMemory ? emitMemory(operation, 16, false) : emit(operation);
  emitVector(p, key, immediate);
  // A group's number comes in the place of the register's.
  const isGeneral = form & FORM_GROUP ? 0 : form & FORM_REG_GENERAL;
  store<u8>(p, registerOf(regNumber(), isGeneral, form & FORM_REG_MMX), 2);
  if (!inMemory) store<u8>(p, registerOf(rmNumber(), form & FORM_RM_GENERAL, form & FORM_RM_MMX), 3);
  return false;
}

function emitVector(p: u32, key: u32, immediate: u32): void {
  store<i32>(p, pack(key & 0xff, immediate, rex & 8 ? 3 : 2, key >> 8), 12);
}

/** Offset of a general register, or number × 16; MMX registers ignore REX. */
function registerOf(number: u32, isGeneral: u32, isMmx: u32): u32 {
  if (isGeneral) return number * 8;
  return (isMmx ? number & 7 : number) * 16;
}
