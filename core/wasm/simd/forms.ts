/**
 * Which opcodes of the maps 0F, 0F 38 and 0F 3A are MMX or SSE instructions, for each mandatory prefix, and what their
 * operands are (SDM vol. 2, appendix A, tables ). A combination that is not listed is #UD, or not SIMD.
 */

export const FORM_VALID: u32 = 1;
/** The reg field names a general register. */
export const FORM_REG_GENERAL: u32 = 2;
/** The rm field, when a register, names a general register. */
export const FORM_RM_GENERAL: u32 = 4;
export const FORM_IMM8: u32 = 8;
/** rm must be a register. */
export const FORM_NO_MEMORY: u32 = 16;
/** rm must be memory. */
export const FORM_MEMORY: u32 = 32;
/** The reg field names an MMX register. */
export const FORM_REG_MMX: u32 = 64;
/** The rm field, when a register, names an MMX register. */
export const FORM_RM_MMX: u32 = 128;
/** The reg field selects the operation. */
export const FORM_GROUP: u32 = 256;
/** No ModRM byte follows. */
export const FORM_NO_MODRM: u32 = 512;

const X: u16 = <u16>FORM_VALID;
const XI: u16 = X | (<u16>FORM_IMM8);
const XM: u16 = X | (<u16>FORM_MEMORY);
const XR: u16 = X | (<u16>FORM_NO_MEMORY);
const XG: u16 = X | (<u16>FORM_RM_GENERAL);
const XGI: u16 = XG | (<u16>FORM_IMM8);
const GX: u16 = X | (<u16>FORM_REG_GENERAL);
const GXR: u16 = GX | (<u16>FORM_NO_MEMORY);
const GXRI: u16 = GXR | (<u16>FORM_IMM8);
const GGM: u16 = GX | (<u16>FORM_RM_GENERAL) | (<u16>FORM_MEMORY);
const MX: u16 = X | (<u16>FORM_REG_MMX);
const MXR: u16 = MX | (<u16>FORM_NO_MEMORY);
const XP: u16 = X | (<u16>FORM_RM_MMX);
const XPR: u16 = XP | (<u16>FORM_NO_MEMORY);
const GPR: u16 = GXR | (<u16>FORM_RM_MMX);
const GPRI: u16 = GPR | (<u16>FORM_IMM8);
const MM: u16 = MX | (<u16>FORM_RM_MMX);
const MMI: u16 = MM | (<u16>FORM_IMM8);
const MMM: u16 = MM | (<u16>FORM_MEMORY);
const MMR: u16 = MM | (<u16>FORM_NO_MEMORY);
const MG: u16 = MX | (<u16>FORM_RM_GENERAL);
const MGI: u16 = MG | (<u16>FORM_IMM8);
const XRG: u16 = X | (<u16>FORM_GROUP) | (<u16>FORM_IMM8) | (<u16>FORM_NO_MEMORY);
const MRG: u16 = XRG | (<u16>FORM_RM_MMX);
const GRP: u16 = XM | (<u16>FORM_GROUP);
const NIL: u16 = X | (<u16>FORM_NO_MODRM);

const ROW_FIELDS: u32 = 6;

