/**
 * The transcendental functions against answers computed with 2000 bits and rounded to nearest (angles reduced by the
 * processor's 66-bit π, as SDM vol. 1, 8.3.8 has it).
 */
import { describe, expect, test } from 'vitest';
import { execute } from './execute.ts';

const ONE = '3fff8000000000000000';
const ZERO = '00000000000000000000';
const MINUS_ZERO = '80000000000000000000';
const INFINITY = '7fff8000000000000000';
const MINUS_INFINITY = 'ffff8000000000000000';
const DEFAULT_NAN = 'ffffc000000000000000';
const PI = '4000c90fdaa22168c235';
const [IE, DE, ZE, UE, PE] = [1, 2, 4, 16, 32];
const EXCEPTIONS = 0x3f;
const C2 = 0x400;

const result = (instruction: string, ...stack: string[]) => execute(instruction, { stack }).st(0);

describe('angles', () => {
  test.each([
    ['3fff8000000000000000', '3ffed76aa47848677021', '3ffe8a51407da8345c92', '3fffc75922e5f71d2dc5'],
    ['3ffec90fdaa22168c235', '3ffeb504f333f9de6485', '3ffeb504f333f9de6484', '3fff8000000000000000'],
    ['4000c90fdaa22168c235', 'bfbf8000000000000000', 'bfff8000000000000000', '3fbf8000000000000000'],
    ['c002a000000000000000', '3ffe8b44f7af9a7a92cf', 'bffed6cd64486358f905', 'bffea5faf9a5f1bc12f0'],
    ['403ddeadbeefcafebabe', 'bffefffdfdb284ba1236', '3ff8804959d0b189bad8', 'c005ff6b9f1882f825c3'],
    ['3fc09876543210fedcba', '3fc09876543210fedcba', '3fff8000000000000000', '3fc09876543210fedcba'],
    ['3ff0ffffffffffffffff', '3ff0fffffffd55555556', '3ffefffffff80000000b', '3ff180000002aaaaaabb'],
    ['401eb504f333f9de6484', 'bffeffcd6847b2e0b992', 'bffaa0ea158d8a560c1c', '4003cb7aa17783ec10cb'],
  ])('sine, cosine and tangent of %s', (angle, sine, cosine, tangent) => {
    expect(result('fsin', angle)).toBe(sine);
    expect(result('fcos', angle)).toBe(cosine);
    const both = execute('fsincos', { stack: [angle] });
    expect([both.st(0), both.st(1)]).toEqual([cosine, sine]);
    const quotient = execute('fptan', { stack: [angle] });
    expect([quotient.st(0), quotient.st(1)]).toEqual([ONE, tangent]);
    expect(quotient.fsw & EXCEPTIONS).toBe(PE);
  });

  test('an angle of 2^63 and more is left alone, with C2 set', () => {
    const big = '403e8000000000000000';
    const after = execute('fptan', { stack: [big] });
    expect([after.st(0), after.st(1), after.fsw & C2, after.fsw & EXCEPTIONS]).toEqual([big, 'empty', C2, 0]);
  });

  test('0, infinity, and a sine that is tiny', () => {
    const zero = execute('fsin', { stack: [MINUS_ZERO], fsw: C2 });
    expect([zero.st(0), zero.fsw & (C2 | EXCEPTIONS)]).toEqual([MINUS_ZERO, 0]);
    expect(result('fcos', ZERO)).toBe(ONE);
    const infinite = execute('fsincos', { stack: [INFINITY] });
    expect([infinite.st(0), infinite.st(1), infinite.fsw & EXCEPTIONS]).toEqual([
      DEFAULT_NAN,
      DEFAULT_NAN,
      IE,
    ]);
    const denormal = execute('fsin', { stack: ['00000000000000000001'] });
    expect([denormal.st(0), denormal.fsw & EXCEPTIONS]).toEqual(['00000000000000000001', DE | UE | PE]);
  });
});

