/* The input of a trial, from a seed: the twin of generator.ts. Every step of one is a step of the other. */
#include <stdint.h>
#include <string.h>

enum { PAGE = 0x30000000, PAGE_BYTES = 8192, WINDOW = 0xe00, WINDOW_BYTES = 1024, CODE = 0x20000000, CODE_AT = 0x400 };
enum { USES_VECTORS = 1, USES_X87 = 2, USES_MEMORY = 4, USES_DIRECTION = 8, USES_MMX = 16 };
enum {
  FIX_POINTER = 1, FIX_STACK, FIX_CODE, FIX_COUNT, FIX_INDEX, FIX_BIT, FIX_DIVIDEND, FIX_GS_OFFSET, FIX_SAME_REGISTER,
  FIX_SAME_MEMORY, FIX_WORD_CODE, FIX_WORD_CS, FIX_WORD_SS, FIX_WORD_FLAGS, FIX_WORD_STACK, FIX_FXSAVE_IMAGE,
  FIX_X87_IMAGE, FIX_MXCSR_IMAGE, FIX_WINDOW, FIX_SELECTOR, FIX_WORD_SELECTOR
};

struct fixup { int kind, reg, param; };

struct probe {
  int mode, uses, trials, length, fixups;
  char vectors, memory; /* kinds of data: see generate_unit */
  uint8_t code[2048];
  struct fixup fixup[16];
};

struct state {
  uint64_t gpr[16], cr2;
  uint64_t rip;
  uint32_t flags, mxcsr;
  uint16_t fcw, fsw;
  uint8_t ftw;
  uint64_t significand[8]; /* ST(0) to ST(7) */
  uint16_t exponent[8];
  uint8_t xmm[16][16];
  uint8_t page[PAGE_BYTES];
};

static uint32_t rng;

static uint32_t next(void) {
  rng += 0x9e3779b9u;
  uint32_t z = rng;
  z = (z ^ (z >> 16)) * 0x21f0aaadu;
  z = (z ^ (z >> 15)) * 0x735a2d97u;
  return z ^ (z >> 15);
}

static const uint64_t EDGE64[] = {
  0, 1, 2, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000,
  0x7fffffffffffffff, 0x8000000000000000, 0x8000000000000001, 0xfffffffffffffffe, 0xffffffffffffffff,
  0xffffffff80000000, 0xffffffff7fffffff, 0x0123456789abcdef, 0xaaaaaaaaaaaaaaaa
};
static const uint32_t EDGE32F[] = {
  0, 0x80000000, 0x3f800000, 0xbf800000, 0x7f800000, 0xff800000, 0x7fc00000, 0xffc00000, 0x7f800001, 0xffbfffff,
  0x00000001, 0x807fffff, 0x00800000, 0x7f7fffff, 0xff7fffff, 0x4effffff, 0x4f000000, 0xcf000000, 0x5f000000, 0x3f000000,
  0xbfc00000, 0x40200000, 0x7fc12345, 0x34000000
};
static const uint64_t EDGE64F[] = {
  0, 0x8000000000000000, 0x3ff0000000000000, 0xbff0000000000000, 0x7ff0000000000000, 0xfff0000000000000,
  0x7ff8000000000000, 0xfff8000000000000, 0x7ff0000000000001, 0xfff7ffffffffffff, 1, 0x800fffffffffffff,
  0x0010000000000000, 0x7fefffffffffffff, 0xffefffffffffffff, 0x41dfffffffc00000, 0x41e0000000000000,
  0xc1e0000000000000, 0x43e0000000000000, 0x3fe0000000000000, 0xbff8000000000000, 0x4004000000000000,
  0x36a0000000000000, 0x47efffffe0000000
};
static const struct { uint16_t exponent; uint64_t significand; } EDGE80[] = {
  {0, 0}, {0x8000, 0}, {0x3fff, 0x8000000000000000}, {0xbfff, 0x8000000000000000}, {0x7fff, 0x8000000000000000},
  {0xffff, 0x8000000000000000}, {0x7fff, 0xc000000000000000}, {0xffff, 0xc000000000000000}, {0x7fff, 0x8000000000000001},
  {0xffff, 0xa123456789abcdef}, {0, 1}, {0x8000, 0x7fffffffffffffff}, {0, 0x8000000000000000}, {1, 0x8000000000000000},
  {0x7ffe, 0xffffffffffffffff}, {0xfffe, 0xffffffffffffffff}, {0x4000, 0x7fffffffffffffff}, {0x7fff, 0x4000000000000000},
  {0x3ffe, 0x8000000000000000}, {0x4000, 0xc90fdaa22168c235}, {0x403e, 0x8000000000000000}, {0xc03e, 0x8000000000000000},
  {0x401d, 0xfffffffe00000000}, {0x3fff, 0xc000000000000000}
};
#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
/* Selectors of the user segments, of kernel ones, of none, and beyond the table. */
static const uint16_t SELECTORS[] = {
  0, 1, 3, 0x10, 0x18, 0x20, 0x23, 0x2b, 0x28, 0x33, 0x30, 0x88, 0xfff3, 0x2f, 7, 0x22
};
static const uint8_t EDGE8[] = {0, 1, 0x7f, 0x80, 0xff, 0x40, 0xfe, 0x81};

