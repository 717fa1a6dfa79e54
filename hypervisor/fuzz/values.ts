/**
 * Values that a fuzzed guest hands over: nearly right ones (addresses, frames, entries, ids that exist) more often than
 * arbitrary ones, since it is the nearly right that gets past the first check.
 */
import { DOMID_IO, DOMID_SELF, DOMID_XEN } from '../abi/xen.ts';
import { TEST_BASE, type TestDomain } from '../memory/testing.ts';
import type { Random } from './random.ts';
import { PAGE_BYTES } from '../memory/pages.ts';

export const PAGES = 96;
/** Pages with a purpose; the page tables are pfn 1 to 4 (memory/testing.ts). */
const ARGUMENT_PFN = 5;
export const CODE_PFN = 6;
const STACK_PFN = 7;
export const LIST_PFN = 8;
/** Pages that become anything. */
export const FIRST_WILD_PFN = 20;
export const WILD_PAGES = 12;

export const ARGUMENT_VA = TEST_BASE + ARGUMENT_PFN * PAGE_BYTES;
export const CODE_VA = TEST_BASE + CODE_PFN * PAGE_BYTES;
/** Where traps and events go: a hypercall with whatever the registers hold. */
export const HANDLER_VA = CODE_VA + 64;
export const STACK_VA = TEST_BASE + STACK_PFN * PAGE_BYTES;
export const LIST_VA = TEST_BASE + LIST_PFN * PAGE_BYTES;

/** Edges of address space and of numbers. */
const EDGES = [
  ...[0n, 1n, 7n, 0xfffn, 0x1000n, 0x7fff_ffffn, 0x8000_0000n, 0xffff_ffffn, 0x1_0000_0000n],
  ...[0x7fff_ffff_f000n, 0x8000_0000_0000n, 0xffff_8000_0000_0000n, 0xffff_8200_0000_0000n],
  ...[0xffff_87ff_ffff_ffffn, 0xffff_8800_0000_0000n, 0xffff_ffff_ffff_fff8n, 0xffff_ffff_ffff_ffffn],
  ...[0x7fff_ffff_ffff_ffffn, 0x000f_ffff_ffff_f000n],
];

/** Who calls, and the other domain. */
export interface Scene {
  readonly random: Random;
  readonly guest: TestDomain;
  readonly other: TestDomain;
}

/** A page of the guest: its page tables and the wild ones often, those that the fuzzing needs seldom. */
export function pageOf({ random }: Scene): number {
  switch (random.below(8)) {
    case 0:
    case 1:
      return 1 + random.below(4);
    case 2:
      return random.oneIn(6) ? random.below(PAGES) : FIRST_WILD_PFN;
    default:
      return FIRST_WILD_PFN + random.below(WILD_PAGES);
  }
}

/** A machine frame: mostly the guest's. */
export function frameOf(scene: Scene): number {
  const { random, guest, other } = scene;
  const { frames } = guest.hypervisor;
  if (!random.oneIn(10)) return guest.mfns[pageOf(scene)]!;
  return random.pick([
    other.mfns[pageOf(scene)]!,
    guest.domain.sharedInfoMfn,
    guest.domain.grants.frames[0]!,
    guest.domain.memory.perDomainL3,
    frames.m2pFrame,
    frames.gdtFrame,
    random.below(frames.frames),
    random.below(256),
    frames.frames,
    random.next(),
  ]);
}

export function addressOf(scene: Scene): bigint {
  const { random } = scene;
  const offset = random.oneIn(4) ? random.below(4096) : random.below(64) * 8;
  if (random.oneIn(12)) return random.pick(EDGES);
  const pages = [ARGUMENT_PFN, LIST_PFN, STACK_PFN, CODE_PFN, pageOf(scene)];
  const page = random.oneIn(20) ? PAGES + random.below(600) : random.pick(pages);
  return BigInt.asUintN(64, BigInt(TEST_BASE + page * PAGE_BYTES + offset));
}

/** A page-table entry. */
export function entryOf(scene: Scene): bigint {
  const { random } = scene;
  if (random.oneIn(8)) return 0n;
  if (random.oneIn(20)) return random.wide();
  const flags = random.oneIn(8) ? random.below(4096) : random.pick([1, 3, 5, 7, 0x65, 0x67, 0x107, 0x25]);
  const high = random.oneIn(3) ? 1n << 63n : random.oneIn(16) ? BigInt(random.below(4096)) << 52n : 0n;
  return (BigInt(frameOf(scene)) << 12n) | BigInt(flags) | high;
}

/** Machine address of an entry in a frame, with the command of mmu_update in its low bits. */
export function entryAddressOf(scene: Scene): bigint {
  const { random } = scene;
  const slot = random.oneIn(2)
    ? random.below(512)
    : random.pick([0, 1, 20, 21, 22, 255, 256, 260, 271, 272, 510, 511]);
  const command = random.oneIn(4) ? random.below(8) : 0;
  return BigInt(frameOf(scene)) * 4096n + BigInt(slot * 8 + command);
}

export function domidOf({ random, guest, other }: Scene): number {
  const known = [
    DOMID_SELF,
    DOMID_SELF,
    DOMID_SELF,
    guest.domain.id,
    other.domain.id,
    other.domain.id,
    DOMID_IO,
  ];
  return random.pick([...known, DOMID_XEN, random.below(0x10000)]);
}

export function smallOf({ random }: Scene): number {
  return random.oneIn(6) ? random.below(256) : random.below(12);
}

/** Anything. */
export function valueOf(scene: Scene): bigint {
  const { random } = scene;
  switch (random.below(10)) {
    case 0:
      return addressOf(scene);
    case 1:
      return BigInt(frameOf(scene));
    case 2:
      return entryOf(scene);
    case 3:
      return BigInt(domidOf(scene));
    case 4:
      return random.pick(EDGES);
    case 5:
      return random.oneIn(2) ? BigInt(random.next()) : random.wide();
    default:
      return BigInt(smallOf(scene)) | (random.oneIn(3) ? BigInt(smallOf(scene)) << 32n : 0n);
  }
}
