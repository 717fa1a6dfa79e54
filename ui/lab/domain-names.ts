/**
 * The names of domains, seen from outside: domain 0's kernel sends its store's server what processes write, through a ring
 * between the two (io/xs_wire.h), and a write to /local/domain/N/name says what domain N is called.
 */
import {
  XENSTORE_CONNECTED,
  XENSTORE_PAYLOAD_MAX,
  XENSTORE_RING_SIZE,
  xenstore_domain_interface,
  XS_DIRECTORY_PART,
  XS_WRITE,
  xsd_sockmsg,
} from '../../hypervisor/abi/xenstore.ts';
import { ECS_INTERDOMAIN } from '../../hypervisor/state/event-channels.ts';
import type { Hypervisor } from '../../hypervisor/state/hypervisor.ts';
import type { TraceEvent } from '../../hypervisor/trace/event.ts';
import type { TraceSink } from '../../hypervisor/trace/tracer.ts';
import { RingTap } from './ring-tap.ts';
import { PAGE_BYTES } from '../../hypervisor/memory/pages.ts';

const HEADER = xsd_sockmsg.size;
const NAME = /^\/local\/domain\/(\d+)\/name\0(.*)$/s;
const { offset } = xenstore_domain_interface;

export class DomainNames implements TraceSink {
  /** By domain id; of those that are gone, too. */
  readonly names = new Map<number, string>([[0, 'Domain-0']]);
  private readonly hypervisor: Hypervisor;
  private tap: RingTap | null = null;
  /** The beginning of a message whose end has not come. */
  private held: number[] = [];

  constructor(hypervisor: Hypervisor) {
    this.hypervisor = hypervisor;
  }

  event({ domain, detail }: TraceEvent): void {
    if (detail.kind !== 'port' || detail.domain !== 0 || domain !== 0) return;
    const channel = this.hypervisor.domains.get(0)?.events.at(detail.port);
    if (channel?.state !== ECS_INTERDOMAIN || channel.remoteDomain !== 0) return;
    this.tap ??= this.find();
    const bytes = this.tap?.look(this.hypervisor.machine);
    if (bytes) this.held.push(...bytes);
    this.takeMessages();
  }

  end(): void {
    // A port that is raised is no span.
  }

  /** A kernel and a process of one domain have made the ring by themselves: it is found by the request that is in it. */
  private find(): RingTap | null {
    const { machine, frames } = this.hypervisor;
    for (let mfn = 0; mfn < frames.frames; mfn++) {
      if (frames.owner[mfn] !== 0 || !this.holdsRequest(mfn)) continue;
      const page = mfn * PAGE_BYTES;
      const place = { data: page, producer: page + offset.req_prod, bytes: XENSTORE_RING_SIZE };
      return new RingTap(place, machine.words[(page + offset.req_cons) / 4]!);
    }
    return null;
  }

  /** Whether this frame is such a ring, connected, with one request in it, and no more. */
  private holdsRequest(mfn: number): boolean {
    const { machine } = this.hypervisor;
    const word = (at: number): number => machine.words[(mfn * PAGE_BYTES + at) / 4]!;
    const used = (word(offset.req_prod) - word(offset.req_cons)) >>> 0;
    if (used < HEADER || used > XENSTORE_RING_SIZE) return false;
    if (word(offset.rsp_prod) !== word(offset.rsp_cons) || word(offset.connection) !== XENSTORE_CONNECTED)
      return false;
    const at = word(offset.req_cons) % XENSTORE_RING_SIZE;
    if (at % 4 !== 0 || at + HEADER > XENSTORE_RING_SIZE) return false;
    const type = word(at + xsd_sockmsg.offset.type);
    const length = word(at + xsd_sockmsg.offset.len);
    return type <= XS_DIRECTORY_PART && length <= XENSTORE_PAYLOAD_MAX && used === HEADER + length;
  }

  private takeMessages(): void {
    while (this.held.length >= HEADER) {
      const header = new DataView(Uint8Array.from(this.held.slice(0, HEADER)).buffer);
      const length = header.getUint32(xsd_sockmsg.offset.len, true);
      if (length > XENSTORE_PAYLOAD_MAX) this.held = [];
      if (this.held.length < HEADER + length) return;
      const payload = this.held.splice(0, HEADER + length).slice(HEADER);
      if (header.getUint32(xsd_sockmsg.offset.type, true) === XS_WRITE) this.written(payload);
    }
  }

  private written(payload: readonly number[]): void {
    const match = NAME.exec(new TextDecoder('latin1').decode(Uint8Array.from(payload)));
    if (match !== null) this.names.set(Number(match[1]), match[2]!);
  }
}
