/**
 * For tests of memory/: a host, and small domains made by hand on it. Such a domain maps its pages from TEST_BASE on,
 * writable but for its page tables: one L4 (pfn 1), L3 (pfn 2), L2 (pfn 3) and L1 table (pfn 4).
 */
import { coreModule, MachineAgain } from '../../core/testing.ts';
import { highHalf, lowHalf, Machine } from '../../core/machine.ts';
import { createDomain, createVcpus, populateDomain } from '../domain/create.ts';
import type { Domain } from '../state/domain.ts';
import type { Vcpu } from '../state/vcpu.ts';
import type { Hypercall } from '../hypercalls/hypercall.ts';
import { Xen } from '../xen.ts';
import type { XenOptions } from '../xen.ts';
import { checkFrameTable } from '../state/check.ts';
import { PAGE_PRESENT, PAGE_RW, PAGE_USER } from './entries.ts';
import { PGT_L4_PAGE_TABLE, PGT_PINNED } from './frame-table.ts';
import { copyFromGuest, copyToGuest } from './guest-access.ts';
import { transfer } from './guest-frames.ts';
import { getPageAndType } from './page-types.ts';
import { PAGE_BYTES } from './pages.ts';

/** 0xffffffff80000000 */
export const TEST_BASE = -0x8000_0000;
export const L4_PFN = 1;
export const L3_PFN = 2;
export const L2_PFN = 3;
export const L1_PFN = 4;
/** A page for arguments of hypercalls. */
export const ARGUMENTS = TEST_BASE + 5 * PAGE_BYTES;

export const TABLE_FLAGS = PAGE_PRESENT | PAGE_RW | PAGE_USER;

/** A host of `frames` frames without domains. */
export function testHost(frames = 1024, options: XenOptions = {}): Xen {
  return new Xen(new Machine(coreModule(), { memoryBytes: frames * PAGE_BYTES }), options);
}

/** Makes such hosts one after another: each is over when the next one is made. */
export function hostsInTurn(frames: number): () => Xen {
  const machine = new MachineAgain(frames * PAGE_BYTES);
  return () => new Xen(machine.asMade());
}

/** A domain and its hypercalls. */
export class TestDomain {
  readonly hypervisor: Xen;
  readonly domain: Domain;
  readonly vcpu: Vcpu;
  /** Machine frames by pfn. */
  readonly mfns: readonly number[];

  constructor(hypervisor: Xen, id: number, pages: number, vcpus = 1, isPrivileged = false) {
    this.hypervisor = hypervisor;
    this.domain = createDomain(hypervisor, { id, isPrivileged, vcpus });
    createVcpus(hypervisor, this.domain);
    this.vcpu = this.domain.vcpus[0]!;
    this.mfns = [...populateDomain(hypervisor.frames, this.domain, pages)!];
    this.makeTables(pages);
    this.enter();
  }

  /** Makes this domain's vcpu the one that runs. */
  enter(): void {
    const { hypervisor, vcpu } = this;
    hypervisor.current = vcpu;
    hypervisor.processor.loadAddressSpace(vcpu.kernelRoot * PAGE_BYTES, 0, false);
  }

  /** Makes a hypercall, with all its continuations. Arguments are numbers or 64-bit values. */
  call(hypercall: Hypercall, ...args: (number | bigint)[]): number {
    const context = this.hypervisor.call;
    context.vcpu = this.vcpu;
    context.domain = this.domain;
    context.number = hypercall.number;
    context.words.fill(0);
    args.forEach((value, index) => {
      const wide = BigInt.asUintN(64, BigInt(value));
      context.words[index * 2] = Number(wide & 0xffff_ffffn);
      context.words[index * 2 + 1] = Number(wide >> 32n);
    });
    for (;;) {
      context.startWork();
      const at = (index: number): number => context.argument(index);
      const result = hypercall.handler(context, at(0), at(1), at(2), at(3), at(4));
      if (!context.continued) return result;
    }
  }

  /** Writes u64 values to the domain's memory. */
  poke(va: number, ...values: (number | bigint)[]): void {
    const words = new Uint32Array(
      values.flatMap((value) =>
        typeof value === 'number'
          ? [lowHalf(value), highHalf(value)]
          : [Number(value & 0xffff_ffffn), Number(value >> 32n)],
      ),
    );
    if (!copyToGuest(this.hypervisor.frames, this.vcpu, va, new Uint8Array(words.buffer)))
      throw new Error(`cannot write at ${va.toString(16)}`);
  }

  /** Reads a u64 of the domain's memory. */
  peek(va: number): bigint {
    const words = new BigUint64Array(1);
    if (!copyFromGuest(this.hypervisor.frames, this.vcpu, va, new Uint8Array(words.buffer)))
      throw new Error(`cannot read at ${va.toString(16)}`);
    return words[0]!;
  }

  /** Machine address of an entry of the page table in a pfn. */
  entryAddress(pfn: number, slot: number): number {
    return this.mfns[pfn]! * PAGE_BYTES + slot * 8;
  }

  /** A page-table entry that names one of the domain's pages. */
  entry(pfn: number, flags: number): bigint {
    return (BigInt(this.mfns[pfn]!) << 12n) | BigInt(flags);
  }

  /** Writes an entry of a page that is no page table yet, as its owner would. */
  prepare(pfn: number, slot: number, entry: bigint): void {
    const bytes = new Uint8Array(BigUint64Array.of(entry).buffer);
    transfer(this.hypervisor.frames, this.entryAddress(pfn, slot), bytes);
  }

  /** Faults of the frame table's invariant. */
  check(): string[] {
    return checkFrameTable(this.hypervisor.frames, this.hypervisor.domains);
  }

  private makeTables(pages: number): void {
    const { frames } = this.hypervisor;
    this.prepare(L4_PFN, 511, this.entry(L3_PFN, TABLE_FLAGS));
    this.prepare(L3_PFN, 510, this.entry(L2_PFN, TABLE_FLAGS));
    this.prepare(L2_PFN, 0, this.entry(L1_PFN, TABLE_FLAGS));
    for (let pfn = 0; pfn < pages; pfn++) {
      const isTable = pfn >= L4_PFN && pfn <= L1_PFN;
      this.prepare(L1_PFN, pfn, this.entry(pfn, isTable ? PAGE_PRESENT | PAGE_USER : TABLE_FLAGS));
    }
    const root = this.mfns[L4_PFN]!;
    for (let holder = 0; holder < 2; holder++)
      if (getPageAndType(frames, root, this.domain.id, PGT_L4_PAGE_TABLE) < 0) throw new Error('bad tables');
    frames.flags[root]! |= PGT_PINNED;
    this.vcpu.kernelRoot = root;
  }
}
