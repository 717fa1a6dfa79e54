/*
 * Executes instructions on this processor and writes what they do.
 *
 * Standard input: one probe a line (record.ts writes them). Standard output: for each trial of each probe the
 * difference that the instruction made to its input (format.ts reads it).
 *
 * A trial is one signal: the handler finds in the interrupted context what the last instruction did, writes it down,
 * puts the next input into the context and returns into it. Behind every instruction stands INT3; a fault comes by
 * itself. So the kernel's signal frame is the only way state is loaded and stored, and the program needs no assembly.
 */
#define _GNU_SOURCE
#include <asm/prctl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>
#include "generator.h"

enum { TRAP_BREAKPOINT = 3, TRAP_PAGE_FAULT = 14, CODE_BYTES = 4096, OUTPUT_BYTES = 1 << 16 };

static struct probe *probes;
static int probe_count, probe_index = -1, trial;
static struct state input, result;
static uint8_t *const code_page = (uint8_t *)CODE, *const data_page = (uint8_t *)PAGE;
static uint8_t output[OUTPUT_BYTES];
static int output_length;

static void flush(void) {
  for (int at = 0; at < output_length;) {
    ssize_t written = write(1, output + at, output_length - at);
    if (written <= 0) _exit(1);
    at += written;
  }
  output_length = 0;
}

static void emit(const void *data, int length) {
  if (output_length + length > OUTPUT_BYTES) flush();
  memcpy(output + output_length, data, length);
  output_length += length;
}

static void emit_number(uint64_t value, int length) { emit(&value, length); }

/* Runs of changed bytes, each as offset (2), length (2), bytes; equal stretches below 4 bytes do not end a run. */
static int changed_runs(int writing) {
  int runs = 0;
  for (int at = 0; at < PAGE_BYTES;) {
    if (input.page[at] == result.page[at]) { at++; continue; }
    int end = at + 1;
    for (int look = end; look < PAGE_BYTES && look < end + 4; look++)
      if (input.page[look] != result.page[look]) end = look + 1;
    if (writing) { emit_number(at, 2); emit_number(end - at, 2); emit(result.page + at, end - at); }
    runs++;
    at = end;
  }
  return runs;
}

static void emit_registers(int size) {
  int mask = 0, count = size == 8 ? 16 : 8;
  for (int n = 0; n < count; n++) if (memcmp(&input.gpr[n], &result.gpr[n], size)) mask |= 1 << n;
  emit_number(mask, 2);
  for (int n = 0; n < count; n++) if (mask >> n & 1) emit_number(result.gpr[n], size);
}

static int registers_changed(int size) {
  for (int n = 0; n < (size == 8 ? 16 : 8); n++) if (memcmp(&input.gpr[n], &result.gpr[n], size)) return 1;
  return 0;
}

static void emit_vectors(void) {
  int mask = 0;
  for (int n = 0; n < 16; n++) if (memcmp(input.xmm[n], result.xmm[n], 16)) mask |= 1 << n;
  emit_number(mask, 2);
  for (int n = 0; n < 16; n++) if (mask >> n & 1) emit(result.xmm[n], 16);
}

static int x87_mask(void) {
  int mask = 0;
  for (int n = 0; n < 8; n++)
    if (input.significand[n] != result.significand[n] || input.exponent[n] != result.exponent[n]) mask |= 1 << n;
  return mask;
}

static int x87_changed(void) {
  return x87_mask() || input.fcw != result.fcw || input.fsw != result.fsw || input.ftw != result.ftw;
}

static void emit_x87(void) {
  int mask = x87_mask();
  emit_number(result.fcw, 2);
  emit_number(result.fsw, 2);
  emit_number(result.ftw, 1);
  emit_number(mask, 1);
  for (int n = 0; n < 8; n++)
    if (mask >> n & 1) { emit_number(result.significand[n], 8); emit_number(result.exponent[n], 2); }
}

/* One trial: a byte of what changed, then each change. */
static void emit_trial(int vector, uint32_t error) {
  int size = probes[probe_index].mode == 64 ? 8 : 4;
  uint64_t expected = CODE + CODE_AT + (vector < 0 ? probes[probe_index].length : 0);
  int moved = result.rip != expected;
  int memory = memcmp(input.page, result.page, PAGE_BYTES) != 0;
  int vectors = memcmp(input.xmm, result.xmm, sizeof input.xmm) != 0;
  int x87 = x87_changed(), registers = registers_changed(size), mxcsr = input.mxcsr != result.mxcsr;
  int flags = input.flags != result.flags;
  emit_number((vector >= 0) | flags << 1 | registers << 2 | vectors << 3 | x87 << 4 | memory << 5 | mxcsr << 6 | moved << 7, 1);
  if (vector >= 0) {
    emit_number(vector, 1);
    emit_number(error, 4);
    if (vector == TRAP_PAGE_FAULT) emit_number(result.cr2, 8);
  }
  if (moved) emit_number(result.rip, 8);
  if (flags) emit_number(result.flags, 4);
  if (registers) emit_registers(size);
  if (vectors) emit_vectors();
  if (mxcsr) emit_number(result.mxcsr, 4);
  if (x87) emit_x87();
  if (memory) { emit_number(changed_runs(0), 2); changed_runs(1); }
}

/* Registers in the order of the instruction set. */
static const int GREG[16] = {
  REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
  REG_R8, REG_R9, REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15
};

