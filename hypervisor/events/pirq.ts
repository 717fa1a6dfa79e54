/**
 * Physical interrupts as events (arch/x86/irq.c): a domain that was given a line binds a port to it. The lines are level
 * triggered: once an event was raised the line is masked until the domain says that it has served it (PHYSDEVOP_eoi), and
 * then raises another one if a device still asserts it.
 */
import { bug } from '../bug.ts';
import { EBUSY, EEXIST, EINVAL, ENOSPC, EPERM } from '../abi/errno.ts';
import type { evtchn_bind_pirq } from '../abi/event-channel.ts';
import { tellPort } from './tell.ts';
import { BIND_PIRQ__WILL_SHARE } from '../abi/event-channel.ts';
import type { Domain } from '../state/domain.ts';
import { containsRange } from '../state/range-set.ts';
import type { Caller } from '../state/caller.ts';
import type { Gsi } from '../state/gsi.ts';
import type { Hypervisor } from '../state/hypervisor.ts';
import { writeByte } from '../memory/guest-frames.ts';
import { PAGE_BYTES } from '../memory/pages.ts';
import type { StructOf } from '../memory/guest-struct.ts';
import { allocate } from './allocate.ts';
import type { EventChannel } from '../state/event-channels.ts';
import { ECS_PIRQ } from '../state/event-channels.ts';
import { setPortPending } from './send.ts';

/** Numbers that the real one's domains have: of its controllers' lines, and some for messages. */
export const NR_PIRQS = 24 + 32;

/** A device asserts its line, or does not any more. */
export function changeLine(hypervisor: Hypervisor, line: number, asserted: boolean): void {
  const gsi = hypervisor.gsis[line]!;
  gsi.asserted = asserted;
  deliver(hypervisor, gsi);
}

function deliver(hypervisor: Hypervisor, gsi: Gsi): void {
  if (!gsi.asserted || gsi.masked || gsi.domain === null) return;
  const domain = hypervisor.domains.get(gsi.domain);
  const channel = domain?.events.at(gsi.port) ?? null;
  if (domain === undefined || channel === null) return;
  gsi.masked = true;
  setPortPending(hypervisor, domain, channel);
}

/** Whether a domain may have a physical interrupt. Its pirqs have the numbers of the lines. */
export function mayHave(domain: Domain, pirq: number): boolean {
  return containsRange(domain.lines, pirq, pirq);
}

/** EVTCHNOP_bind_pirq */
export function bindPirq(context: Caller, op: StructOf<typeof evtchn_bind_pirq>): number {
  const { hypervisor, domain } = context;
  const pirq = op.get('pirq');
  const { trace } = hypervisor;
  if (pirq >= NR_PIRQS) return trace.refuse(-EINVAL, 'there is no interrupt {}', pirq);
  if (!mayHave(domain, pirq))
    return trace.refuse(-EPERM, 'interrupt {} was not given to domain {}', pirq, domain.id);
  const gsi = hypervisor.gsis[pirq];
  if (gsi === undefined || (op.get('flags') & ~BIND_PIRQ__WILL_SHARE) !== 0) return -EINVAL;
  if (gsi.isXens) return trace.refuse(-EBUSY, 'line {} is one that Xen serves', pirq);
  if (gsi.domain !== null)
    return trace.refuse(-EEXIST, 'line {} is bound to port {} of domain {}', pirq, gsi.port, gsi.domain);
  const channel = allocate(hypervisor, domain, ECS_PIRQ, 0);
  if (channel === null) return -ENOSPC;
  channel.pirq = pirq;
  tellPort(hypervisor, domain, channel.port);
  gsi.domain = domain.id;
  gsi.port = channel.port;
  op.set('port', channel.port);
  noteEnd(hypervisor, domain, pirq, (op.get('flags') & BIND_PIRQ__WILL_SHARE) !== 0);
  deliver(hypervisor, gsi);
  return 0;
}

/**
 * Tells a domain that has registered a page for it (PHYSDEVOP_pirq_eoi_gmfn) whether it must say when it has served the line: of
 * those that may be shared, which are the level triggered ones (set_pirq_eoi, clear_pirq_eoi).
 */
function noteEnd({ frames }: Hypervisor, { pirqEoiMfn }: Domain, pirq: number, mustTell: boolean): void {
  if (pirqEoiMfn === 0) return;
  const at = pirqEoiMfn * PAGE_BYTES + (pirq >>> 3);
  const bit = 1 << (pirq & 7);
  const others = frames.memory.bytes[at]! & ~bit;
  writeByte(frames, at, mustTell ? others | bit : others);
}

/** The port is closed: the line is nobody's. */
export function unbindPirq({ gsis }: Hypervisor, channel: EventChannel): void {
  const gsi = gsis[channel.pirq];
  if (gsi === undefined || gsi.domain === null || gsi.port !== channel.port)
    return bug(`port ${String(channel.port)} is of line ${String(channel.pirq)}, which is not its`);
  gsi.domain = null;
  gsi.masked = false;
}

/** PHYSDEVOP_eoi: the domain has served the line. */
export function endPirq(hypervisor: Hypervisor, domain: Domain, pirq: number): number {
  const gsi = hypervisor.gsis[pirq];
  if (gsi === undefined || !mayHave(domain, pirq)) return -EINVAL;
  if (gsi.domain === domain.id) {
    gsi.masked = false;
    deliver(hypervisor, gsi);
  }
  return 0;
}
