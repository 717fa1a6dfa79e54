/** Setting up the FIFO ABI: control blocks and pages of the event array (common/event_fifo.c). */
import { EINVAL, ENOENT, ENOSPC, EOPNOTSUPP } from '../abi/errno.ts';
import type { evtchn_expand_array, evtchn_init_control } from '../abi/event-channel.ts';
import {
  EVTCHN_FIFO_LINK_BITS,
  EVTCHN_FIFO_NR_CHANNELS,
  evtchn_fifo_control_block,
} from '../abi/event-channel.ts';
import type { Domain } from '../state/domain.ts';
import type { Hypervisor } from '../state/hypervisor.ts';
import type { Caller } from '../state/caller.ts';
import { PGT_WRITABLE_PAGE } from '../memory/frame-table.ts';
import { getPageAndType, putPageAndType } from '../memory/page-types.ts';
import type { StructOf } from '../memory/guest-struct.ts';
import { ECS_FREE, FifoControl } from '../state/event-channels.ts';
import { setPendingFifo, WORDS_PER_PAGE } from './fifo.ts';
import { isPending2L } from './two-level.ts';
import { PAGE_BYTES, pageNumber } from '../memory/pages.ts';

/** EVTCHNOP_init_control: the first one switches the domain to the FIFO ABI. */
export function initialise(context: Caller, op: StructOf<typeof evtchn_init_control>): number {
  const { hypervisor, domain } = context;
  const [mfn, offset, vcpu] = [op.get('control_gfn'), op.get('offset'), op.get('vcpu')];
  if (domain.vcpus[vcpu] === undefined) return -ENOENT;
  if (offset > PAGE_BYTES - evtchn_fifo_control_block.size || (offset & 7) !== 0) return -EINVAL;
  if (domain.events.fifo?.controls[vcpu]) return -EINVAL;
  if (getPageAndType(hypervisor.frames, mfn, domain.id, PGT_WRITABLE_PAGE) !== 0) return -EINVAL;
  const control = new FifoControl(mfn * PAGE_BYTES + offset);
  if (domain.events.fifo === null) {
    const controls: (FifoControl | null)[] = domain.vcpus.map(() => null);
    controls[vcpu] = control;
    domain.events.fifo = { controls, frames: [] };
    keepPending(hypervisor, domain);
  } else {
    domain.events.fifo.controls[vcpu] = control;
  }
  op.set('link_bits', EVTCHN_FIFO_LINK_BITS);
  return 0;
}

/** Events that were pending under the 2-level ABI are raised when their words come. */
function keepPending(hypervisor: Hypervisor, domain: Domain): void {
  for (const channel of domain.events.ports)
    if (channel !== null && channel.state !== ECS_FREE && isPending2L(hypervisor, domain, channel.port))
      channel.pending = true;
}

/** EVTCHNOP_expand_array: one more page of event words. */
export function expand(context: Caller, op: StructOf<typeof evtchn_expand_array>): number {
  const { hypervisor, domain } = context;
  const { fifo } = domain.events;
  if (fifo === null) return -EOPNOTSUPP;
  if (fifo.frames.length * WORDS_PER_PAGE >= EVTCHN_FIFO_NR_CHANNELS) return -ENOSPC;
  const mfn = op.get('array_gfn');
  if (getPageAndType(hypervisor.frames, mfn, domain.id, PGT_WRITABLE_PAGE) !== 0) return -EINVAL;
  const first = fifo.frames.length * WORDS_PER_PAGE;
  fifo.frames.push(mfn);
  for (let port = first; port < first + WORDS_PER_PAGE && port < domain.events.ports.length; port++) {
    const channel = domain.events.ports[port] ?? null;
    if (channel === null || !channel.pending) continue;
    channel.pending = false;
    setPendingFifo(hypervisor, domain, channel);
  }
  return 0;
}

/** Gives the guest's pages back: the 2-level ABI is in use again. */
export function releaseFifo(hypervisor: Hypervisor, domain: Domain): void {
  const { fifo } = domain.events;
  if (fifo === null) return;
  domain.events.fifo = null;
  for (const mfn of fifoFrames(fifo)) putPageAndType(hypervisor.frames, mfn);
}

/** The guest's frames that the FIFO ABI holds references to. */
function fifoFrames(fifo: {
  controls: readonly (FifoControl | null)[];
  frames: readonly number[];
}): number[] {
  const controls = fifo.controls.filter((control) => control !== null);
  return [...controls.map((control) => pageNumber(control.address)), ...fifo.frames];
}
