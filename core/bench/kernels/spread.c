/* Code that is spread out: two thousand functions of a few blocks each, every one of them in turn, so that none is hotter than another. */
#include "kernel.h"

#define WORDS 1024

static uint32_t words[WORDS];

#define STEP(n)                                                                                                        \
    static __attribute__((noinline)) uint32_t step##n(uint32_t x) {                                                    \
        uint32_t at = (x >> 9) % WORDS;                                                                                \
        x = x * (2 * 0x##n + 5) + 0x##n;                                                                               \
        if (x & 0x100000) words[at] += x ^ 0x##n;                                                                      \
        else x ^= words[at] >> 3;                                                                                      \
        return x;                                                                                                      \
    }
#define CALL(n) x = step##n(x);

#define SIXTEEN(DO, p)                                                                                                 \
    DO(p##0) DO(p##1) DO(p##2) DO(p##3) DO(p##4) DO(p##5) DO(p##6) DO(p##7)                                            \
    DO(p##8) DO(p##9) DO(p##a) DO(p##b) DO(p##c) DO(p##d) DO(p##e) DO(p##f)
#define GROUP(p)                                                                                                       \
    SIXTEEN(STEP, p)                                                                                                   \
    static __attribute__((noinline)) uint32_t group##p(uint32_t x) {                                                   \
        SIXTEEN(CALL, p)                                                                                               \
        return x;                                                                                                      \
    }
#define CALL_GROUP(p) x = group##p(x);
#define GROUPS(DO, p) DO(p##0) DO(p##1) DO(p##2) DO(p##3) DO(p##4) DO(p##5) DO(p##6) DO(p##7)
#define ALL(DO) GROUPS(DO, 0) GROUPS(DO, 1) GROUPS(DO, 2) GROUPS(DO, 3)

ALL(GROUP)

uint32_t kernel(void) {
    uint32_t x = 1;
    for (uint32_t i = 0; i < 200000; i++) {
        ALL(CALL_GROUP)
    }
    return x;
}