static uint64_t generate64(void) {
  uint32_t r = next();
  uint32_t small = (r >> 8) & 0xff;
  uint64_t low;
  switch (r & 7) {
    case 0: case 1: return EDGE64[(r >> 8) % COUNT(EDGE64)];
    case 2: return small;
    case 3: return ~(uint64_t)small;
    case 4: return next();
    case 5: return (uint64_t)(int64_t)(int32_t)next();
    default: low = next(); return low | (uint64_t)next() << 32;
  }
}

static uint32_t generate32f(void) {
  uint32_t r = next();
  union { float number; uint32_t bits; } value;
  switch (r & 3) {
    case 0: return EDGE32F[(r >> 8) % COUNT(EDGE32F)];
    case 1: return next();
    case 2: return (next() & 0x807fffff) | (119 + ((r >> 8) & 15)) << 23;
    default: value.number = (float)((int32_t)((r >> 8) & 0xffff) - 0x8000); return value.bits;
  }
}

static uint64_t generate64f(void) {
  uint32_t r = next();
  uint64_t low;
  union { double number; uint64_t bits; } value;
  switch (r & 3) {
    case 0: return EDGE64F[(r >> 8) % COUNT(EDGE64F)];
    case 1: low = next(); return low | (uint64_t)next() << 32;
    case 2: low = next(); return low | (uint64_t)((next() & 0x800fffff) | (1015 + ((r >> 8) & 15)) << 20) << 32;
    default: value.number = (double)(int32_t)next(); return value.bits;
  }
}

static void generate80(uint16_t *exponent, uint64_t *significand) {
  uint32_t r = next();
  uint32_t low, high;
  switch (r & 7) {
    case 0: case 1:
      *exponent = EDGE80[(r >> 8) % COUNT(EDGE80)].exponent;
      *significand = EDGE80[(r >> 8) % COUNT(EDGE80)].significand;
      return;
    case 2:
      *exponent = next();
      low = next();
      *significand = low | (uint64_t)next() << 32;
      return;
    case 3: case 4:
      *exponent = ((r >> 16) & 0x8000) | (0x3fff - 16 + ((r >> 8) & 31));
      low = next();
      *significand = low | (uint64_t)(next() | 0x80000000u) << 32;
      return;
    case 5:
      high = next() >> ((r >> 8) & 31);
      if (high == 0) { *exponent = 0; *significand = 0; return; }
      low = __builtin_clz(high);
      *exponent = ((r >> 16) & 0x8000) | (0x3fff + 31 - low);
      *significand = (uint64_t)(high << low) << 32;
      return;
    case 6:
      *exponent = next();
      low = next();
      *significand = low | (uint64_t)(next() | 0x80000000u) << 32;
      return;
    default:
      *exponent = ((r >> 16) & 0x8000) | (0x3fff - 40 + ((r >> 8) & 127));
      low = next() & 0xfffff800;
      *significand = low | (uint64_t)(next() | 0x80000000u) << 32;
  }
}

/* 16 bytes of one kind: g words as in general registers, i packed integers, s and d floats, x extended, b BCD, m a mix */
static void generate_unit(uint8_t *at, char kind) {
  uint32_t r;
  uint16_t exponent;
  if (kind == 'm') kind = "gsdx"[next() & 3];
  switch (kind) {
    case 'g':
      for (int n = 0; n < 2; n++) { uint64_t value = generate64(); memcpy(at + 8 * n, &value, 8); }
      return;
    case 's':
      for (int n = 0; n < 4; n++) { uint32_t value = generate32f(); memcpy(at + 4 * n, &value, 4); }
      return;
    case 'd':
      for (int n = 0; n < 2; n++) { uint64_t value = generate64f(); memcpy(at + 8 * n, &value, 8); }
      return;
    case 'x': {
      uint64_t significand;
      generate80(&exponent, &significand);
      memset(at, 0, 16);
      memcpy(at, &significand, 8);
      memcpy(at + 8, &exponent, 2);
      return;
    }
    case 'b':
      memset(at, 0, 16);
      r = next();
      for (int n = 0; n < 9; n++) { uint32_t pair = next(); at[n] = (pair & 0xff) % 10 | ((pair >> 8) & 0xff) % 10 << 4; }
      at[9] = r & 0x80;
      return;
    default:
      r = next();
      for (int n = 0; n < 4; n++) {
        uint32_t value = next();
        if ((r & 3) == 0) {
          uint32_t edges = 0;
          for (int b = 0; b < 4; b++) edges |= (uint32_t)EDGE8[(value >> (8 * b)) & 7] << (8 * b);
          value = edges;
        } else if ((r & 3) == 1) {
          value = (uint32_t)EDGE64[(value & 0xffff) % 14] << 16 | (EDGE64[(value >> 16) % 14] & 0xffff);
        }
        memcpy(at + 4 * n, &value, 4);
      }
  }
}

