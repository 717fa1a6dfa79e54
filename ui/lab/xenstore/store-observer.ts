/**
 * Messages of the store as events of the trace. They go through rings between domains, and Xen sees none of them: whenever a
 * domain calls Xen or is sent an event, its ring is looked into, while somebody watches. Nobody can tell the other end of a
 * message without a call, so that none is missed; what is halfway through the ring when somebody begins to watch is not told.
 */
import type { ReadonlyMachine } from '../../../core/machine.ts';
import { XS_ERROR, XS_WATCH_EVENT, XENSTORE_RING_SIZE } from '../../../hypervisor/abi/xenstore.ts';
import type { Domain } from '../../../hypervisor/state/domain.ts';
import type { Hypervisor } from '../../../hypervisor/state/hypervisor.ts';
import type { TraceDetail, TraceEvent } from '../../../hypervisor/trace/event.ts';
import type { Observer } from '../../../hypervisor/trace/tracer.ts';
import { RingTap } from '../ring-tap.ts';
import { MessageStream, nameOf, partsOf, textOf } from './messages.ts';
import type { StoreMessage } from './messages.ts';
import { storeRingOf } from './rings.ts';
import type { StoreRing } from './rings.ts';

type StoreDetail = Extract<TraceDetail, { kind: 'xenstore' }>;

/** A way through a ring: what was put in, and how far the other end has taken it. */
class Half {
  private readonly stream = new MessageStream();
  private readonly tap: RingTap;
  private readonly producer: number;
  private readonly consumer: number;

  constructor(data: number, producer: number, consumer: number, { words }: ReadonlyMachine) {
    this.producer = producer;
    this.consumer = consumer;
    // What the other end has not taken begins a message, nearly always: it takes whole ones.
    this.tap = new RingTap({ data, producer, bytes: XENSTORE_RING_SIZE }, words[consumer / 4]!);
  }

  look(machine: ReadonlyMachine): readonly StoreMessage[] {
    const bytes = this.tap.look(machine);
    if (bytes !== null) return this.stream.take(bytes);
    const isEmpty = machine.words[this.producer / 4] === machine.words[this.consumer / 4];
    if (this.stream.isLost && isEmpty) this.stream.begin();
    return [];
  }
}

/** A domain's ring, and the requests in it that have no answer yet, by id. */
interface Tapped {
  readonly requests: Half;
  readonly answers: Half;
  readonly open: Map<number, { readonly message: string; readonly path: string }>;
}

export class StoreObserver implements Observer {
  private readonly hypervisor: Hypervisor;
  private readonly taps = new Map<Domain, Tapped>();

  constructor(hypervisor: Hypervisor) {
    this.hypervisor = hypervisor;
  }

  begin(): void {
    this.taps.clear();
    const { domains, machine } = this.hypervisor;
    for (const domain of domains.values()) {
      const ring = storeRingOf(this.hypervisor, domain);
      if (ring !== null) this.taps.set(domain, tapped(ring, machine));
    }
  }

  event({ domain: running, detail }: TraceEvent): void {
    const id = detail.kind === 'hypercall' ? running : detail.kind === 'port' ? detail.domain : -1;
    const domain = this.hypervisor.domains.get(id);
    if (domain !== undefined) this.look(domain);
  }

  private look(domain: Domain): void {
    const { machine } = this.hypervisor;
    let tap = this.taps.get(domain);
    if (tap === undefined) {
      const ring = storeRingOf(this.hypervisor, domain);
      if (ring === null) return;
      tap = tapped(ring, machine);
      this.taps.set(domain, tap);
    }
    for (const message of tap.requests.look(machine)) this.tell(requestOf(domain, tap, message));
    for (const message of tap.answers.look(machine)) this.tell(answerOf(domain, tap, message));
  }

  private tell(detail: StoreDetail): void {
    this.hypervisor.trace.emit(detail);
  }
}

function tapped(ring: StoreRing, machine: ReadonlyMachine): Tapped {
  return {
    requests: new Half(ring.req, ring.req_prod, ring.req_cons, machine),
    answers: new Half(ring.rsp, ring.rsp_prod, ring.rsp_cons, machine),
    open: new Map(),
  };
}

function requestOf({ id: domain }: Domain, { open }: Tapped, request: StoreMessage): StoreDetail {
  const { type, id, transaction } = request;
  const message = nameOf(type);
  const parts = partsOf(request);
  const path = absolute(parts.path, domain);
  open.set(id, { message, path });
  return {
    kind: 'xenstore',
    domain,
    way: 'request',
    message,
    isError: false,
    transaction,
    path,
    text: parts.text,
  };
}

function answerOf({ id: domain }: Domain, { open }: Tapped, answer: StoreMessage): StoreDetail {
  const { type, id, transaction, payload } = answer;
  if (type === XS_WATCH_EVENT) {
    const { path, text } = partsOf(answer);
    const at = absolute(path, domain);
    return {
      kind: 'xenstore',
      domain,
      way: 'watch',
      message: nameOf(type),
      isError: false,
      transaction,
      path: at,
      text,
    };
  }
  const { message, path } = open.get(id) ?? { message: nameOf(type), path: '' };
  open.delete(id);
  const isError = type === XS_ERROR;
  return {
    kind: 'xenstore',
    domain,
    way: 'answer',
    message,
    isError,
    transaction,
    path,
    text: textOf(payload),
  };
}

/** Names of nodes that do not begin at the root begin at the domain's own; `@introduceDomain` is none. */
function absolute(path: string, domain: number): string {
  return path === '' || /^[/@]/.test(path) ? path : `/local/domain/${String(domain)}/${path}`;
}
