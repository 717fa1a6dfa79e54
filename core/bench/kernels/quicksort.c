/* Quicksort of 300 thousand numbers: compares, swaps and branches nobody can foresee. */
#include "kernel.h"

#define COUNT 300000

static uint32_t values[COUNT];

static void sort(uint32_t *low, uint32_t *high) {
    while (low < high) {
        uint32_t pivot = low[(high - low) / 2];
        uint32_t *i = low - 1, *j = high + 1;
        for (;;) {
            do i++; while (*i < pivot);
            do j--; while (*j > pivot);
            if (i >= j) break;
            uint32_t swap = *i;
            *i = *j;
            *j = swap;
        }
        sort(low, j);
        low = j + 1;
    }
}

uint32_t kernel(void) {
    uint32_t seed = 7, sum = 0;
    for (int i = 0; i < COUNT; i++) values[i] = next(&seed);
    sort(values, values + COUNT - 1);
    for (int i = 0; i < COUNT; i++) sum = sum * 31 + values[i];
    return sum;
}