static void generate_vectors(struct state *s, char kind) {
  uint32_t r = next();
  s->mxcsr = 0x1f80;
  if ((r & 3) == 3) {
    s->mxcsr |= ((r >> 8) & 3) << 13 | ((r >> 10) & 1) << 15 | ((r >> 11) & 1) << 6 | ((r >> 16) & 0x3f);
    if (((r >> 24) & 7) == 0) s->mxcsr &= ~(((r >> 2) & 0x3f) << 7);
  }
  for (int n = 0; n < 16; n++) generate_unit(s->xmm[n], kind);
}

static void generate_x87(struct state *s, int mmx) {
  uint32_t r = next();
  uint32_t c = next();
  s->fcw = 0x037f;
  if ((c & 3) == 3) {
    s->fcw = 0x007f | ((c >> 8) & 3) << 10 | "\0\2\3\3"[(c >> 10) & 3] << 8;
    if (((c >> 12) & 7) == 0) s->fcw &= ~((c >> 16) & 0x3f);
  }
  uint32_t top = r & 1 ? (r >> 4) & 7 : 0;
  s->fsw = top << 11 | ((r >> 8) & 0x47) << 8;
  if (((r >> 16) & 7) == 0) s->fsw |= (r >> 20) & 0x7f;
  if (s->fsw & ~s->fcw & 0x3f) s->fsw |= 0x8080;
  uint32_t tags = (r >> 1) & 3;
  uint32_t f = next();
  if (tags == 0) s->ftw = 0xff;
  else if (tags == 1) s->ftw = f;
  else s->ftw = 0xff & ~(1 << ((top + 7) & 7) | 1 << ((top + 6) & 7));
  for (int n = 0; n < 8; n++) {
    if (mmx) {
      uint8_t unit[16];
      generate_unit(unit, 'i');
      memcpy(&s->significand[n], unit, 8);
      s->exponent[n] = 0xffff;
    } else generate80(&s->exponent[n], &s->significand[n]);
  }
}

static uint64_t pointer_of(uint32_t r, int mode) {
  uint32_t offset = r >> 8;
  switch (r & 31) {
    case 0: return PAGE + PAGE_BYTES - 1 - (offset & 15);
    case 1: return PAGE + PAGE_BYTES + (offset & 0xff);
    case 2: return CODE + 0x100 + (offset & 0xff);
    case 3: if (mode == 64) return 0x0000800030000000; /* fall through */
    case 4: case 5: case 6: case 7: return PAGE + WINDOW + 256 + (offset & 255);
    default: return PAGE + WINDOW + 256 + (offset & 15) * 16;
  }
}

static uint64_t stack_of(uint32_t r, int mode) {
  uint32_t offset = r >> 8;
  switch (r & 31) {
    case 0: return PAGE + PAGE_BYTES + 4;
    case 1: return PAGE + (offset & 7);
    case 2: if (mode == 64) return 0x0000800030000000; /* fall through */
    case 3: case 4: return PAGE + WINDOW + 256 + (offset & 255);
    default: return PAGE + WINDOW + 256 + (offset & 31) * 8;
  }
}

/* Where [address, address + size) lies in the page, else -1. */
static int offset_in_page(uint64_t address, int size) {
  return address >= PAGE && address + size <= PAGE + PAGE_BYTES ? (int)(address - PAGE) : -1;
}

static void put(struct state *s, uint64_t address, int size, uint64_t value) {
  int at = offset_in_page(address, size);
  if (at >= 0) memcpy(s->page + at, &value, size);
}

static void same_memory(struct state *s, const struct fixup *f) {
  int at = offset_in_page(s->gpr[f->reg], 16);
  uint32_t half;
  if (!(next() & 1) || at < 0) return;
  if (f->param == 1) {
    memcpy(&half, s->page + at, 4); s->gpr[0] = half;
    memcpy(&half, s->page + at + 4, 4); s->gpr[2] = half;
    return;
  }
  memcpy(&s->gpr[0], s->page + at, 8);
  if (f->param == 2) memcpy(&s->gpr[2], s->page + at + 8, 8);
}