/** Rows: first and last opcode (map in the high byte), then the form for no prefix, F3, F2, 66. */
// prettier-ignore
const ROWS: StaticArray<u16> = [
  0x010, 0x011, X, X, X, X, //           MOVUPS MOVSS MOVSD MOVUPD
  0x012, 0x012, X, X, X, XM, //          MOVLPS/MOVHLPS MOVSLDUP MOVDDUP MOVLPD
  0x013, 0x013, XM, 0, 0, XM, //         MOVLPS, MOVLPD to memory
  0x014, 0x015, X, 0, 0, X, //           UNPCKLPS.. UNPCKHPD
  0x016, 0x016, X, X, 0, XM, //          MOVHPS/MOVLHPS MOVSHDUP MOVHPD
  0x017, 0x017, XM, 0, 0, XM, //         MOVHPS, MOVHPD to memory
  0x028, 0x029, X, 0, 0, X, //           MOVAPS MOVAPD
  0x02a, 0x02a, XP, XG, XG, XP, //       CVTPI2PS CVTSI2SS CVTSI2SD CVTPI2PD
  0x02b, 0x02b, XM, 0, 0, XM, //         MOVNTPS MOVNTPD
  0x02c, 0x02d, MX, GX, GX, MX, //       CVT(T)PS2PI CVT(T)SS2SI CVT(T)SD2SI CVT(T)PD2PI
  0x02e, 0x02f, X, 0, 0, X, //           UCOMISS UCOMISD COMISS COMISD
  0x050, 0x050, GXR, 0, 0, GXR, //       MOVMSKPS MOVMSKPD
  0x051, 0x051, X, X, X, X, //           SQRT
  0x052, 0x053, X, X, 0, 0, //           RSQRT RCP
  0x054, 0x057, X, 0, 0, X, //           AND ANDN OR XOR
  0x058, 0x05a, X, X, X, X, //           ADD MUL, CVTPS2PD CVTSS2SD CVTSD2SS CVTPD2PS
  0x05b, 0x05b, X, X, 0, X, //           CVTDQ2PS CVTTPS2DQ CVTPS2DQ
  0x05c, 0x05f, X, X, X, X, //           SUB MIN DIV MAX
  0x060, 0x06b, MM, 0, 0, X, //          PUNPCKL.. PACKSSDW
  0x06c, 0x06d, 0, 0, 0, X, //           PUNPCKLQDQ PUNPCKHQDQ
  0x06e, 0x06e, MG, 0, 0, XG, //         MOVD MOVQ
  0x06f, 0x06f, MM, X, 0, X, //          MOVQ MOVDQU MOVDQA
  0x070, 0x070, MMI, XI, XI, XI, //      PSHUFW PSHUFHW PSHUFLW PSHUFD
  0x071, 0x073, MRG, 0, 0, XRG, //       shifts by an immediate
  0x074, 0x076, MM, 0, 0, X, //          PCMPEQ
  0x077, 0x077, NIL, 0, 0, 0, //         EMMS
  0x07c, 0x07d, 0, 0, X, X, //           HADDPS HADDPD HSUBPS HSUBPD
  0x07e, 0x07e, MG, X, 0, XG, //         MOVD, MOVQ xmm, MOVD
  0x07f, 0x07f, MM, X, 0, X, //          MOVQ MOVDQU MOVDQA
  0x0ae, 0x0ae, GRP, 0, 0, 0, //         FXSAVE FXRSTOR LDMXCSR STMXCSR
  0x0c2, 0x0c2, XI, XI, XI, XI, //       CMPPS CMPSS CMPSD CMPPD
  0x0c3, 0x0c3, GGM, 0, 0, 0, //         MOVNTI
  0x0c4, 0x0c4, MGI, 0, 0, XGI, //       PINSRW
  0x0c5, 0x0c5, GPRI, 0, 0, GXRI, //     PEXTRW
  0x0c6, 0x0c6, XI, 0, 0, XI, //         SHUFPS SHUFPD
  0x0d0, 0x0d0, 0, 0, X, X, //           ADDSUBPS ADDSUBPD
  0x0d1, 0x0d5, MM, 0, 0, X, //          PSRLW.. PMULLW
  0x0d6, 0x0d6, 0, XPR, MXR, X, //       MOVQ2DQ MOVDQ2Q MOVQ
  0x0d7, 0x0d7, GPR, 0, 0, GXR, //       PMOVMSKB
  0x0d8, 0x0e5, MM, 0, 0, X, //          PSUBUSB.. PMULHW
  0x0e6, 0x0e6, 0, X, X, X, //           CVTDQ2PD CVTPD2DQ CVTTPD2DQ
  0x0e7, 0x0e7, MMM, 0, 0, XM, //        MOVNTQ MOVNTDQ
  0x0e8, 0x0ef, MM, 0, 0, X, //          PSUBSB.. PXOR
  0x0f0, 0x0f0, 0, 0, XM, 0, //          LDDQU
  0x0f1, 0x0f6, MM, 0, 0, X, //          PSLLW.. PSADBW
  0x0f7, 0x0f7, MMR, 0, 0, XR, //        MASKMOVQ MASKMOVDQU
  0x0f8, 0x0fe, MM, 0, 0, X, //          PSUBB.. PADDD

  0x100, 0x10b, MM, 0, 0, X, //          PSHUFB.. PMULHRSW
  0x110, 0x110, 0, 0, 0, X, //           PBLENDVB
  0x114, 0x115, 0, 0, 0, X, //           BLENDVPS BLENDVPD
  0x117, 0x117, 0, 0, 0, X, //           PTEST
  0x11c, 0x11e, MM, 0, 0, X, //          PABS
  0x120, 0x125, 0, 0, 0, X, //           PMOVSX
  0x128, 0x129, 0, 0, 0, X, //           PMULDQ PCMPEQQ
  0x12a, 0x12a, 0, 0, 0, XM, //          MOVNTDQA
  0x12b, 0x12b, 0, 0, 0, X, //           PACKUSDW
  0x130, 0x135, 0, 0, 0, X, //           PMOVZX
  0x137, 0x141, 0, 0, 0, X, //           PCMPGTQ PMIN PMAX PMULLD PHMINPOSUW

  0x208, 0x20e, 0, 0, 0, XI, //          ROUND BLEND PBLENDW
  0x20f, 0x20f, MMI, 0, 0, XI, //        PALIGNR
  0x214, 0x217, 0, 0, 0, XGI, //         PEXTRB PEXTRW PEXTRD/Q EXTRACTPS
  0x220, 0x220, 0, 0, 0, XGI, //         PINSRB
  0x221, 0x221, 0, 0, 0, XI, //          INSERTPS
  0x222, 0x222, 0, 0, 0, XGI, //         PINSRD/Q
  0x240, 0x242, 0, 0, 0, XI, //          DPPS DPPD MPSADBW
  0x260, 0x263, 0, 0, 0, XI, //          PCMPESTRM PCMPESTRI PCMPISTRM PCMPISTRI
];

