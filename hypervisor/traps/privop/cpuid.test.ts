import { expect, test } from 'vitest';
import { XEN_CPUID_FIRST_LEAF } from '../../abi/cpuid.ts';
import { testHost } from '../../memory/testing.ts';
import { guestCpuid } from './cpuid.ts';

const WIDTHS = XEN_CPUID_FIRST_LEAF + 5;

test('says how wide the machine’s addresses are: by its memory, so that guests keep to grant tables of version 1', () => {
  expect(guestCpuid(testHost(1024), WIDTHS, 0)).toEqual([0, 22, 0, 0]);
  expect(guestCpuid(testHost(1028), WIDTHS, 0)).toEqual([0, 23, 0, 0]);
  expect(guestCpuid(testHost(1024), WIDTHS, 1)).toEqual([0, 0, 0, 0]);
});
