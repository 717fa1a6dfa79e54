/** What a domain grants, read from its table as it is, whether anybody uses it or not. */
import {
  grant_entry_v1,
  grant_entry_v2,
  GTF_permit_access,
  GTF_type_mask,
} from '../../hypervisor/abi/grant-table.ts';
import { entriesOf, entryAddress } from '../../hypervisor/grants/grant-table.ts';
import type { Domain } from '../../hypervisor/state/domain.ts';
import type { Hypervisor } from '../../hypervisor/state/hypervisor.ts';

const FRAME = { 1: grant_entry_v1.offset.frame, 2: grant_entry_v2.offset['full_page.frame'] } as const;

/** The domain's frame that a reference grants access to; 0: it grants none of its own. */
export function grantedMfn({ machine: { words }, frames }: Hypervisor, domain: Domain, ref: number): number {
  const { grants } = domain;
  if (ref >= entriesOf(grants)) return 0;
  const at = entryAddress(grants, ref);
  if ((words[at / 4]! & GTF_type_mask) !== GTF_permit_access) return 0;
  const mfn = words[(at + FRAME[grants.version === 1 ? 1 : 2]) / 4]!;
  return mfn < frames.frames && frames.owner[mfn] === domain.id ? mfn : 0;
}
