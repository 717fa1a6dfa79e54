/* Copies one MiB forty times, a machine word at a time. */
#include "kernel.h"

#define BYTES (1 << 20)
#define WORDS (BYTES / sizeof(unsigned long))

static unsigned long from[WORDS], to[WORDS];

static void copy(unsigned long *restrict to, const unsigned long *restrict from, unsigned long words) {
    for (unsigned long i = 0; i < words; i++) to[i] = from[i];
}

uint32_t kernel(void) {
    uint32_t seed = 5, sum = 0;
    uint8_t *bytes = (uint8_t *)from;
    for (int i = 0; i < BYTES; i += 64) bytes[i] = next(&seed) >> 24;
    for (int i = 0; i < 40; i++) {
        bytes[i] = i;
        copy(to, from, WORDS);
    }
    bytes = (uint8_t *)to;
    for (int i = 0; i < BYTES; i++) sum = sum * 33 + bytes[i];
    return sum;
}
