/** Random values with many edge cases among them: the twin of the generate functions in generator.h. */
import { SplitMix } from './random.ts';
import type { DataKind } from './probe.ts';

/** A 64-bit value in halves. */
export type Pair = readonly [low: number, high: number];
/** A value of 80 bits: sign and exponent, then the significand in halves. */
type Extended = readonly [exponent: number, high: number, low: number];

const LOW = 0xffffffffn;
const pair = (value: bigint): Pair => [Number(value & LOW), Number(value >> 32n)];
const words = (text: string): readonly bigint[] =>
  text
    .trim()
    .split(/\s+/)
    .map((word) => BigInt(`0x${word}`));

const EDGE64 = words(`
  0 1 2 7f 80 ff 100 7fff 8000 ffff 10000 7fffffff 80000000 ffffffff 100000000
  7fffffffffffffff 8000000000000000 8000000000000001 fffffffffffffffe ffffffffffffffff
  ffffffff80000000 ffffffff7fffffff 0123456789abcdef aaaaaaaaaaaaaaaa`).map(pair);
const EDGE32F = words(`
  0 80000000 3f800000 bf800000 7f800000 ff800000 7fc00000 ffc00000 7f800001 ffbfffff
  00000001 807fffff 00800000 7f7fffff ff7fffff 4effffff 4f000000 cf000000 5f000000 3f000000
  bfc00000 40200000 7fc12345 34000000`).map(Number);
const EDGE64F = words(`
  0 8000000000000000 3ff0000000000000 bff0000000000000 7ff0000000000000 fff0000000000000
  7ff8000000000000 fff8000000000000 7ff0000000000001 fff7ffffffffffff 1 800fffffffffffff
  0010000000000000 7fefffffffffffff ffefffffffffffff 41dfffffffc00000 41e0000000000000
  c1e0000000000000 43e0000000000000 3fe0000000000000 bff8000000000000 4004000000000000
  36a0000000000000 47efffffe0000000`).map(pair);
/**
 * Zeros, ones, infinities, NaNs, denormals, limits, unnormals, halves, pi, integers at the limits; 20 digits
 * each.
 */
const EDGE80 = words(`
  0 80000000000000000000 3fff8000000000000000 bfff8000000000000000 7fff8000000000000000
  ffff8000000000000000 7fffc000000000000000 ffffc000000000000000 7fff8000000000000001
  ffffa123456789abcdef 1 80007fffffffffffffff 00008000000000000000 00018000000000000000
  7ffeffffffffffffffff fffeffffffffffffffff 40007fffffffffffffff 7fff4000000000000000
  3ffe8000000000000000 4000c90fdaa22168c235 403e8000000000000000 c03e8000000000000000
  401dfffffffe00000000 3fffc000000000000000`).map((value): Extended => [
  Number(value >> 64n),
  Number((value >> 32n) & LOW),
  Number(value & LOW),
]);
const EDGE8: readonly number[] = [0, 1, 0x7f, 0x80, 0xff, 0x40, 0xfe, 0x81];

/** A stream of values from one seed. */
export class Values {
  private readonly random: SplitMix;
  private readonly scratch = new DataView(new ArrayBuffer(8));

  constructor(seed: number) {
    this.random = new SplitMix(seed);
  }

  next(): number {
    return this.random.next();
  }

  word64(): Pair {
    const r = this.next();
    const small = (r >>> 8) & 0xff;
    switch (r & 7) {
      case 0:
      case 1:
        return EDGE64[(r >>> 8) % EDGE64.length]!;
      case 2:
        return [small, 0];
      case 3:
        return [~small >>> 0, 0xffffffff];
      case 4:
        return [this.next(), 0];
      case 5: {
        const low = this.next();
        return [low, (low >> 31) >>> 0];
      }
      default:
        return [this.next(), this.next()];
    }
  }

  private float32(): number {
    const r = this.next();
    switch (r & 3) {
      case 0:
        return EDGE32F[(r >>> 8) % EDGE32F.length]!;
      case 1:
        return this.next();
      case 2:
        return ((this.next() & 0x807fffff) | ((119 + ((r >>> 8) & 15)) << 23)) >>> 0;
      default:
        this.scratch.setFloat32(0, ((r >>> 8) & 0xffff) - 0x8000);
        return this.scratch.getUint32(0);
    }
  }

