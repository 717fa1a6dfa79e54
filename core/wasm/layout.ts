/**
 * Where everything lives in the module's memory. Plain numbers (byte offsets), read by the AssemblyScript core and by
 * the TypeScript that binds it: no imports, no types, constants only.
 */

/** Register slots, 8 bytes each: 16 general registers, then pseudo registers that addressing can name. */
export const REGS = 0x1000;
export const RAX = 0;
export const RCX = 1;
export const RDX = 2;
export const RBX = 3;
export const RSP = 4;
export const RBP = 5;
export const RSI = 6;
export const RDI = 7;
/** A slot that always reads 0: "no base", "no index". */
export const SLOT_ZERO = 16;
/** RIP of the start of the code page being executed: RIP-relative addressing uses it as base. */
export const SLOT_PAGE = 17;
/** Segment bases in the order ES CS SS DS FS GS (18..23): `SLOT_SEGMENT + segment`. */
export const SLOT_SEGMENT = 18;
/** The address a preceding micro-operation computed, for operands with more than base + index + disp. */
export const SLOT_ADDRESS = 24;

/** XMM registers, 16 bytes each. */
export const XMM = 0x1100;
/** x87 physical registers R0..R7, 16 bytes each: significand (u64) at +0, sign and exponent (u16) at +8. MMn is Rn. */
export const FPR = 0x1200;
/** x87 control word (u16). */
export const FCW = 0x1280;
/** x87 status word (u16), TOP included. */
export const FSW = 0x1282;
/** x87 tags, abridged as FXSAVE has them: bit n set when Rn is not empty (u8). */
export const FTW = 0x1284;
/** Last x87 opcode (u16), instruction pointer (u64) and data pointer (u64). */
export const FOP = 0x1286;
export const FIP = 0x1288;
export const FDP = 0x1290;
export const MXCSR = 0x1298;

/** u64. Between runs: the next instruction to execute. */
export const RIP = 0x12a0;
/** u32. All of RFLAGS but the six status flags, which are computed lazily (flags.ts). */
export const SYSTEM_FLAGS = 0x12a8;
/** Lazy status flags: kind (u32), result and second operand (u64, shifted to the top of the word). */
export const CC_KIND = 0x12b0;
export const CC_RESULT = 0x12b8;
export const CC_SOURCE = 0x12c0;

/** Control registers (u64; CR0 and CR4 are read as u32 too). */
export const CR0 = 0x12d0;
export const CR2 = 0x12d8;
export const CR3 = 0x12e0;
export const CR4 = 0x12e8;
export const EFER = 0x12f0;
export const CPL = 0x12f8;

/** Debug registers DR0..DR3, DR6, DR7 (u64 each). */
export const DR = 0x1300;
export const DR6 = 0x1320;
export const DR7 = 0x1328;

/** Segments in the order ES CS SS DS FS GS LDTR TR. */
export const SEG_ES = 0;
export const SEG_CS = 1;
export const SEG_SS = 2;
export const SEG_DS = 3;
export const SEG_FS = 4;
export const SEG_GS = 5;
export const SEG_LDTR = 6;
export const SEG_TR = 7;
/** Selectors (u16 each). */
export const SELECTORS = 0x1340;
/** Cached attributes (u32 each): descriptor bits 40..55, i.e. type 0..3, S 4, DPL 5..6, P 7, AVL 12, L 13, D/B 14, G 15. */
export const ATTRIBUTES = 0x1350;
/** Cached limits in bytes, granularity applied (u32 each). */
export const LIMITS = 0x1370;
/** Bases of LDTR and TR (u64 each); those of ES..GS are register slots. */
export const LDTR_BASE = 0x1390;
export const TR_BASE = 0x1398;
export const GDT_BASE = 0x13a0;
export const GDT_LIMIT = 0x13a8;
export const IDT_BASE = 0x13b0;
export const IDT_LIMIT = 0x13b8;

/** Model specific registers (u64). */
export const STAR = 0x13c0;
export const CSTAR = 0x13d0;

