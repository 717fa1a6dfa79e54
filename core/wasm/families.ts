/**
 * Sub-operations of the instruction families that are called out of line: record.ts `subOf`. The decoder names them,
 * the family's own file executes them.
 */

/** integer.ts: rm operand is register or memory of `sizeOf`, `reg` the other register. */
export const INT_ROL: u32 = 0; // 0..7 as the ModRM group: ROL ROR RCL RCR SHL SHR SAL SAR; count in imm8
export const INT_ROL_CL: u32 = 8; // 8..15: the same, count in CL
export const INT_SHLD: u32 = 16; // count in imm8
export const INT_SHRD: u32 = 17;
export const INT_SHLD_CL: u32 = 18;
export const INT_SHRD_CL: u32 = 19;
export const INT_MUL: u32 = 20; // one-operand forms: RDX:RAX (AX for 8 bits) and rm
export const INT_IMUL: u32 = 21;
export const INT_DIV: u32 = 22;
export const INT_IDIV: u32 = 23;
export const INT_BT: u32 = 28; // 28..31 BT BTS BTR BTC rm, reg (memory: the bit string may lie outside the operand)
export const INT_BT_IMM: u32 = 32; // 32..35 BT BTS BTR BTC rm, imm8
export const INT_BSF: u32 = 36; // reg, rm
export const INT_BSR: u32 = 37;
export const INT_POPCNT: u32 = 38;
export const INT_BSWAP: u32 = 39; // `rm` is the register
export const INT_XCHG: u32 = 40;
export const INT_XADD: u32 = 41;
export const INT_CMPXCHG: u32 = 42;
export const INT_CMPXCHG8B: u32 = 43; // 16B when sizeOf is 64
export const INT_CBW: u32 = 44; // CBW, CWDE, CDQE: sizeOf is that of the result
export const INT_CWD: u32 = 45; // CWD, CDQ, CQO: sizeOf is that of the source
export const INT_LAHF: u32 = 46;
export const INT_SAHF: u32 = 47;
export const INT_CLC: u32 = 48;
export const INT_STC: u32 = 49;
export const INT_CMC: u32 = 50;
export const INT_CLD: u32 = 51;
export const INT_STD: u32 = 52;
export const INT_XLAT: u32 = 53; // addressOf is segment base + rBX already; add AL here (address size 64 or 32)
export const INT_CRC32: u32 = 54; // reg (32 or 64 bits; imm8 = 1 for 64), rm of sizeOf
export const INT_IMUL_RR: u32 = 55; // reg *= rm (16 bits; wider ones are inline)
export const INT_IMUL_RRI: u32 = 56; // 16 bits: immediate in imm8 and, its upper byte, in segment
export const INT_AAA: u32 = 57; // compatibility mode only, AAA AAS DAA DAS AAM (imm8) AAD (imm8): 57..62
export const INT_SALC: u32 = 63;

/** string.ts: sub is the opcode: A4 A5 MOVS, A6 A7 CMPS, AA AB STOS, AC AD LODS, AE AF SCAS, 6C..6F INS OUTS. */

/** system.ts: instructions that neither end a block nor touch the stack. */
export const SYS_SGDT: u32 = 0; // 0F 01 /0 /1 to memory; SIDT = 1
export const SYS_SLDT: u32 = 2; // 0F 00 /0, STR = 3: to rm of sizeOf (register: zero-extended to 32/64)
export const SYS_SMSW: u32 = 4;
export const SYS_VERR: u32 = 5; // rm16; VERW = 6
export const SYS_LAR: u32 = 7; // reg, rm16; LSL = 8
export const SYS_RDTSC: u32 = 9;
export const SYS_RDTSCP: u32 = 10;
export const SYS_CPUID: u32 = 11;
export const SYS_MOV_FROM_SEG: u32 = 12; // rm <- segment `imm8`
export const SYS_FENCE: u32 = 13; // MFENCE LFENCE SFENCE PREFETCH: sub-kinds do not matter
export const SYS_RDPMC: u32 = 14;
export const SYS_RANDOM: u32 = 15; // RDRAND, RDSEED: rm of sizeOf, a register
export const SYS_CLFLUSH: u32 = 16;
export const SYS_BOUND: u32 = 17; // reg, pair of bounds of sizeOf; compatibility mode only
export const SYS_ARPL: u32 = 18; // rm16, reg; compatibility mode only

/** control.ts: instructions that end a block: they set RIP themselves. */
export const CTL_FAR_JMP: u32 = 0; // m16:16/32/64 at addressOf, operand size sizeOf
export const CTL_FAR_CALL: u32 = 1;
export const CTL_FAR_JMP_IMM: u32 = 2; // compatibility mode: offset in disp, selector in bytes 2..3 (reg, rm)
export const CTL_FAR_CALL_IMM: u32 = 3;
export const CTL_RETF: u32 = 4; // disp = bytes to release
export const CTL_IRET: u32 = 5;
export const CTL_SYSCALL: u32 = 6;
export const CTL_SYSRET: u32 = 7;
export const CTL_INT: u32 = 8; // imm8 = vector; INT3 and INTO use CTL_INT3, CTL_INTO
export const CTL_INT3: u32 = 9;
export const CTL_INTO: u32 = 10;
export const CTL_MOV_TO_SEG: u32 = 11; // segment `imm8` <- rm16 (MOV SS inhibits #DB for one instruction)
export const CTL_POP_SEG: u32 = 12; // segment `imm8`, stack width sizeOf
export const CTL_LOAD_FAR: u32 = 13; // LFS LGS LSS (and LDS LES outside long mode): segment imm8, reg, m16:size
export const CTL_POPF: u32 = 14; // sizeOf
export const CTL_CLI: u32 = 15; // STI = 16
export const CTL_STI: u32 = 16;
export const CTL_PRIVILEGED: u32 = 17; // HLT LGDT LIDT LLDT LTR MOV CR/DR RDMSR WRMSR INVLPG CLTS WBINVD INVD SWAPGS LMSW ...
export const CTL_IO: u32 = 18; // IN OUT of sizeOf (INS OUTS: string.ts); port: imm8, or DX when reg is 1; see io.ts
export const CTL_UD: u32 = 19; // UD2 and everything undefined
export const CTL_INT1: u32 = 20; // leaves as a software interrupt of vector 1
export const CTL_SYSENTER: u32 = 21; // #UD: AMD has it outside long mode only
export const CTL_PUSHF: u32 = 22; // sizeOf
export const CTL_WRFSBASE: u32 = 23; // RDFSBASE RDGSBASE WRFSBASE WRGSBASE: 23 + ModRM.reg

/** stack.ts: stack instructions outside 64-bit mode, and the odd ones inside: operand width sizeOf, stack width from SS. */
export const STK_PUSH: u32 = 0; // rm (register or memory)
export const STK_PUSH_IMM: u32 = 1; // immediate in disp
export const STK_POP: u32 = 2; // to rm; a memory address with rSP as base is computed after the increment
export const STK_ENTER: u32 = 3; // disp = frame bytes, imm8 = nesting level
export const STK_LEAVE: u32 = 4;
export const STK_PUSHA: u32 = 5;
export const STK_POPA: u32 = 6;
export const STK_PUSH_SEG: u32 = 7; // segment imm8
/** These end a block (OP_STACK_CONTROL): they set RIP. */
export const STK_CALL: u32 = 8; // target offset in disp, relative to the page (as in the inline records)
export const STK_CALL_RM: u32 = 9;
export const STK_RET: u32 = 10; // disp = bytes to release
export const STK_JMP_RM: u32 = 11;
