/* Fibonacci by recursion: calls, returns and the stack. */
#include "kernel.h"

__attribute__((noinline, optimize("no-optimize-sibling-calls"))) static uint32_t fibonacci(uint32_t n) {
    return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

uint32_t kernel(void) {
    return fibonacci(32);
}
