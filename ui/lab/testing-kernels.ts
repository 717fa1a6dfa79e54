/** The smallest kernels, for tests. */
import { assemble } from '../../core/assembler/assemble.ts';
import { writeXenKernel } from '../../guests/toolchain/elf.ts';
import {
  XEN_ELFNOTE_ENTRY,
  XEN_ELFNOTE_GUEST_OS,
  XEN_ELFNOTE_LOADER,
  XEN_ELFNOTE_VIRT_BASE,
  XEN_ELFNOTE_XEN_VERSION,
} from '../../hypervisor/abi/elfnote.ts';

/** A kernel that does nothing but spin. */
export function spinningKernel(): Uint8Array {
  const virtBase = 0xffffffff80000000n;
  const address = virtBase + 0x100000n;
  return writeXenKernel({
    address,
    virtBase,
    entry: address,
    image: assemble('spin: inc rax\n jmp spin\n', { origin: address }).bytes,
    bssBytes: 0,
    notes: [
      { type: XEN_ELFNOTE_GUEST_OS, value: 'spin' },
      { type: XEN_ELFNOTE_XEN_VERSION, value: 'xen-3.0' },
      { type: XEN_ELFNOTE_LOADER, value: 'generic' },
      { type: XEN_ELFNOTE_VIRT_BASE, value: virtBase },
      { type: XEN_ELFNOTE_ENTRY, value: address },
    ],
  });
}
