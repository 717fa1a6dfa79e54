/** Where a domain's xenstore ring is, seen from outside. */
import { GNTTAB_RESERVED_XENSTORE } from '../../../hypervisor/abi/grant-table.ts';
import { start_info } from '../../../hypervisor/abi/start-info.ts';
import { xenstore_domain_interface } from '../../../hypervisor/abi/xenstore.ts';
import { PAGE_BYTES } from '../../../hypervisor/memory/pages.ts';
import type { Domain } from '../../../hypervisor/state/domain.ts';
import type { Hypervisor } from '../../../hypervisor/state/hypervisor.ts';
import { grantedMfn } from '../granted.ts';

/** Machine addresses of what is in the ring's page. */
export type StoreRing = { readonly [Field in keyof typeof xenstore_domain_interface.offset]: number };

/**
 * Toolstacks grant a domain's ring to the store's server before it runs (GNTTAB_RESERVED_XENSTORE). Domain 0's kernel makes its
 * own, once a server asks for it, and says so in its start_info. Null: there is none, or none that can be found.
 */
export function storeRingOf(hypervisor: Hypervisor, domain: Domain): StoreRing | null {
  const { frames } = hypervisor;
  const mfn = domain.isPrivileged
    ? toldMfn(hypervisor, domain)
    : grantedMfn(hypervisor, domain, GNTTAB_RESERVED_XENSTORE);
  if (mfn <= 0 || mfn >= frames.frames || frames.owner[mfn] !== domain.id) return null;
  const { offset } = xenstore_domain_interface;
  const places = Object.entries(offset).map(([field, at]) => [field, mfn * PAGE_BYTES + at]);
  return Object.fromEntries(places) as StoreRing;
}

function toldMfn({ machine: { words } }: Hypervisor, { startInfoMfn }: Domain): number {
  const at = startInfoMfn * PAGE_BYTES;
  const isMade = startInfoMfn > 0 && words[(at + start_info.offset.store_evtchn) / 4] !== 0;
  return isMade ? words[(at + start_info.offset.store_mfn) / 4]! : 0;
}
