/* Multiplies and mixes 64-bit numbers: one chain of dependent arithmetic. */
#include "kernel.h"

uint32_t kernel(void) {
    uint64_t x = 0x9e3779b97f4a7c15u;
    for (uint32_t i = 0; i < 4000000; i++) {
        x ^= x >> 29;
        x *= 0xbf58476d1ce4e5b9u;
        x ^= i;
    }
    return (uint32_t)(x ^ x >> 32);
}
