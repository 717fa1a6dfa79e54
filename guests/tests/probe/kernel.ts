/** The probe as an ELF image: source.ts and probes.ts assembled with the ABI's numbers. */
import { assemble } from '../../../core/assembler/assemble.ts';
import * as arch from '../../../hypervisor/abi/arch-x86.ts';
import * as callback from '../../../hypervisor/abi/callback.ts';
import { xencons_interface } from '../../../hypervisor/abi/console.ts';
import * as note from '../../../hypervisor/abi/elfnote.ts';
import * as event from '../../../hypervisor/abi/event-channel.ts';
import * as sched from '../../../hypervisor/abi/sched.ts';
import { start_info } from '../../../hypervisor/abi/start-info.ts';
import * as xen from '../../../hypervisor/abi/xen.ts';
import { writeXenKernel } from '../../toolchain/elf.ts';
import { PROBES } from './probes.ts';
import { probeSource } from './source.ts';

const VIRT_BASE = 0xffffffff80000000n;
const ADDRESS = VIRT_BASE + 0x100000n;
const MACH2PHYS = 0xffff800000000000n;

/** The ELF image. */
export function probeKernel(): Uint8Array {
  const { bytes } = assemble(probeSource(PROBES), { origin: ADDRESS, symbols: symbols() });
  return writeXenKernel({
    address: ADDRESS,
    virtBase: VIRT_BASE,
    entry: ADDRESS,
    image: bytes,
    bssBytes: 0,
    notes: [
      { type: note.XEN_ELFNOTE_GUEST_OS, value: 'probe' },
      { type: note.XEN_ELFNOTE_XEN_VERSION, value: 'xen-3.0' },
      { type: note.XEN_ELFNOTE_VIRT_BASE, value: VIRT_BASE },
      { type: note.XEN_ELFNOTE_ENTRY, value: ADDRESS },
      { type: note.XEN_ELFNOTE_PADDR_OFFSET, value: 0n },
      { type: note.XEN_ELFNOTE_PAE_MODE, value: 'yes' },
      { type: note.XEN_ELFNOTE_LOADER, value: 'generic' },
    ],
  });
}

/** All numbers of the modules of the ABI, and what the source names differently. */
function symbols(): Record<string, number | bigint> {
  const found: Record<string, number | bigint> = {};
  for (const module of [xen, callback, event, sched])
    for (const [name, value] of Object.entries(module)) if (typeof value === 'number') found[name] = value;
  return {
    ...found,
    VIRT_BASE,
    MACH2PHYS,
    FLAT_KERNEL_CS: arch.FLAT_KERNEL_CS,
    USER_CS: arch.FLAT_USER_CS,
    USER_SS: arch.FLAT_USER_SS,
    CONSOLE_MFN: start_info.offset['console.domU.mfn'],
    CONSOLE_EVTCHN: start_info.offset['console.domU.evtchn'],
    PT_BASE: start_info.offset.pt_base,
    MFN_LIST: start_info.offset.mfn_list,
    OUT_CONS: xencons_interface.offset.out_cons,
    OUT_PROD: xencons_interface.offset.out_prod,
  };
}
