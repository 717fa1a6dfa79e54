/**
 * Building a PV domain: memory, the kernel and ramdisk in it, page tables, start info, and the state its first vcpu
 * starts with. It knows nothing of the frame table: the caller gives memory and does what only the hypervisor can, which
 * is to set the M2P, validate and pin the root table, and load the vcpu.
 * Source: libxc, xg_dom_core.c, xg_dom_boot.c, xg_dom_x86.c.
 */
import {
  FLAT_KERNEL_CS,
  FLAT_KERNEL_DS,
  FLAT_KERNEL_SS,
  VGCF_in_kernel,
  VGCF_online,
} from '../../abi/arch-x86.ts';
import { shared_info, vcpu_info, XEN_LEGACY_MAX_VCPUS } from '../../abi/shared-info.ts';
import { bootPageTables } from './boot-page-tables.ts';
import { hypercallPage } from './hypercall-page.ts';
import { ImageError } from './image-error.ts';
import type { KernelImage } from './kernel.ts';
import { type Plan, planDomain } from './plan.ts';
import type { Ramdisk } from './ramdisk.ts';
import { startInfoBytes, type StartInfoInputs } from './start-info-page.ts';
import { PAGE_BYTES } from '../../memory/pages.ts';

const P2M_ENTRY_BYTES = 8;
const X86_EFLAGS_IF = 1 << 9;
const DR6_DEFAULT = 0xffff_0ff0;
const DR7_DEFAULT = 0x400;

/** The memory that a domain is built in. */
export interface DomainMemory {
  /**
   * Gives the domain `pages` pages of zeroed memory and returns their mfns by pfn, or undefined where the machine has
   * not so many. Called once.
   */
  populate(pages: number): ArrayLike<number> | undefined;
  /** Writes to one frame, `offset` bytes from its start; never past its end. */
  write(mfn: number, offset: number, bytes: Uint8Array): void;
}

export interface BuildInputs extends StartInfoInputs {
  readonly kernel: KernelImage;
  readonly ramdisk: Ramdisk | undefined;
  readonly memoryPages: number;
}

/** What vcpu 0 starts with, as in vcpu_guest_context; all that is not here is 0. Addresses are signed numbers. */
export interface BootVcpu {
  readonly rip: number;
  readonly rsp: number;
  /** The virtual address of the start info page. */
  readonly rsi: number;
  readonly rflags: number;
  readonly cs: number;
  readonly ss: number;
  /** ds, es, fs and gs. */
  readonly ds: number;
  readonly kernelSs: number;
  readonly kernelSp: number;
  /** The root page table: cr3 is this frame. */
  readonly rootMfn: number;
  readonly dr6: number;
  readonly dr7: number;
  /** VGCF_* */
  readonly flags: number;
}

export interface BuiltDomain {
  readonly plan: Plan;
  /** The mfn of each pfn. */
  readonly p2m: ArrayLike<number>;
  readonly vcpu: BootVcpu;
  /** The root page table, to be pinned as an L4. */
  readonly rootPfn: number;
  readonly rootMfn: number;
  readonly xenstoreMfn: number;
  readonly consoleMfn: number;
}

/** Writes at a pseudo-physical address, over as many frames as it takes. */
type Write = (address: number, bytes: Uint8Array) => void;

function pseudoPhysicalWriter(memory: DomainMemory, p2m: ArrayLike<number>): Write {
  return (address, bytes) => {
    for (let done = 0; done < bytes.length;) {
      const offset = (address + done) % PAGE_BYTES;
      const chunk = bytes.subarray(done, done + PAGE_BYTES - offset);
      memory.write(p2m[(address + done - offset) / PAGE_BYTES]!, offset, chunk);
      done += chunk.length;
    }
  };
}

function writeKernel({ elf, addresses }: KernelImage, plan: Plan, write: Write): void {
  const base = plan.kernel.pfn * PAGE_BYTES;
  for (const { offset, paddr, fileBytes } of elf.segments)
    write(base + paddr - addresses.paddrStart, elf.image.slice('an ELF segment', offset, fileBytes));
  if (addresses.hypercallPage !== undefined)
    write(addresses.hypercallPage - addresses.virtBase, hypercallPage());
}

function writeP2m(plan: Plan, p2m: ArrayLike<number>, write: Write): void {
  const entries = new BigUint64Array(plan.memoryPages);
  for (let pfn = 0; pfn < plan.memoryPages; pfn++) entries[pfn] = BigInt(p2m[pfn]!);
  write(plan.p2m.pfn * PAGE_BYTES, new Uint8Array(entries.buffer, 0, plan.memoryPages * P2M_ENTRY_BYTES));
}

/** Every vcpu of the shared info page starts with its events masked. */
function sharedInfoBytes(): Uint8Array {
  const bytes = new Uint8Array(shared_info.size);
  for (let vcpu = 0; vcpu < XEN_LEGACY_MAX_VCPUS; vcpu++)
    bytes[shared_info.offset.vcpu_info + vcpu * vcpu_info.size + vcpu_info.offset.evtchn_upcall_mask] = 1;
  return bytes;
}

function bootVcpu({ addresses }: KernelImage, plan: Plan, rootMfn: number): BootVcpu {
  const stackTop = plan.bootStack.virtStart + PAGE_BYTES;
  return {
    rip: addresses.entry,
    rsp: stackTop,
    rsi: plan.startInfo.virtStart,
    rflags: X86_EFLAGS_IF,
    cs: FLAT_KERNEL_CS,
    ss: FLAT_KERNEL_SS,
    ds: FLAT_KERNEL_DS,
    kernelSs: FLAT_KERNEL_SS,
    kernelSp: stackTop,
    rootMfn,
    dr6: DR6_DEFAULT,
    dr7: DR7_DEFAULT,
    flags: VGCF_in_kernel | VGCF_online,
  };
}

/** Builds the domain into `memory`. Throws ImageError where it does not fit, before anything is populated or after. */
export function buildPvDomain(memory: DomainMemory, inputs: BuildInputs): BuiltDomain {
  const { kernel, ramdisk, memoryPages } = inputs;
  const plan = planDomain(kernel.addresses, memoryPages, ramdisk?.segmentBytes);
  const p2m = memory.populate(memoryPages);
  if (p2m === undefined)
    throw new ImageError(
      'does not fit',
      `the machine has no ${String(memoryPages)} free pages for the domain`,
    );
  const write = pseudoPhysicalWriter(memory, p2m);
  writeKernel(kernel, plan, write);
  if (ramdisk !== undefined) write(plan.ramdisk!.pfn * PAGE_BYTES, ramdisk.bytes);
  writeP2m(plan, p2m, write);
  for (const { pfn, bytes } of bootPageTables(plan.mappings, p2m)) write(pfn * PAGE_BYTES, bytes);
  write(plan.startInfo.pfn * PAGE_BYTES, startInfoBytes(plan, p2m, inputs));
  memory.write(inputs.sharedInfoMfn, 0, sharedInfoBytes());
  const rootPfn = plan.pageTables.pfn;
  const rootMfn = p2m[rootPfn]!;
  return {
    plan,
    p2m,
    vcpu: bootVcpu(kernel, plan, rootMfn),
    rootPfn,
    rootMfn,
    xenstoreMfn: p2m[plan.xenstore.pfn]!,
    consoleMfn: p2m[plan.console.pfn]!,
  };
}
