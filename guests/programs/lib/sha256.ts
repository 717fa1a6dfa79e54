/** SHA-256 (FIPS 180-4), of bytes that come in pieces. */

const BLOCK: i32 = 64;
/** Where the length in bits begins in the last block. */
const LENGTH_AT: i32 = 56;

const K: StaticArray<u32> = [
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98,
  0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
  0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8,
  0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
  0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819,
  0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
  0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
  0xc67178f2,
];

export class Sha256 {
  private state: StaticArray<u32> = [
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
  ];
  private schedule: StaticArray<u32> = new StaticArray<u32>(64);
  /** What does not fill a block yet. */
  private rest: StaticArray<u8> = new StaticArray<u8>(BLOCK);
  private restBytes: i32 = 0;
  private bytes: u64 = 0;

  add(at: usize, count: i32): void {
    this.bytes += count;
    const rest = changetype<usize>(this.rest);
    while (count > 0) {
      if (this.restBytes == 0 && count >= BLOCK) {
        this.block(at);
        at += BLOCK;
        count -= BLOCK;
        continue;
      }
      const part = min(count, BLOCK - this.restBytes);
      memory.copy(rest + this.restBytes, at, part);
      this.restBytes += part;
      at += part;
      count -= part;
      if (this.restBytes < BLOCK) return;
      this.block(rest);
      this.restBytes = 0;
    }
  }

  /** The digest's eight words. Nothing may be added any more. */
  finish(): StaticArray<u32> {
    const bits = this.bytes * 8;
    const rest = changetype<usize>(this.rest);
    store<u8>(rest + this.restBytes++, 0x80);
    if (this.restBytes > LENGTH_AT) {
      memory.fill(rest + this.restBytes, 0, BLOCK - this.restBytes);
      this.block(rest);
      this.restBytes = 0;
    }
    memory.fill(rest + this.restBytes, 0, LENGTH_AT - this.restBytes);
    store<u64>(rest + LENGTH_AT, bswap<u64>(bits));
    this.block(rest);
    return this.state;
  }

  private block(at: usize): void {
    const w = changetype<usize>(this.schedule);
    for (let n: usize = 0; n < 16; n++) store<u32>(w + n * 4, bswap<u32>(load<u32>(at + n * 4)));
    for (let n: usize = 16; n < 64; n++) {
      const x = load<u32>(w + (n - 15) * 4);
      const y = load<u32>(w + (n - 2) * 4);
      const low = rotr<u32>(x, 7) ^ rotr<u32>(x, 18) ^ (x >> 3);
      const high = rotr<u32>(y, 17) ^ rotr<u32>(y, 19) ^ (y >> 10);
      store<u32>(w + n * 4, load<u32>(w + (n - 16) * 4) + low + load<u32>(w + (n - 7) * 4) + high);
    }
    this.rounds(w);
  }

  private rounds(w: usize): void {
    const s = changetype<usize>(this.state);
    const k = changetype<usize>(K);
    let a = load<u32>(s);
    let b = load<u32>(s + 4);
    let c = load<u32>(s + 8);
    let d = load<u32>(s + 12);
    let e = load<u32>(s + 16);
    let f = load<u32>(s + 20);
    let g = load<u32>(s + 24);
    let h = load<u32>(s + 28);
    for (let n: usize = 0; n < 64; n++) {
      const sum = h + (rotr<u32>(e, 6) ^ rotr<u32>(e, 11) ^ rotr<u32>(e, 25)) + ((e & f) ^ (~e & g));
      const first = sum + load<u32>(k + n * 4) + load<u32>(w + n * 4);
      const second = (rotr<u32>(a, 2) ^ rotr<u32>(a, 13) ^ rotr<u32>(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
      h = g;
      g = f;
      f = e;
      e = d + first;
      d = c;
      c = b;
      b = a;
      a = first + second;
    }
    store<u32>(s, load<u32>(s) + a);
    store<u32>(s + 4, load<u32>(s + 4) + b);
    store<u32>(s + 8, load<u32>(s + 8) + c);
    store<u32>(s + 12, load<u32>(s + 12) + d);
    store<u32>(s + 16, load<u32>(s + 16) + e);
    store<u32>(s + 20, load<u32>(s + 20) + f);
    store<u32>(s + 24, load<u32>(s + 24) + g);
    store<u32>(s + 28, load<u32>(s + 28) + h);
  }
}