test.each([
  ['3ffe8000000000000000', '3ffdd413cccfe7799211'],
  ['bffeffffffffffffffff', 'bffdffffffffffffffff'],
  ['3fbf8000000000000000', '3fbeb17217f7d1cf79ac'],
  ['3ffdaaaaaaaaaaaaaaab', '3ffd85145f31ae515c45'],
  ['bff0deadbeefcafebabe', 'bff09a58a51d487dea68'],
  [ONE, ONE],
  ['bfff8000000000000000', 'bffe8000000000000000'],
])('2^%s - 1', (x, power) => {
  expect(result('f2xm1', x)).toBe(power);
});

describe('logarithms', () => {
  test.each([
    ['3fff8000000000000000', '4000c000000000000000', '3fffcae00d1cfdeb43d0'],
    ['3ffd9a209a84fbcff799', '4005c800000000000000', '40008000000000000000'],
    ['bfffb17217f7d1cf79ac', '3fff8000000000000001', 'bfc0ffffffffffffffff'],
    ['4000c000000000000000', '3ffefffffffffffffffe', 'bfc28a7fac5f0511f48d'],
    ['3fff8000000000000000', '7ffeffffffffffffffff', '400d8000000000000000'],
    ['3fffdeadbeefcafebabe', '00018000000000000001', 'c00ddea6c981d38062c8'],
  ])('%s × log2 %s', (y, x, product) => {
    const after = execute('fyl2x', { stack: [x, y] });
    expect([after.st(0), after.st(1), after.fsw & EXCEPTIONS]).toEqual([product, 'empty', PE]);
  });

  test.each([
    ['3fff8000000000000000', '3ffd8000000000000000', '3ffda4d3c25e68dc57f2'],
    ['3ffeb17217f7d1cf79ac', '3fb0deadbeefcafebabe', '3fb0deadbeefcafebabe'],
    ['3fff8000000000000000', 'bffd9000000000000000', 'bffdf3efaff29c559a78'],
    ['c000a000000000000000', '3feeffffffffffffffff', 'bff0e6d456899b15724c'],
  ])('%s × log2 (%s + 1)', (y, x, product) => {
    expect(result('fyl2xp1', x, y)).toBe(product);
  });

  test.each([
    ['of 0', ZERO, ONE, MINUS_INFINITY, ZE],
    ['of 0, by 0', ZERO, ZERO, DEFAULT_NAN, IE],
    ['of 0, by minus infinity', ZERO, MINUS_INFINITY, INFINITY, 0],
    ['of a negative number', 'bfff8000000000000000', ONE, DEFAULT_NAN, IE],
    ['of 1', ONE, 'bfff8000000000000000', MINUS_ZERO, 0],
    ['of 1, by infinity', ONE, INFINITY, DEFAULT_NAN, IE],
    ['of 1/2, by infinity', '3ffe8000000000000000', INFINITY, MINUS_INFINITY, 0],
    ['of infinity, by 0', INFINITY, ZERO, DEFAULT_NAN, IE],
  ])('logarithm %s', (_name, x, y, product, exceptions) => {
    const after = execute('fyl2x', { stack: [x, y] });
    expect([after.st(0), after.fsw & EXCEPTIONS]).toEqual([product, exceptions]);
  });
});

describe('arc tangents', () => {
  test.each([
    ['3fff8000000000000000', '3fff8000000000000000', '3ffec90fdaa22168c235'],
    ['3fff8000000000000000', 'bfff8000000000000000', '400096cbe3f9990e91a8'],
    ['bffedeadbeefcafebabe', '4000b504f333f9de6484', 'bffd98c1f1c4aea56a48'],
    ['40108000000000000001', 'bff09876543210fedcba', '3fffc90fdaa2b9df1667'],
    ['3f00c000000000000000', '3fff8000000000000000', '3f00c000000000000000'],
    ['3fffaaaaaaaaaaaaaaab', '3fffc000000000000000', '3ffeba053b811ded47e7'],
    [ZERO, 'bfff8000000000000000', PI],
    [MINUS_ZERO, ONE, MINUS_ZERO],
    [INFINITY, MINUS_INFINITY, '400096cbe3f9990e91a8'],
    ['bfff8000000000000000', ZERO, 'bfffc90fdaa22168c235'],
  ])('of %s / %s', (y, x, angle) => {
    const after = execute('fpatan', { stack: [x, y] });
    expect([after.st(0), after.st(1)]).toEqual([angle, 'empty']);
  });
});
