/** For tests of grants/: structs in a domain's memory at ARGUMENTS, member by member. */
import { ARGUMENTS, TEST_BASE, type TestDomain } from '../memory/testing.ts';

export function va(pfn: number): number {
  return TEST_BASE + pfn * 4096;
}

/** Writes bytes of a struct at ARGUMENTS: fields by offset, of 1, 2, 4 or 8 bytes. */
export function put(
  domain: TestDomain,
  size: number,
  ...fields: [offset: number, bytes: number, value: number][]
): void {
  const view = new DataView(new ArrayBuffer(Math.ceil(size / 8) * 8));
  for (const [offset, bytes, value] of fields) {
    if (bytes === 2) view.setUint16(offset, value, true);
    else if (bytes === 4) view.setUint32(offset, value, true);
    else view.setBigInt64(offset, BigInt(value), true);
  }
  domain.poke(
    ARGUMENTS,
    ...Array.from({ length: view.byteLength / 8 }, (_, i) => view.getBigUint64(i * 8, true)),
  );
}

/** A member of two bytes, with its sign. */
export function halfword(domain: TestDomain, offset: number): number {
  const word = domain.peek(ARGUMENTS + offset - (offset % 8));
  return Number(BigInt.asIntN(16, word >> BigInt((offset % 8) * 8)));
}