static void dividend(struct state *s) {
  uint32_t r = next();
  if ((r & 3) == 0) return;
  if ((r & 3) == 1) s->gpr[0] &= 0xff;
  s->gpr[2] = (r & 3) == 3 ? (uint64_t)((int64_t)s->gpr[0] >> 63) : 0;
}

static void image(struct state *s, const struct fixup *f) {
  uint64_t at = s->gpr[f->reg];
  uint32_t r = next();
  if (f->kind == FIX_MXCSR_IMAGE) {
    if (r & 7) put(s, at, 4, next() & 0xffff);
    return;
  }
  int step = f->kind == FIX_FXSAVE_IMAGE ? 2 : f->param;
  put(s, at, 2, 0x037f | ((r >> 8) & 0xc00));
  put(s, at + step, 2, (r >> 16) & 0x7f00);
  if (f->kind == FIX_FXSAVE_IMAGE && (r & 7)) put(s, at + 24, 4, 0x1f80 | (next() & 0xe03f));
}

static void apply(struct state *s, const struct probe *p, const struct fixup *f) {
  uint64_t *reg = &s->gpr[f->reg];
  uint32_t r;
  int size = f->param & 0xff, offset = f->param >> 8;
  switch (f->kind) {
    case FIX_POINTER: *reg = pointer_of(next(), p->mode); return;
    case FIX_STACK: *reg = stack_of(next(), p->mode); return;
    case FIX_CODE: *reg = CODE + 0x800 + (next() & 0xff); return;
    case FIX_WINDOW: *reg = PAGE + WINDOW + 448; return;
    case FIX_SELECTOR: *reg = (*reg & ~0xffffull) | SELECTORS[next() & 15]; return;
    case FIX_WORD_SELECTOR: put(s, *reg + offset, size, SELECTORS[next() & 15]); return;
    case FIX_COUNT: r = next(); *reg = (r & 15) == 0 ? 0 : (r & 15) == 1 ? 100 : (r >> 8) % 12; return;
    case FIX_INDEX: r = next(); *reg = (r >> 8) & 7; return;
    case FIX_BIT: *reg = (uint64_t)((int64_t)(next() & 1023) - 512); return;
    case FIX_DIVIDEND: dividend(s); return;
    case FIX_GS_OFFSET: *reg = WINDOW + 256 + (next() & 255); return;
    case FIX_SAME_REGISTER: if (next() & 1) s->gpr[0] = *reg; return;
    case FIX_SAME_MEMORY: same_memory(s, f); return;
    case FIX_WORD_CODE: put(s, *reg + offset, size, CODE + 0x800 + (next() & 0xff)); return;
    case FIX_WORD_CS: put(s, *reg + offset, size, p->mode == 64 ? 0x33 : 0x23); return;
    case FIX_WORD_SS: put(s, *reg + offset, size, 0x2b); return;
    case FIX_WORD_FLAGS: put(s, *reg + offset, size, 0x202 | (next() & 0x244cd5)); return;
    case FIX_WORD_STACK: put(s, *reg + offset, size, PAGE + WINDOW + 256 + (next() & 255)); return;
    default: image(s, f);
  }
}

/* FNV-1a over the mode and the code: a probe's trials do not depend on its place in the file. */
static uint32_t probe_seed(const struct probe *p, int trial) {
  uint32_t hash = 0x811c9dc5u;
  hash = (hash ^ p->mode) * 0x01000193u;
  for (int n = 0; n < p->length; n++) hash = (hash ^ p->code[n]) * 0x01000193u;
  return (hash ^ trial) * 0x01000193u;
}

static void generate(struct state *s, const struct probe *p, int trial) {
  memset(s, 0, sizeof *s);
  rng = probe_seed(p, trial);
  for (int n = 0; n < 16; n++) s->gpr[n] = generate64();
  uint32_t r = next();
  s->flags = 0x202 | (r & 0x8d5);
  if ((p->uses & USES_DIRECTION) && (r & 0x10000)) s->flags |= 0x400;
  s->mxcsr = 0x1f80;
  s->fcw = 0x037f;
  if (p->uses & USES_VECTORS) generate_vectors(s, p->vectors);
  if (p->uses & (USES_X87 | USES_MMX)) generate_x87(s, p->uses & USES_MMX);
  if (p->uses & USES_MEMORY)
    for (int n = 0; n < WINDOW_BYTES; n += 16) generate_unit(s->page + WINDOW + n, p->memory);
  if (p->mode == 32) {
    for (int n = 0; n < 8; n++) s->gpr[n] &= 0xffffffff;
    for (int n = 8; n < 16; n++) s->gpr[n] = 0;
  }
  for (int n = 0; n < p->fixups; n++) {
    apply(s, p, &p->fixup[n]);
    if (p->mode == 32) for (int reg = 0; reg < 8; reg++) s->gpr[reg] &= 0xffffffff;
  }
  s->rip = CODE + CODE_AT;
}