/** u64: retired instructions since the machine was made. Exact between runs. */
export const RETIRED = 0x1400;
/** u64: what RDTSC adds to RETIRED (idle jumps, TSC offset). */
export const TSC_OFFSET = 0x1408;
/** u64: what RDRAND and RDSEED draw from: the machine's, not the vcpu's (random.ts). */
export const RANDOM = 0x1410;
/** u32: nonzero makes CPUID raise #GP above CPL 0 (MSR_MISC_FEATURES_ENABLES.CPUID_FAULT). */
export const CPUID_FAULTING = 0x1418;
/** u32: what RDTSCP leaves in ECX (IA32_TSC_AUX). */
export const TSC_AUX = 0x141c;

/** Why `run` came back: EXIT_* (u32), then vector (u32), error code (u32), address (u64). */
export const EXIT_REASON = 0x1420;
export const EXIT_VECTOR = 0x1424;
export const EXIT_ERROR = 0x1428;
export const EXIT_ADDRESS = 0x1430;

/**
 * u32: DR6 bits of watchpoints that the last instruction hit while it loaded SS, and DEBUG_INHIBIT: told behind the next
 * instruction, whose single step and breakpoint they hold off (run.ts `step`).
 */
export const DEBUG_HELD = 0x1438;

/** End of the processor state that a save keeps (from REGS). */
export const STATE_END = 0x1440;

/** u32: the block being executed (blocks.ts), for whoever needs the next instruction's address. */
export const CURRENT_BLOCK = 0x1440;
/** u32: the TLB bank in use: address space × privilege. */
export const TLB_BASE = 0x1444;
/** u32: number of machine frames. */
export const FRAMES = 0x1448;
/** u32: 1 once a large page was cached: INVLPG drops everything then. */
export const LARGE_PAGES_CACHED = 0x144c;
/** u32 ×4: what CPUID answered last. */
export const CPUID_RESULT = 0x1450;
/** 16 bytes of scratch for operands on their way. */
export const SCRATCH = 0x1460;

/** u32: set when a rep string instruction has iterations left: the same record executes again (string.ts). */
export const STRING_AGAIN = 0x1470;
/** u32: DR6 bits of watchpoints hit by the instruction being executed. */
export const DEBUG_PENDING = 0x1474;

/**
 * The page that code runs in (u64, its virtual address, or all ones) and its pointer (u32): jumps inside a page do not ask
 * the TLB again, and neither does a run that goes on where the last one stopped.
 */
export const CODE_PAGE = 0x1478;
export const CODE_POINTER = 0x1480;

/** u32: whether the fault raised last is of a non-canonical address: #SS instead of #GP when the stack was meant. */
export const NON_CANONICAL = 0x1484;

/**
 * Breakpoints of whoever watches (breakpoints.ts): how many (u32), whether the last run stopped at one (u32) and where (u64),
 * and their linear addresses (u64 each).
 */
export const BREAKPOINT_COUNT = 0x1488;
export const BREAKPOINT_HIT = 0x148c;
export const BREAKPOINT_RIP = 0x1490;

/** u32: whether data accesses must be aligned (paging.ts); u32: what cached translations were made under (index.ts). */
export const ALIGNED = 0x1498;
export const TRANSLATED_UNDER = 0x149c;
/** u32 each: base and limit of CS that blocks of compatibility mode were decoded under (code-segment.ts). */
export const CODE_BASE = 0x14a0;
export const CODE_LIMIT = 0x14a4;
/** End of what belongs to one processor, breakpoints apart. */
export const PROCESSOR_END = 0x14a8;

export const BREAKPOINTS = 0x1500;
export const BREAKPOINT_LIMIT = 256;

/**
 * Bytes of machine memory whose writes somebody wants to know of (watch.ts): pointers to the first and behind the last (u32; 0:
 * none), and whether they were written (u32): bit 0 by the guest, bit 1: their frame by whoever has the module.
 */
export const WATCH_FIRST = 0x14b0;
export const WATCH_END = 0x14b4;
export const WATCH_HIT = 0x14b8;

/** u32: how often a block is entered until it is translated (tiers.ts); 0: none ever is. */
export const HOT_ENTRIES = 0x14bc;

/** u64: instructions that translated code has retired. */
export const RETIRED_TRANSLATED = 0x14c0;

/** TLB: 4 banks (address space × privilege) of 512 entries of 32 bytes. */
export const TLB = 0x10000;
export const TLB_ENTRIES = 512;
export const TLB_ENTRY_BYTES = 32;
export const TLB_ENTRY_SHIFT = 5;
export const TLB_BANK_BYTES = 0x4000;
export const TLB_BANKS = 4;

