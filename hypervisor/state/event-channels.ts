/** Event channels: a domain's ports and what each is bound to (struct evtchn). Plain data. */
import {
  EVTCHN_2L_NR_CHANNELS,
  EVTCHN_FIFO_NR_CHANNELS,
  EVTCHN_FIFO_PRIORITY_DEFAULT,
} from '../abi/event-channel.ts';

/** States of a port (ECS_*). */
export const ECS_FREE = 0;
export const ECS_RESERVED = 1;
export const ECS_UNBOUND = 2;
export const ECS_INTERDOMAIN = 3;
export const ECS_PIRQ = 4;
export const ECS_VIRQ = 5;
export const ECS_IPI = 6;

export class EventChannel {
  readonly port: number;
  state = ECS_FREE;
  /** Xen is at this end: its consumer (the lab's console, say) is told by `Hypervisor.onNotify`. */
  consumer = false;
  /** The vcpu that gets the event. */
  notifyVcpu = 0;
  /** ECS_UNBOUND: who may bind. ECS_INTERDOMAIN: the other end. */
  remoteDomain = 0;
  remotePort = 0;
  virq = 0;
  pirq = 0;
  /** FIFO: the queue's priority, where the event was linked last, and an event raised before its word existed. */
  priority = EVTCHN_FIFO_PRIORITY_DEFAULT;
  lastVcpu = 0;
  lastPriority = EVTCHN_FIFO_PRIORITY_DEFAULT;
  pending = false;

  constructor(port: number) {
    this.port = port;
  }
}

/** A vcpu's FIFO control block: where it lies in the guest, and the tail of each queue. */
export class FifoControl {
  /** Machine address; its frame holds a type reference. */
  readonly address: number;
  readonly tails = new Uint32Array(16);

  constructor(address: number) {
    this.address = address;
  }
}

/** A domain's event channels. */
export class EventChannels {
  /** By port; port 0 is never used. */
  readonly ports: (EventChannel | null)[] = [null];
  /** FIFO ABI: control blocks by vcpu id and the frames of the event array; null while the 2-level ABI is in use. */
  fifo: { readonly controls: (FifoControl | null)[]; readonly frames: number[] } | null = null;
  /** The highest port it may have (max_evtchn_port). */
  maxPort = EVTCHN_FIFO_NR_CHANNELS;

  /** Ports that the ABI in use can name. */
  get limit(): number {
    return this.fifo === null ? EVTCHN_2L_NR_CHANNELS : EVTCHN_FIFO_NR_CHANNELS;
  }

  /** The channel of a port, or null where there is none. */
  at(port: number): EventChannel | null {
    const channel = this.ports[port] ?? null;
    return channel !== null && channel.state !== ECS_FREE ? channel : null;
  }

  /** get_free_port: the lowest free one, or -1. */
  allocate(): EventChannel | null {
    for (let port = 1; port < this.limit && port <= this.maxPort; port++) {
      const channel = (this.ports[port] ??= new EventChannel(port));
      if (channel.state === ECS_FREE) return channel;
    }
    return null;
  }

  /** Makes a port free again. */
  free(channel: EventChannel): void {
    this.ports[channel.port] = new EventChannel(channel.port);
  }
}
