/** Encodings as ACPI 6.4, sections 20.2 and 6.4, gives them; what the machine's tables are in is read by Debian's kernel as domain 0. */
import { expect, test } from 'vitest';
import * as aml from './aml.ts';

test('integers in their shortest form', () => {
  expect([0, 1, 2, 0xff, 0x100, 0x1_0000].map(aml.integer)).toEqual([
    [0],
    [1],
    [0x0a, 2],
    [0x0a, 0xff],
    [0x0b, 0, 1],
    [0x0c, 0, 0, 1, 0],
  ]);
});

test('names have four characters; lengths count themselves, in as many bytes as they need', () => {
  expect(aml.named('\\_S5', aml.integer(1))).toEqual([8, 0x5c, 0x5f, 0x53, 0x35, 0x5f, 1]);
  expect(aml.scope('_SB')).toEqual([0x10, 5, 0x5f, 0x53, 0x42, 0x5f]);
  const long = aml.packageOf(...Array.from({ length: 100 }, () => aml.integer(0)));
  expect(long.slice(0, 4)).toEqual([0x12, 0x40 | (103 & 15), 103 >> 4, 100]);
  const longer = aml.packageOf(
    ...Array.from({ length: 255 }, () => aml.named('NAME', aml.packageOf(aml.integer(7)))),
  );
  const length = longer.length - 1;
  expect(longer.slice(0, 4)).toEqual([0x12, 0x40 | (length & 15), length >> 4, 255]);
});

test('the number of PNP0A03 is 0x030AD041', () => {
  expect(aml.eisaId('PNP0A03')).toEqual([0x0c, 0x41, 0xd0, 0x0a, 0x03]);
});

test('resources end with a tag', () => {
  expect(aml.resources(aml.ports(0x70, 2), aml.line(8))).toEqual([
    0x11, 16, 0x0a, 13, 0x47, 1, 0x70, 0, 0x70, 0, 1, 2, 0x22, 0, 1, 0x79, 0,
  ]);
});
