/**
 * What the domains beside the lab's own print, seen from outside: their console rings are served by domain 0, and the lab
 * looks into them whenever a domain calls Xen, is sent an event, or ends. A domain cannot notify its console without a call,
 * nor reuse the ring's room before it is told of it, so nothing is missed.
 */
import { GNTTAB_RESERVED_CONSOLE } from '../../hypervisor/abi/grant-table.ts';
import { xencons_interface, XENCONS_OUT_BYTES } from '../../hypervisor/abi/console.ts';
import type { Hypervisor } from '../../hypervisor/state/hypervisor.ts';
import type { TraceEvent, TraceDetail } from '../../hypervisor/trace/event.ts';
import type { TraceSink } from '../../hypervisor/trace/tracer.ts';
import { grantedMfn } from './granted.ts';
import { RingTap } from './ring-tap.ts';
import { PAGE_BYTES } from '../../hypervisor/memory/pages.ts';

export class DomainConsoles implements TraceSink {
  private readonly hypervisor: Hypervisor;
  private readonly own: number;
  private readonly print: (domain: number, bytes: Uint8Array) => void;
  /** By domain id; null: its ring cannot be found. */
  private readonly taps = new Map<number, RingTap | null>();

  /** `own`: the id of the lab's domain, whose console is known better. */
  constructor(hypervisor: Hypervisor, own: number, print: (domain: number, bytes: Uint8Array) => void) {
    this.hypervisor = hypervisor;
    this.own = own;
    this.print = print;
  }

  /** All domains are gone, and their ids are given again. */
  forget(): void {
    this.taps.clear();
  }

  event({ domain, detail }: TraceEvent): void {
    const id = domainToLookAt(domain, detail);
    if (id < 0 || id === this.own) return;
    const bytes = this.tap(id)?.look(this.hypervisor.machine);
    if (bytes) this.print(id, bytes);
  }

  end(): void {
    // What a call has done is seen at the next one.
  }

  private tap(id: number): RingTap | null {
    let tap = this.taps.get(id);
    if (tap === undefined) {
      tap = this.find(id);
      this.taps.set(id, tap);
    }
    return tap;
  }

  /** Toolstacks make a domain's first grant, as it is built, that of its console ring (GNTTAB_RESERVED_CONSOLE). */
  private find(id: number): RingTap | null {
    const domain = this.hypervisor.domains.get(id);
    const mfn = domain === undefined ? 0 : grantedMfn(this.hypervisor, domain, GNTTAB_RESERVED_CONSOLE);
    if (mfn === 0) return null;
    const { offset } = xencons_interface;
    const page = mfn * PAGE_BYTES;
    const place = { data: page + offset.out, producer: page + offset.out_prod, bytes: XENCONS_OUT_BYTES };
    return new RingTap(place, 0);
  }
}

/** The domain whose ring may have changed before this; -1: none. */
function domainToLookAt(running: number, detail: TraceDetail): number {
  if (detail.kind === 'hypercall') return running;
  if (detail.kind === 'port' || detail.kind === 'shutdown') return detail.domain;
  return -1;
}
