/**
 * The kernels of core/bench/kernels/ told in AssemblyScript, word for word: what translated code is measured by. Arrays lie
 * at fixed places of linear memory, as C has them in its zeroed data.
 */

/** Where the arrays are: above everything else. */
const FIRST: usize = 0x100000;
const SECOND: usize = 0x200000;

let seed: u32 = 0;

/** The next number of a 32-bit linear congruential generator. */
function next(): u32 {
  seed = seed * 1664525 + 1013904223;
  return seed;
}

// prettier-ignore
const K: usize = memory.data<u32>([
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
  0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
]);
// prettier-ignore
const state: usize = memory.data<u32>([
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
]);
const schedule: usize = memory.data(256, 16);
const block: usize = memory.data(64, 16);
const SHA_BLOCKS = 16384;

function at(base: usize, index: u32): u32 {
  return load<u32>(base + (index << 2));
}

function put(base: usize, index: u32, value: u32): void {
  store<u32>(base + (index << 2), value);
}

function compress(): void {
  for (let i = 0; i < 16; i++) put(schedule, i, at(block, i));
  for (let i = 16; i < 64; i++) {
    const w15 = at(schedule, i - 15);
    const w2 = at(schedule, i - 2);
    const s0 = rotr<u32>(w15, 7) ^ rotr<u32>(w15, 18) ^ (w15 >> 3);
    const s1 = rotr<u32>(w2, 17) ^ rotr<u32>(w2, 19) ^ (w2 >> 10);
    put(schedule, i, at(schedule, i - 16) + s0 + at(schedule, i - 7) + s1);
  }
  let a = at(state, 0);
  let b = at(state, 1);
  let c = at(state, 2);
  let d = at(state, 3);
  let e = at(state, 4);
  let f = at(state, 5);
  let g = at(state, 6);
  let h = at(state, 7);
  for (let i = 0; i < 64; i++) {
    const s1 = rotr<u32>(e, 6) ^ rotr<u32>(e, 11) ^ rotr<u32>(e, 25);
    const t1 = h + s1 + ((e & f) ^ (~e & g)) + at(K, i) + at(schedule, i);
    const s0 = rotr<u32>(a, 2) ^ rotr<u32>(a, 13) ^ rotr<u32>(a, 22);
    const t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
    h = g;
    g = f;
    f = e;
    e = d + t1;
    d = c;
    c = b;
    b = a;
    a = t1 + t2;
  }
  put(state, 0, at(state, 0) + a);
  put(state, 1, at(state, 1) + b);
  put(state, 2, at(state, 2) + c);
  put(state, 3, at(state, 3) + d);
  put(state, 4, at(state, 4) + e);
  put(state, 5, at(state, 5) + f);
  put(state, 6, at(state, 6) + g);
  put(state, 7, at(state, 7) + h);
}

export function sha256(): u32 {
  seed = 1;
  for (let i = 0; i < SHA_BLOCKS; i++) {
    for (let j = 0; j < 16; j++) put(block, j, next());
    compress();
  }
  return at(state, 0) ^ at(state, 7);
}

const SIEVE_LIMIT: u32 = 4000000;

export function sieve(): u32 {
  let count: u32 = 0;
  for (let i: u32 = 2; i < SIEVE_LIMIT; i++) {
    if (load<u8>(FIRST + i)) continue;
    count++;
    if (i < 2000) for (let j = i * i; j < SIEVE_LIMIT; j += i) store<u8>(FIRST + j, 1);
  }
  return count;
}

const SORT_COUNT = 300000;

function sort(low: usize, high: usize): void {
  while (low < high) {
    const pivot = load<u32>(low + ((((high - low) >> 2) / 2) << 2));
    let i = low - 4;
    let j = high + 4;
    for (;;) {
      do {
        i += 4;
      } while (load<u32>(i) < pivot);
      do {
        j -= 4;
      } while (load<u32>(j) > pivot);
      if (i >= j) break;
      const swap = load<u32>(i);
      store<u32>(i, load<u32>(j));
      store<u32>(j, swap);
    }
    sort(low, j);
    low = j + 4;
  }
}

export function quicksort(): u32 {
  seed = 7;
  for (let i = 0; i < SORT_COUNT; i++) put(FIRST, i, next());
  sort(FIRST, FIRST + (SORT_COUNT - 1) * 4);
  let sum: u32 = 0;
  for (let i = 0; i < SORT_COUNT; i++) sum = sum * 31 + at(FIRST, i);
  return sum;
}

function fib(n: u32): u32 {
  return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

export function fibonacci(): u32 {
  return fib(32);
}

const CHASE_COUNT: u32 = 1 << 20;

export function chase(): u32 {
  seed = 3;
  let place: u32 = 0;
  let sum: u32 = 0;
  for (let i: u32 = 0; i < CHASE_COUNT; i++) put(FIRST, i, i);
  for (let i: u32 = CHASE_COUNT - 1; i > 0; i--) {
    const j = <u32>((<u64>next() * i) >> 32);
    const swap = at(FIRST, i);
    put(FIRST, i, at(FIRST, j));
    put(FIRST, j, swap);
  }
  for (let i: u32 = 0; i < 6 * CHASE_COUNT; i++) {
    place = at(FIRST, place);
    sum += place ^ i;
  }
  return sum;
}

const COPY_BYTES: u32 = 1 << 20;

function copyWords(to: usize, from: usize, words: u32): void {
  for (let i: u32 = 0; i < words; i++) store<u64>(to + (i << 3), load<u64>(from + (i << 3)));
}

export function copy(): u32 {
  seed = 5;
  for (let i: u32 = 0; i < COPY_BYTES; i += 64) store<u8>(FIRST + i, next() >> 24);
  for (let i: u32 = 0; i < 40; i++) {
    store<u8>(FIRST + i, i);
    copyWords(SECOND, FIRST, COPY_BYTES / 8);
  }
  let sum: u32 = 0;
  for (let i: u32 = 0; i < COPY_BYTES; i++) sum = sum * 33 + load<u8>(SECOND + i);
  return sum;
}

export function multiply(): u32 {
  let x: u64 = 0x9e3779b97f4a7c15;
  for (let i: u32 = 0; i < 4000000; i++) {
    x ^= x >> 29;
    x *= 0xbf58476d1ce4e5b9;
    x ^= i;
  }
  return <u32>(x ^ (x >> 32));
}
