/* What every kernel is: one function, no library, the same result on every machine. */
#ifndef KERNEL_H
#define KERNEL_H

#include <stdint.h>

/* Does the work and returns a checksum of it. */
uint32_t kernel(void);

/* The next number of a 32-bit linear congruential generator. */
static inline uint32_t next(uint32_t *state) {
    *state = *state * 1664525u + 1013904223u;
    return *state;
}

#endif