/**
 * The form of an instruction: FORM_* bits, 0 when there is no such SIMD instruction.
 * `map`: 0 for 0F, 1 for 0F 38, 2 for 0F 3A; `prefix`: 0 none, 1 F3, 2 F2, 3 66.
 */
export function simdForm(map: u32, prefix: u32, opcode: u32): u32 {
  const key = <u16>((map << 8) | opcode);
  const rows = changetype<u32>(ROWS);
  for (let row: u32 = 0; row < <u32>ROWS.length; row += ROW_FIELDS) {
    const at = rows + row * 2;
    if (load<u16>(at) <= key && key <= load<u16>(at, 2)) return load<u16>(at + prefix * 2, 4);
  }
  return 0;
}

/** Pairs: an instruction (prefix in the high byte) and the one that does the same. Bit patterns have no type. */
// prettier-ignore
const TWINS: StaticArray<u16> = [
  0x010, 0x16f, 0x310, 0x16f, 0x2f0, 0x16f, // MOVUPS MOVUPD LDDQU: MOVDQU
  0x011, 0x17f, 0x311, 0x17f,
  0x028, 0x36f, 0x328, 0x36f, //               MOVAPS MOVAPD: MOVDQA
  0x029, 0x37f, 0x329, 0x37f,
  0x02b, 0x37f, 0x32b, 0x37f, 0x3e7, 0x37f, // MOVNTPS MOVNTPD MOVNTDQ: MOVDQA
  0x014, 0x362, 0x015, 0x36a, //               UNPCKLPS UNPCKHPS: PUNPCKLDQ PUNPCKHDQ
  0x314, 0x36c, 0x315, 0x36d, //               UNPCKLPD UNPCKHPD: PUNPCKLQDQ PUNPCKHQDQ
  0x054, 0x3db, 0x354, 0x3db, //               ANDPS ANDPD: PAND
  0x055, 0x3df, 0x355, 0x3df, //               ANDNPS ANDNPD: PANDN
  0x056, 0x3eb, 0x356, 0x3eb, //               ORPS ORPD: POR
  0x057, 0x3ef, 0x357, 0x3ef, //               XORPS XORPD: PXOR
];

/** Prefix (bits 8 and 9) and opcode that an instruction of the 0F map is executed as. */
export function simdTwin(prefix: u32, opcode: u32): u32 {
  const key = (prefix << 8) | opcode;
  for (let i = 0; i < TWINS.length; i += 2) {
    if (unchecked(TWINS[i]) == key) return unchecked(TWINS[i + 1]);
  }
  return key;
}