/** What machine addresses without memory behind them read (all ones) and a place for what is written to them. */
export const VOID_READ = 0x20000;
export const VOID_WRITE = 0x21000;
/** A block that is decoded for one use: a truncated one, or an instruction that crosses a page. */
export const SCRATCH_BLOCK = 0x22000;
/** 32 bytes for an instruction that crosses a page. */
export const FETCH_BUFFER = 0x23000;

/**
 * One u8 for each machine frame, with a bit for each of two who ask (machine-state.ts): set where it may have been written since
 * that one cleared it. Pages tagged for writes are written unseen: who clears a bit must set it again for those, or drop the tags.
 */
export const WRITTEN_FRAMES = 0x200000;
/**
 * One u8 for each machine frame: 1 where what is in it is not here (paging.ts): no access that goes by page tables reaches it. What
 * is cached is not looked at: who sets it drops the translations of the frame.
 */
export const PAGED_FRAMES = 0x300000;

/** Hash heads of decoded blocks: u32 pointers. */
export const BLOCK_HASH = 0x100000;
export const BLOCK_HASH_ENTRIES = 0x20000;
/** Blocks that were looked up last, by a hash of where they are: two u32 each, the machine address and the pointer; 0: none. */
export const RECENT_BLOCKS = 0x180000;
export const RECENT_BLOCK_ENTRIES = 0x4000;
/** One u32 for each machine frame: version of its code, bit 0 set while decoded blocks come from it. */
export const FRAME_VERSIONS = 0x500000;
/** Decoded blocks, allocated upwards. */
export const BLOCKS = 0x800000;
export const BLOCKS_END = 0x2800000;
/** Machine memory: machine address 0. */
export const MEMORY = 0x2800000;

/** Exits. */
export const EXIT_NONE = 0;
/** The budget is used up. */
export const EXIT_BUDGET = 1;
/** A fault or trap: vector, error code, address (CR2). RIP is the faulting instruction (fault) or the next one (trap). */
export const EXIT_EXCEPTION = 2;
/** INT n (vector), INT3, INTO: retired, RIP is the next instruction; EXIT_ERROR is the instruction's length. */
export const EXIT_SOFTWARE_INTERRUPT = 3;
/** SYSCALL: retired; RCX, R11, RIP as the processor leaves them, except that RIP stays behind the instruction. */
export const EXIT_SYSCALL = 4;
/** A privileged instruction at CPL 0: not retired, RIP at it. */
export const EXIT_PRIVILEGED = 5;
/** RIP is at a breakpoint, whose instruction is not executed yet. */
export const EXIT_BREAKPOINT = 6;

/** Vectors (SDM vol. 3, 6.3.1). */
export const VECTOR_DE = 0;
export const VECTOR_DB = 1;
export const VECTOR_BP = 3;
export const VECTOR_OF = 4;
export const VECTOR_BR = 5;
export const VECTOR_UD = 6;
export const VECTOR_NM = 7;
export const VECTOR_DF = 8;
export const VECTOR_TS = 10;
export const VECTOR_NP = 11;
export const VECTOR_SS = 12;
export const VECTOR_GP = 13;
export const VECTOR_PF = 14;
export const VECTOR_MF = 16;
export const VECTOR_AC = 17;
export const VECTOR_XM = 19;
/**
 * No vector of x86's: an access that page tables allow reaches a frame whose contents are not here (PAGED_FRAMES), as an EPT violation
 * is one; EXIT_ERROR is the frame. A fault: RIP is the instruction, which is made again. No register tells of it.
 */
export const VECTOR_PAGED = 256;

/** RFLAGS bits. */
export const CF = 0x1;
export const PF = 0x4;
export const AF = 0x10;
export const ZF = 0x40;
export const SF = 0x80;
export const TF = 0x100;
export const IF = 0x200;
export const DF = 0x400;
export const OF = 0x800;
export const IOPL = 0x3000;
export const NT = 0x4000;
export const RF = 0x10000;
export const AC = 0x40000;
export const ID = 0x200000;
export const STATUS_FLAGS = 0x8d5;
