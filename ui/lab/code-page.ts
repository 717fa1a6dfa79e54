/** A page of code as a vcpu has it mapped, for whoever shows what the translator makes of it. */
import type { Domain } from '../../hypervisor/state/domain.ts';
import type { Hypervisor } from '../../hypervisor/state/hypervisor.ts';
import { PAGE_BYTES } from '../../hypervisor/memory/pages.ts';
import { readerOf } from './views.ts';

/** Where one looks: addresses are sign-interpreted. */
export interface CodePlace {
  readonly vcpu: number;
  readonly address: number;
}

export interface CodePageView extends CodePlace {
  /** All of the page that the address is in; null: nothing is mapped there. */
  readonly page: Uint8Array | null;
}

export function codePageView(hypervisor: Hypervisor, domain: Domain, place: CodePlace): CodePageView {
  const vcpu = domain.vcpus[place.vcpu];
  const start = Math.floor(place.address / PAGE_BYTES) * PAGE_BYTES;
  return { ...place, page: vcpu === undefined ? null : readerOf(hypervisor, vcpu)(start) };
}