  private float64(): Pair {
    const r = this.next();
    switch (r & 3) {
      case 0:
        return EDGE64F[(r >>> 8) % EDGE64F.length]!;
      case 1:
        return [this.next(), this.next()];
      case 2: {
        const low = this.next();
        return [low, ((this.next() & 0x800fffff) | ((1015 + ((r >>> 8) & 15)) << 20)) >>> 0];
      }
      default:
        this.scratch.setFloat64(0, this.next() | 0);
        return [this.scratch.getUint32(4), this.scratch.getUint32(0)];
    }
  }

  float80(): Extended {
    const r = this.next();
    switch (r & 7) {
      case 0:
      case 1:
        return EDGE80[(r >>> 8) % EDGE80.length]!;
      case 2: {
        const exponent = this.next() & 0xffff;
        const low = this.next();
        return [exponent, this.next(), low];
      }
      case 3:
      case 4: {
        const low = this.next();
        return [
          ((r >>> 16) & 0x8000) | (0x3fff - 16 + ((r >>> 8) & 31)),
          (this.next() | 0x80000000) >>> 0,
          low,
        ];
      }
      case 5:
        return this.integer80(r);
      case 6: {
        const exponent = this.next() & 0xffff;
        const low = this.next();
        return [exponent, (this.next() | 0x80000000) >>> 0, low];
      }
      default: {
        const low = (this.next() & 0xfffff800) >>> 0;
        const exponent = ((r >>> 16) & 0x8000) | (0x3fff - 40 + ((r >>> 8) & 127));
        return [exponent, (this.next() | 0x80000000) >>> 0, low];
      }
    }
  }

  private integer80(r: number): Extended {
    const high = this.next() >>> ((r >>> 8) & 31);
    if (high === 0) return [0, 0, 0];
    const shift = Math.clz32(high);
    return [((r >>> 16) & 0x8000) | (0x3fff + 31 - shift), (high << shift) >>> 0, 0];
  }

  /** 16 bytes of one kind. */
  unit(view: DataView, at: number, kind: DataKind): void {
    switch (kind === 'm' ? 'gsdx'[this.next() & 3] : kind) {
      case 'g':
        for (let n = 0; n < 2; n++) putPair(view, at + 8 * n, this.word64());
        return;
      case 's':
        for (let n = 0; n < 4; n++) view.setUint32(at + 4 * n, this.float32(), true);
        return;
      case 'd':
        for (let n = 0; n < 2; n++) putPair(view, at + 8 * n, this.float64());
        return;
      case 'x': {
        const [exponent, high, low] = this.float80();
        putPair(view, at, [low, high]);
        putPair(view, at + 8, [exponent, 0]);
        return;
      }
      case 'b':
        return this.decimal(view, at);
      default:
        return this.integers(view, at);
    }
  }

  private decimal(view: DataView, at: number): void {
    putPair(view, at + 8, [0, 0]);
    const r = this.next();
    for (let n = 0; n < 9; n++) {
      const pair = this.next();
      view.setUint8(at + n, ((pair & 0xff) % 10) | ((((pair >>> 8) & 0xff) % 10) << 4));
    }
    view.setUint8(at + 9, r & 0x80);
  }

  private integers(view: DataView, at: number): void {
    const r = this.next();
    for (let n = 0; n < 4; n++) {
      let value = this.next();
      if ((r & 3) === 0) {
        let edges = 0;
        for (let b = 0; b < 4; b++) edges |= EDGE8[(value >>> (8 * b)) & 7]! << (8 * b);
        value = edges;
      } else if ((r & 3) === 1) {
        const low = EDGE64[(value >>> 16) % 14]![0] & 0xffff;
        value = (EDGE64[(value & 0xffff) % 14]![0] << 16) | low;
      }
      view.setUint32(at + 4 * n, value >>> 0, true);
    }
  }
}

function putPair(view: DataView, at: number, [low, high]: Pair): void {
  view.setUint32(at, low, true);
  view.setUint32(at + 4, high, true);
}