static void collect(ucontext_t *context) {
  greg_t *greg = context->uc_mcontext.gregs;
  struct _libc_fpstate *fp = context->uc_mcontext.fpregs;
  for (int n = 0; n < 16; n++) result.gpr[n] = greg[GREG[n]];
  /* RF is set in the image of every fault: it says nothing about the instruction. */
  result.flags = greg[REG_EFL] & ~0x10000;
  result.rip = greg[REG_RIP];
  result.cr2 = greg[REG_CR2];
  result.fcw = fp->cwd;
  result.fsw = fp->swd;
  result.ftw = fp->ftw;
  result.mxcsr = fp->mxcsr;
  for (int n = 0; n < 8; n++) {
    memcpy(&result.significand[n], fp->_st[n].significand, 8);
    result.exponent[n] = fp->_st[n].exponent;
  }
  memcpy(result.xmm, fp->_xmm, sizeof result.xmm);
  memcpy(result.page, data_page, PAGE_BYTES);
}

static void finish_trial(ucontext_t *context) {
  const struct probe *probe = &probes[probe_index];
  int vector = context->uc_mcontext.gregs[REG_TRAPNO];
  uint32_t error = context->uc_mcontext.gregs[REG_ERR];
  collect(context);
  uint64_t inside = result.rip - 1 - (CODE + CODE_AT);
  if (vector == TRAP_BREAKPOINT && inside >= (uint64_t)probe->length) {
    vector = -1;
    result.rip--;
  }
  emit_trial(vector, error);
}

static void install(const struct probe *probe) {
  mprotect(code_page, CODE_BYTES, PROT_READ | PROT_WRITE);
  memset(code_page, 0xcc, CODE_BYTES);
  memcpy(code_page + CODE_AT, probe->code, probe->length);
  mprotect(code_page, CODE_BYTES, PROT_READ | PROT_EXEC);
}

static void load(ucontext_t *context) {
  greg_t *greg = context->uc_mcontext.gregs;
  struct _libc_fpstate *fp = context->uc_mcontext.fpregs;
  for (int n = 0; n < 16; n++) greg[GREG[n]] = input.gpr[n];
  greg[REG_EFL] = input.flags;
  greg[REG_RIP] = input.rip;
  uint64_t cs = probes[probe_index].mode == 64 ? 0x33 : 0x23;
  greg[REG_CSGSFS] = cs | (greg[REG_CSGSFS] & 0x0000ffffffff0000) | 0x002bull << 48;
  fp->cwd = input.fcw;
  fp->swd = input.fsw;
  fp->ftw = input.ftw;
  fp->mxcsr = input.mxcsr;
  for (int n = 0; n < 8; n++) {
    memcpy(fp->_st[n].significand, &input.significand[n], 8);
    fp->_st[n].exponent = input.exponent[n];
  }
  memcpy(fp->_xmm, input.xmm, sizeof input.xmm);
  /* Behind the FXSAVE image: XSTATE_BV. Without these bits the processor would load initial values. */
  *(uint64_t *)((uint8_t *)fp + 512) |= 3;
  memcpy(data_page, input.page, PAGE_BYTES);
}

static void on_signal(int signal, siginfo_t *info, void *argument) {
  (void)signal, (void)info;
  /* The instruction may have left AC, NT or ID set. */
  __asm__ volatile("pushq $0x202\n\tpopfq" ::: "cc", "memory");
  if (probe_index >= 0) finish_trial(argument);
  if (probe_index < 0 || ++trial == probes[probe_index].trials) {
    trial = 0;
    if (++probe_index == probe_count) {
      flush();
      _exit(0);
    }
    install(&probes[probe_index]);
  }
  generate(&input, &probes[probe_index], trial);
  load(argument);
}

/* A line: mode uses trials vectors memory code-in-hex fixups (kind reg param)* */
static int read_probe(struct probe *probe) {
  char hex[4097];
  int got = scanf("%d %d %d %c %c %4096s %d", &probe->mode, &probe->uses, &probe->trials, &probe->vectors, &probe->memory,
                  hex, &probe->fixups);
  if (got != 7 || probe->fixups > 16) return 0;
  probe->length = strlen(hex) / 2;
  for (int n = 0; n < probe->length; n++) {
    unsigned byte;
    sscanf(hex + 2 * n, "%2x", &byte);
    probe->code[n] = byte;
  }
  for (int n = 0; n < probe->fixups; n++) {
    struct fixup *f = &probe->fixup[n];
    if (scanf("%d %d %d", &f->kind, &f->reg, &f->param) != 3) return 0;
  }
  return 1;
}

static void map_pages(void *at, size_t length) {
  int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE;
  if (mmap(at, length, PROT_READ | PROT_WRITE, flags, -1, 0) != at) {
    perror("mmap");
    exit(1);
  }
}

int main(void) {
  static uint8_t stack[1 << 18] __attribute__((aligned(64)));
  probes = calloc(65536, sizeof *probes);
  while (probe_count < 65536 && read_probe(&probes[probe_count])) probe_count++;
  map_pages(code_page, CODE_BYTES);
  map_pages(data_page, PAGE_BYTES);
  stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
  sigaltstack(&alternate, NULL);
  struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
  const int signals[] = {SIGTRAP, SIGSEGV, SIGBUS, SIGILL, SIGFPE};
  for (unsigned n = 0; n < COUNT(signals); n++) sigaction(signals[n], &action, NULL);
  syscall(SYS_arch_prctl, ARCH_SET_GS, (unsigned long)PAGE);
  /* Flat data segments for 32-bit code; 64-bit code does not look at them. */
  __asm__ volatile("movl %0, %%ds\n\tmovl %0, %%es" ::"r"(0x2b));
  __asm__ volatile("int3");
  return 1;
}
