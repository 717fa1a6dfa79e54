/** Words of a guest: what they are as addresses, against its image and its page tables. */
import { beforeAll, describe, expect, test } from 'vitest';
import { Host } from '../../../guests/tests/dom0/testing.ts';
import { KernelNames } from '../inside/kernel-names.ts';
import { wordOf, wordsIn } from './words-in.ts';
import { wordView } from './word.ts';
import type { WordView } from './word.ts';

let host: Host;
let names: KernelNames;

function look(value: string, vcpu = 0): WordView | null {
  return wordView(host.lab, names, { domain: 0, vcpu, value });
}

function hex(value: number): string {
  return BigInt.asUintN(64, BigInt(value)).toString(16).padStart(16, '0');
}

beforeAll(async () => {
  host = await Host.boot();
  names = new KernelNames(host.lab.hypervisor);
});

describe('of domain 0', () => {
  test('an address of the kernel’s code: its function, where that stands, and the frame that it lies in', () => {
    const symbols = host.lab.code.kernel!;
    const wanted = symbols.functions.find(({ name }) => name.includes('yieldProcessor'))!;
    const word = look(hex(wanted.start))!;
    expect(word.code!.function).toBe(wanted.name);
    expect(word.code!.place).toMatch(/^kernel\/threads\/threads\.ts:\d+$/);
    expect(word.mapping!.pfn).toBe((wanted.start + 0x8000_0000) >>> 12);
    const { memory } = host.lab.hypervisor.frames;
    const at = word.mapping!.mfn * 4096 + (wanted.start & 0xfff);
    expect(word.bytes).toEqual(
      Array.from({ length: 16 }, (_, n) => memory.bytes[at + n]!.toString(16).padStart(2, '0')),
    );
  });

  test('where nothing is mapped, what can be no address, and who is not there', () => {
    expect(look('0000700000000000')).toMatchObject({ mapping: null, code: null, bytes: [], isAddress: true });
    expect(look('8000000000000000')).toMatchObject({ mapping: null, isAddress: false, isFrame: false });
    expect(look('0000000000000001')).toMatchObject({ isAddress: true, isFrame: true });
    expect(look('0000000000000001', 9)).toBe(null);
  });

  test('a table of pages may not be written, static data may', () => {
    const { kernelRoot } = host.lab.hypervisor.domains.get(0)!.vcpus[0]!;
    const { frames } = host.lab.hypervisor;
    const pfn = [...Array(8192).keys()].find(
      (each) => look(hex(each * 4096 - 0x8000_0000))?.mapping?.mfn === kernelRoot,
    );
    expect(frames.owner[kernelRoot]).toBe(0);
    expect(look(hex(pfn! * 4096 - 0x8000_0000))!.mapping!.writable).toBe(false);
    expect(look(hex(0x10_0000 - 0x8000_0000))!.mapping!.writable).toBe(true);
  });
});

test('words in what is printed, and what a person types', () => {
  expect(wordsIn('RIP e033:ffffffff80102030 [0xffff8880_1] 00000000deadbeef cafe')).toEqual([
    { value: 'ffffffff80102030', at: 9, length: 16 },
    { value: '00000000deadbeef', at: 41, length: 16 },
  ]);
  expect(wordOf(' 0xFF ')).toBe('00000000000000ff');
  for (const typed of ['', '0x', 'word', '11111111111111111']) expect(wordOf(typed)).toBe(null);
});
