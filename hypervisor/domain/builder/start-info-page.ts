/** The contents of the start info page. Source: libxc, xg_dom_x86.c (start_info_x86_64). */
import {
  MAX_GUEST_CMDLINE,
  SIF_MOD_START_PFN,
  SIF_VIRT_P2M_4TOOLS,
  start_info,
} from '../../abi/start-info.ts';
import type { Plan } from './plan.ts';
import { PAGE_BYTES } from '../../memory/pages.ts';

const MAGIC = 'xen-3.0-x86_64';

export interface StartInfoInputs {
  readonly commandLine: string;
  readonly sharedInfoMfn: number;
  /** Event channels of the store's and the console's rings; 0 where nobody serves them. */
  readonly storePort: number;
  readonly consolePort: number;
  /** SIF_* of a privileged domain; 0 for an ordinary one. */
  readonly flags: number;
}

/** The kernel finds the ramdisk by address, or by pfn in whole pages where it is not mapped. */
function ramdiskPlace({ ramdisk, ramdiskIsUnmapped }: Plan): {
  start: number;
  length: number;
  flags: number;
} {
  if (ramdisk === undefined) return { start: 0, length: 0, flags: 0 };
  const { pfn, pages, virtStart, virtEnd } = ramdisk;
  if (ramdiskIsUnmapped) return { start: pfn, length: pages * PAGE_BYTES, flags: SIF_MOD_START_PFN };
  return { start: virtStart, length: virtEnd - virtStart, flags: 0 };
}

/** The struct, ready for the page. Longer command lines are cut, as libxc cuts them. */
export function startInfoBytes(plan: Plan, p2m: ArrayLike<number>, inputs: StartInfoInputs): Uint8Array {
  const bytes = new Uint8Array(start_info.size);
  const view = new DataView(bytes.buffer);
  const { offset } = start_info;
  const put64 = (at: number, value: number) => {
    view.setBigInt64(at, BigInt(value), true);
  };
  const ramdisk = ramdiskPlace(plan);
  const encode = (text: string) => new TextEncoder().encode(text);
  bytes.set(encode(MAGIC), offset.magic);
  put64(offset.nr_pages, plan.memoryPages);
  put64(offset.shared_info, inputs.sharedInfoMfn * PAGE_BYTES);
  view.setUint32(offset.flags, SIF_VIRT_P2M_4TOOLS | inputs.flags | ramdisk.flags, true);
  put64(offset.store_mfn, p2m[plan.xenstore.pfn]!);
  view.setUint32(offset.store_evtchn, inputs.storePort, true);
  put64(offset['console.domU.mfn'], p2m[plan.console.pfn]!);
  view.setUint32(offset['console.domU.evtchn'], inputs.consolePort, true);
  put64(offset.pt_base, plan.pageTables.virtStart);
  put64(offset.nr_pt_frames, plan.mappings[0]!.tables);
  put64(offset.mfn_list, plan.p2m.virtStart);
  put64(offset.mod_start, ramdisk.start);
  put64(offset.mod_len, ramdisk.length);
  bytes.set(encode(inputs.commandLine).subarray(0, MAX_GUEST_CMDLINE - 1), offset.cmd_line);
  if (plan.p2mHasOwnMapping) {
    put64(offset.first_p2m_pfn, plan.p2m.pfn);
    put64(offset.nr_p2m_frames, plan.p2m.pages);
  }
  return bytes;
}
