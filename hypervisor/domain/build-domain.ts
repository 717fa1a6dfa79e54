/**
 * Building a domain that can run: the builder (builder/) lays out its memory; here is what only the hypervisor can do.
 * The root page table is validated and pinned, the memory map set, the rings' event channels opened, and vcpu 0 started.
 */
import { vcpu_guest_context } from '../abi/arch-x86.ts';
import { GNTTAB_RESERVED_CONSOLE, GTF_permit_access } from '../abi/grant-table.ts';
import { E820_RAM } from '../abi/memory.ts';
import { SIF_INITDOMAIN, SIF_PRIVILEGED } from '../abi/start-info.ts';
import { highHalf, lowHalf } from '../../core/machine.ts';
import { ECS_UNBOUND } from '../state/event-channels.ts';
import { writeEntryV1 } from '../grants/grant-table.ts';
import type { Hypervisor } from '../state/hypervisor.ts';
import { transfer } from '../memory/guest-frames.ts';
import { PGT_L4_PAGE_TABLE, PGT_PINNED } from '../memory/frame-table.ts';
import { getPageAndType } from '../memory/page-types.ts';
import { startTime } from '../time/areas.ts';
import type { BootVcpu, BuiltDomain } from './builder/build.ts';
import { buildPvDomain } from './builder/build.ts';
import { ImageError } from './builder/image-error.ts';
import type { KernelImage } from './builder/kernel.ts';
import type { Ramdisk } from './builder/ramdisk.ts';
import { openConsole } from './console-ring.ts';
import { setGuestContext } from './context.ts';
import type { DomainOptions } from './create.ts';
import { createDomain, createVcpus, populateDomain } from './create.ts';
import { releaseDomain } from './destroy.ts';
import type { Domain } from '../state/domain.ts';
import { PAGE_BYTES } from '../memory/pages.ts';

/** The domain that serves consoles and the store. */
const BACKEND_DOMAIN = 0;

interface BuildOptions extends DomainOptions {
  readonly kernel: KernelImage;
  readonly ramdisk: Ramdisk | undefined;
  readonly commandLine: string;
  readonly memoryPages: number;
  /** Pages it may have; without it, a few more than it gets. */
  readonly maxPages?: number;
}

/**
 * Creates a domain from a kernel, ready to run at its first instruction. Throws ImageError where the kernel does not fit,
 * RangeError where the machine has no room; then there is no domain.
 */
export function buildDomain(hypervisor: Hypervisor, options: BuildOptions): Domain {
  const domain = createDomain(hypervisor, options);
  createVcpus(hypervisor, domain);
  try {
    domain.consolePort = openRing(domain);
    const built = fill(hypervisor, domain, options);
    if (options.maxPages !== undefined) domain.maxPages = options.maxPages;
    start(hypervisor, domain, built);
  } catch (error) {
    releaseDomain(hypervisor, domain);
    throw error;
  }
  return domain;
}

function openRing(domain: Domain): number {
  const channel = domain.events.allocate()!;
  channel.state = ECS_UNBOUND;
  channel.remoteDomain = BACKEND_DOMAIN;
  return channel.port;
}

function fill(hypervisor: Hypervisor, domain: Domain, options: BuildOptions): BuiltDomain {
  const { frames } = hypervisor;
  const built = buildPvDomain(
    {
      populate: (pages) => populateDomain(frames, domain, pages),
      write: (mfn, offset, bytes) => {
        transfer(frames, mfn * PAGE_BYTES + offset, bytes);
      },
    },
    {
      kernel: options.kernel,
      ramdisk: options.ramdisk,
      memoryPages: options.memoryPages,
      commandLine: options.commandLine,
      sharedInfoMfn: domain.sharedInfoMfn,
      storePort: 0,
      consolePort: domain.consolePort,
      flags: domain.isPrivileged ? SIF_PRIVILEGED | SIF_INITDOMAIN : 0,
    },
  );
  domain.consoleMfn = built.consoleMfn;
  domain.storeMfn = built.xenstoreMfn;
  domain.startInfoMfn = built.p2m[built.plan.startInfo.pfn]!;
  domain.memory.e820 = [{ address: 0, size: options.memoryPages * PAGE_BYTES, type: E820_RAM }];
  const rings = [built.consoleMfn, built.xenstoreMfn];
  rings.forEach((mfn, index) => {
    writeEntryV1(
      frames,
      domain.grants,
      GNTTAB_RESERVED_CONSOLE + index,
      GTF_permit_access,
      BACKEND_DOMAIN,
      mfn,
    );
  });
  return built;
}

/** Pins the boot page tables and gives vcpu 0 its first state. */
function start(hypervisor: Hypervisor, domain: Domain, built: BuiltDomain): void {
  const { frames } = hypervisor;
  const invalid = getPageAndType(frames, built.rootMfn, domain.id, PGT_L4_PAGE_TABLE);
  if (invalid === 0) frames.flags[built.rootMfn]! |= PGT_PINNED;
  const vcpu = domain.vcpus[0]!;
  if (invalid !== 0 || setGuestContext(hypervisor, vcpu, guestContext(built.vcpu)) !== 0)
    throw new ImageError('unsupported', 'the boot page tables are not valid');
  // Nobody else is there to serve it: a domain that domain 0 makes is not built here.
  if (!domain.isPrivileged) openConsole(hypervisor, domain);
  startTime(hypervisor, domain);
}

/** struct vcpu_guest_context in words. */
function guestContext(vcpu: BootVcpu): Uint32Array {
  const words = new Uint32Array(vcpu_guest_context.size / 4);
  const { offset } = vcpu_guest_context;
  const put = (at: number, value: number): void => {
    words[at / 4] = lowHalf(value);
    words[at / 4 + 1] = highHalf(value);
  };
  put(offset.flags, vcpu.flags);
  put(offset['user_regs.rip'], vcpu.rip);
  put(offset['user_regs.rsp'], vcpu.rsp);
  put(offset['user_regs.rsi'], vcpu.rsi);
  put(offset['user_regs.rflags'], vcpu.rflags);
  words[offset['user_regs.cs'] / 4] = vcpu.cs;
  words[offset['user_regs.ss'] / 4] = vcpu.ss;
  for (const segment of ['ds', 'es', 'fs', 'gs'] as const)
    words[offset[`user_regs.${segment}`] / 4] = vcpu.ds;
  put(offset.kernel_ss, vcpu.kernelSs);
  put(offset.kernel_sp, vcpu.kernelSp);
  // xen_pfn_to_cr3: the frame number in bits 12 and up.
  put(offset.ctrlreg + 3 * 8, vcpu.rootMfn * PAGE_BYTES);
  put(offset.debugreg + 6 * 8, vcpu.dr6);
  put(offset.debugreg + 7 * 8, vcpu.dr7);
  return words;
}
