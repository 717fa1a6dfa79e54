/* Follows a random cycle through 4 MiB: every load depends on the last one and misses most caches and TLBs. */
#include "kernel.h"

#define COUNT (1 << 20)

static uint32_t follower[COUNT];

uint32_t kernel(void) {
    uint32_t seed = 3, at = 0, sum = 0;
    for (uint32_t i = 0; i < COUNT; i++) follower[i] = i;
    /* Sattolo's shuffle gives a permutation that is one cycle. */
    for (uint32_t i = COUNT - 1; i > 0; i--) {
        uint32_t j = (uint32_t)((uint64_t)next(&seed) * i >> 32);
        uint32_t swap = follower[i];
        follower[i] = follower[j];
        follower[j] = swap;
    }
    for (uint32_t i = 0; i < 6 * COUNT; i++) {
        at = follower[at];
        sum += at ^ i;
    }
    return sum;
}
