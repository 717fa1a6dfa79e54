/**
 * CPUID: an honest model, as data (SDM vol. 2, CPUID; APM vol. 3, appendix E).
 *
 * The vendor is AMD because C libraries believe in features of vendors that they know only (glibc: `init_cpu_features`),
 * and what the makers do differently is done here as AMD does it: SYSCALL from compatibility mode, no SYSENTER in long
 * mode. The family is 4 because that is how kernels tell a processor that does not speculate, whoever made it (Linux:
 * `cpu_vuln_whitelist`), and this one does not: there is nothing to mitigate. AMD's own family 4 has no long mode, so no
 * 64-bit kernel knows errata or MSRs of it; what they ask by family begins at 6. Repeated string instructions are fast at any length (ERMS, FSRM, FZRM, FSRS).
 * RDRAND and RDSEED are there, and deterministic: their numbers come from the machine's seed (random.ts). The sizes of caches
 * are there for those who choose by them how to copy: a machine without the leaves is one without caches to them, for which
 * some C libraries copy by non-temporal stores, or by zero bytes a step.
 */
import { CPUID_RESULT } from './layout';

/** A row of the table: leaf, subleaf (or ANY), EAX, EBX, ECX, EDX. */
const ROW_BYTES: u32 = 24;
const ROWS: u32 = 11;
const ANY: u32 = 0xffffffff;

const MAX_BASIC: u32 = 7;
const MAX_EXTENDED: u32 = 0x80000008;

/** "Auth" "enti" "cAMD", family 4 model 0 stepping 0, CLFLUSH of 64 bytes. */
const VENDOR_0: u32 = 0x68747541;
const VENDOR_1: u32 = 0x69746e65;
const VENDOR_2: u32 = 0x444d4163;
const SIGNATURE: u32 = 0x400;
const CLFLUSH_QUADWORDS: u32 = 8 << 8;

/** Leaf 1 EDX: FPU PSE TSC MSR PAE CX8 PGE CMOV PAT CLFSH MMX FXSR SSE SSE2. */
const FEATURES_1D: u32 =
  (1 << 0) |
  (1 << 3) |
  (1 << 4) |
  (1 << 5) |
  (1 << 6) |
  (1 << 8) |
  (1 << 13) |
  (1 << 15) |
  (1 << 16) |
  (1 << 19) |
  (1 << 23) |
  (1 << 24) |
  (1 << 25) |
  (1 << 26);
/** Leaf 1 ECX: SSE3 SSSE3 CX16 SSE4.1 SSE4.2 POPCNT RDRAND. */
const FEATURES_1C: u32 = (1 << 0) | (1 << 9) | (1 << 13) | (1 << 19) | (1 << 20) | (1 << 23) | (1 << 30);
/** Leaf 7 EBX: FSGSBASE ERMS FCS_FDS_DEPRECATED RDSEED; EDX: FSRM; subleaf 1 EAX: FZRM FSRS. */
const FEATURES_7B: u32 = (1 << 0) | (1 << 9) | (1 << 13) | (1 << 18);
const FEATURES_7D: u32 = 1 << 4;
const FEATURES_71A: u32 = (1 << 10) | (1 << 11);
/** Leaf 80000001 EDX: SYSCALL NX PDPE1GB RDTSCP LM; ECX: LAHF PREFETCHW. */
const FEATURES_E1D: u32 = (1 << 11) | (1 << 20) | (1 << 26) | (1 << 27) | (1 << 29);
const FEATURES_E1C: u32 = (1 << 0) | (1 << 8);
/** Leaf 80000005: ECX first-level cache of data, EDX of code: 32 KiB, 8 ways, 1 line per tag, lines of 64 bytes. */
const CACHE_L1: u32 = (32 << 24) | (8 << 16) | (1 << 8) | 64;
/** Leaf 80000006 ECX: second level: 1024 KiB, 8 ways. EDX: third level: 32 MiB (in units of 512 KiB), 16 ways. */
const CACHE_L2: u32 = (1024 << 16) | (6 << 12) | (1 << 8) | 64;
const CACHE_L3: u32 = (64 << 18) | (8 << 12) | (1 << 8) | 64;
/** Leaf 80000007 EDX: the TSC goes at one rate whatever happens. */
const INVARIANT_TSC: u32 = 1 << 8;
/** Leaf 80000008 EAX: 46 bits of physical and 48 of virtual address (paging.ts). */
const ADDRESS_BITS: u32 = 46 | (48 << 8);

// prettier-ignore
const TABLE = memory.data<u32>([
  0, ANY, MAX_BASIC, VENDOR_0, VENDOR_2, VENDOR_1,
  1, ANY, SIGNATURE, CLFLUSH_QUADWORDS, FEATURES_1C, FEATURES_1D,
  7, 0, 1, FEATURES_7B, 0, FEATURES_7D,
  7, 1, FEATURES_71A, 0, 0, 0,
  0x80000000, ANY, MAX_EXTENDED, 0, 0, 0,
  0x80000001, ANY, 0, 0, FEATURES_E1C, FEATURES_E1D,
  0x80000002, ANY, 0x6f6e6558, 0x706f6373, 0x38782065, 0x34362d36, // Xenoscope x86-64
  0x80000005, ANY, 0, 0, CACHE_L1, CACHE_L1,
  0x80000006, ANY, 0, 0, CACHE_L2, CACHE_L3,
  0x80000007, ANY, 0, 0, 0, INVARIANT_TSC,
  0x80000008, ANY, ADDRESS_BITS, 0, 0, 0,
]);

/** Leaves EAX, EBX, ECX, EDX of a leaf in CPUID_RESULT; zeros for one that does not exist. */
export function cpuid(leaf: u32, subleaf: u32): void {
  memory.fill(CPUID_RESULT, 0, 16);
  for (let i: u32 = 0; i < ROWS; i++) {
    const row = <u32>TABLE + i * ROW_BYTES;
    if (load<u32>(row) != leaf) continue;
    if (load<u32>(row, 4) != ANY && load<u32>(row, 4) != subleaf) continue;
    memory.copy(CPUID_RESULT, row + 8, 16);
    return;
  }
}
