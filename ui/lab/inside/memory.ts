/** A domain's memory as its kernel sees it, whoever runs now: numbers and bytes by virtual address, sign-interpreted. */
import { PAGE_BYTES } from '../../../hypervisor/memory/pages.ts';
import type { Domain } from '../../../hypervisor/state/domain.ts';
import type { Hypervisor } from '../../../hypervisor/state/hypervisor.ts';
import { frameAt, pageAt } from '../page-tables.ts';

/** What was to be read is not mapped, or cannot be: a kernel is not that far yet, or its data are not what they should be. */
export class NotMapped extends Error {}

/** More in one piece nobody asks for, but for a guest that has put nonsense where a length should be. */
const MOST_BYTES = 2 ** 16;

export class KernelMemory {
  private readonly hypervisor: Hypervisor;
  private readonly root: number;
  /** Pages that were read, by address: what is looked at is often beside each other. */
  private readonly pages = new Map<number, Uint8Array | null>();

  /** Null: no vcpu of the domain has page tables. */
  static of(hypervisor: Hypervisor, domain: Domain): KernelMemory | null {
    const root = domain.vcpus.find(({ kernelRoot }) => kernelRoot !== 0)?.kernelRoot;
    return root === undefined ? null : new KernelMemory(hypervisor, root);
  }

  private constructor(hypervisor: Hypervisor, root: number) {
    this.hypervisor = hypervisor;
    this.root = root;
  }

  /** The page at an address that is a page's; null: none is mapped. */
  page(address: number): Uint8Array | null {
    const known = this.pages.get(address);
    if (known !== undefined) return known;
    const page = pageAt(this.hypervisor.frames, this.root, address);
    this.pages.set(address, page);
    return page;
  }

  /** The machine frame at an address; -1: none is mapped. */
  frame(address: number): number {
    return frameAt(this.hypervisor.frames, this.root, address);
  }

  /** Throws NotMapped. */
  bytes(address: number, count: number): Uint8Array {
    if (count > MOST_BYTES) throw new NotMapped(`${String(count)} bytes are too many`);
    const read = new Uint8Array(count);
    for (let done = 0; done < count;) {
      const at = address + done;
      const start = Math.floor(at / PAGE_BYTES) * PAGE_BYTES;
      const part = this.page(start)?.subarray(at - start, at - start + count - done);
      if (part === undefined) throw new NotMapped(`nothing is mapped at 0x${at.toString(16)}`);
      read.set(part, done);
      done += part.length;
    }
    return read;
  }

  u32(address: number): number {
    return this.view(address, 4).getUint32(0, true);
  }

  /** As a signed number: exact up to 2 ** 53. */
  i64(address: number): number {
    return Number(this.view(address, 8).getBigInt64(0, true));
  }

  /** Bytes up to a NUL, as characters; `most` of them. */
  text(address: number, most: number): string {
    const bytes = this.bytes(address, most);
    const end = bytes.indexOf(0);
    return String.fromCharCode(...bytes.subarray(0, end < 0 ? most : end));
  }

  private view(address: number, count: number): DataView {
    const { buffer } = this.bytes(address, count);
    return new DataView(buffer);
  }
}
