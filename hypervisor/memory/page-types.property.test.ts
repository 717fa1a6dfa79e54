/**
 * Whatever a guest asks for, the frame table's invariant holds and nothing throws: random sequences of page-table
 * operations, most of them half-valid, on two domains that also grant each other pages.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import * as abi from '../abi/grant-table.ts';
import * as memory from '../abi/memory.ts';
import * as xen from '../abi/xen.ts';
import { grantTableOp } from '../hypercalls/grant-table-op.ts';
import { memoryOp } from '../hypercalls/memory-op.ts';
import { mmuUpdate } from '../hypercalls/mmu-update.ts';
import { mmuextOp } from '../hypercalls/mmuext-op.ts';
import { setGdt } from '../hypercalls/set-gdt.ts';
import { updateVaMapping } from '../hypercalls/update-va-mapping.ts';
import { copyToGuest } from './guest-access.ts';
import { rawMemory } from './raw-memory.ts';
import { ARGUMENTS, TEST_BASE, TestDomain, hostsInTurn } from './testing.ts';

const PAGES = 40;

/** A page: mostly one of the first, which are page tables, or of the few that the operations make into some. */
const page = fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 20, max: 27 }), fc.nat(PAGES - 1));
/** Slots that matter: of the tables a test domain starts with, and of Xen. */
const slot = fc.oneof(fc.constantFrom(0, 20, 21, 22, 510, 511, 256, 260), fc.nat(511));
const flags = fc.oneof(fc.constantFrom(0, 3, 5, 7, 0x65, 0x67, 0x107), fc.nat(0xfff));
const who = fc.boolean();

type Step = (guest: TestDomain, other: TestDomain) => void;

/** Writes what hypercalls read, if the guest still maps the page for it. */
function argue(guest: TestDomain, ...values: (number | bigint)[]): void {
  const words = new BigUint64Array(values.map((value) => BigInt.asUintN(64, BigInt(value))));
  copyToGuest(guest.hypervisor.frames, guest.vcpu, ARGUMENTS, new Uint8Array(words.buffer));
}

const updateEntry = fc
  .tuple(page, slot, page, flags, fc.nat(3), who, who)
  .map(([table, at, named, bits, command, foreign, high]): Step => (guest, other) => {
    const value = (foreign && bits % 3 === 0 ? other : guest).entry(named, bits) | (high ? 1n << 63n : 0n);
    argue(guest, guest.entryAddress(table, at) + command, value);
    guest.call(mmuUpdate, ARGUMENTS, 1, 0, xen.DOMID_SELF);
  });

const updateMapping = fc
  .tuple(page, page, flags, fc.nat(7))
  .map(([at, named, bits, flush]): Step => (guest) => {
    guest.call(updateVaMapping, TEST_BASE + at * 4096, guest.entry(named, bits), flush);
  });

/** Read-only mappings, without which nothing becomes a page table. */
const protect = page.map((at): Step => (guest) => {
  guest.call(updateVaMapping, TEST_BASE + at * 4096, guest.entry(at, 5), xen.UVMF_INVLPG);
});

const extended = fc
  .tuple(fc.oneof(fc.nat(5), fc.nat(20)), page, page)
  .map(([command, first, second]): Step => (guest) => {
    argue(guest, command, guest.mfns[first]!, guest.mfns[second]!);
    guest.call(mmuextOp, ARGUMENTS, 1, 0, xen.DOMID_SELF);
  });

const descriptors = fc.tuple(page, page, fc.nat(1500)).map(([first, second, entries]): Step => (guest) => {
  argue(guest, guest.mfns[first]!, guest.mfns[second]!, guest.mfns[first]!);
  guest.call(setGdt, ARGUMENTS, entries);
});

const balloon = fc
  .tuple(fc.constantFrom(memory.XENMEM_decrease_reservation, memory.XENMEM_populate_physmap), page)
  .map(([command, at]): Step => (guest) => {
    const giving = command === memory.XENMEM_decrease_reservation;
    argue(guest, ARGUMENTS + 32, 1, 0, xen.DOMID_SELF, giving ? guest.mfns[at]! : at);
    guest.call(memoryOp, command, ARGUMENTS);
  });

const grantPage = fc.tuple(fc.nat(9), page, fc.nat(0x1f)).map(([ref, at, bits]): Step => (_guest, other) => {
  const { grants } = other.domain;
  const { words } = rawMemory(other.hypervisor.frames);
  const word = (grants.frames[0]! * 4096 + ref * 8) / 4;
  words[word] = (words[word]! & (abi.GTF_reading | abi.GTF_writing)) | (bits & 7) | (1 << 16);
  words[word + 1] = other.mfns[at]!;
});

const mapGrant = fc.tuple(fc.nat(9), page, fc.nat(31)).map(([ref, at, bits]): Step => (guest, other) => {
  argue(guest, TEST_BASE + at * 4096, BigInt(bits) | (BigInt(ref) << 32n), other.domain.id);
  guest.call(grantTableOp, abi.GNTTABOP_map_grant_ref, ARGUMENTS, 1);
});

const unmapGrant = fc.tuple(fc.nat(6), page, who).map(([handle, at, bus]): Step => (guest, other) => {
  argue(guest, TEST_BASE + at * 4096, bus ? other.mfns[at]! * 4096 : 0, handle);
  guest.call(grantTableOp, abi.GNTTABOP_unmap_grant_ref, ARGUMENTS, 1);
});

const step = fc.oneof(
  { weight: 6, arbitrary: updateEntry },
  { weight: 3, arbitrary: updateMapping },
  { weight: 4, arbitrary: protect },
  { weight: 4, arbitrary: extended },
  { weight: 1, arbitrary: descriptors },
  { weight: 1, arbitrary: balloon },
  { weight: 2, arbitrary: grantPage },
  { weight: 2, arbitrary: mapGrant },
  { weight: 1, arbitrary: unmapGrant },
);

test('any sequence of page-table operations keeps the invariant', () => {
  const nextHost = hostsInTurn(1024);
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 60 }), (steps) => {
      const host = nextHost();
      const other = new TestDomain(host, 2, PAGES);
      const guest = new TestDomain(host, 1, PAGES);
      for (const perform of steps) {
        perform(guest, other);
        expect(guest.check()).toEqual([]);
      }
    }),
    { numRuns: 150, seed: 20261120 },
  );
});
