/* The primes below four million, a byte for each number: loads, stores and short loops. */
#include "kernel.h"

#define LIMIT 4000000

static uint8_t composite[LIMIT];

uint32_t kernel(void) {
    uint32_t count = 0;
    for (uint32_t i = 2; i < LIMIT; i++) {
        if (composite[i]) continue;
        count++;
        if (i < 2000)
            for (uint32_t j = i * i; j < LIMIT; j += i) composite[j] = 1;
    }
    return count;
}
