/** What entry.asm leaves on the stack for whoever deals with a trap, and the traps' numbers. */
export const VECTOR_DE: u32 = 0;
export const VECTOR_DB: u32 = 1;
export const VECTOR_BP: u32 = 3;
export const VECTOR_OF: u32 = 4;
export const VECTOR_BR: u32 = 5;
export const VECTOR_UD: u32 = 6;
export const VECTOR_NM: u32 = 7;
export const VECTOR_GP: u32 = 13;
export const VECTOR_PF: u32 = 14;
export const VECTOR_MF: u32 = 16;
export const VECTOR_AC: u32 = 17;
export const VECTOR_XM: u32 = 19;
// What is no exception has numbers behind them (entry.asm).
export const VECTOR_EVENT: u32 = 256;
export const VECTOR_SYSCALL: u32 = 257;
export const VECTOR_FAILSAFE: u32 = 258;

/** All registers, as entry.asm saves them: the beginning of Xen's struct cpu_user_regs. */
@unmanaged
export class TrapFrame {
  r15: u64;
  r14: u64;
  r13: u64;
  r12: u64;
  rbp: u64;
  rbx: u64;
  r11: u64;
  r10: u64;
  r9: u64;
  r8: u64;
  rax: u64;
  rcx: u64;
  rdx: u64;
  rsi: u64;
  rdi: u64;
  error: u32;
  vector: u32;
  rip: u64;
  /** In the upper half: whether upcalls were masked. */
  cs: u64;
  rflags: u64;
  rsp: u64;
  ss: u64;

  /** Xen gives the kernel ring 0 in its frames. */
  get isUser(): bool {
    return (this.cs & 3) == 3;
  }
}

export const FRAME_SIZE: usize = offsetof<TrapFrame>();
