/**
 * HYPERVISOR_event_channel_op, and the two event ABIs: 2-level bitmaps and FIFO queues.
 * Source: xen/include/public/event_channel.h, Xen 4.17.
 */
import { array, domid, port, struct, u32, u64, u8, union } from './layout.ts';

export const EVTCHNOP_bind_interdomain = 0;
export const EVTCHNOP_bind_virq = 1;
export const EVTCHNOP_bind_pirq = 2;
export const EVTCHNOP_close = 3;
export const EVTCHNOP_send = 4;
export const EVTCHNOP_status = 5;
export const EVTCHNOP_alloc_unbound = 6;
export const EVTCHNOP_bind_ipi = 7;
export const EVTCHNOP_bind_vcpu = 8;
export const EVTCHNOP_unmask = 9;
export const EVTCHNOP_reset = 10;
export const EVTCHNOP_init_control = 11;
export const EVTCHNOP_expand_array = 12;
export const EVTCHNOP_set_priority = 13;

// evtchn_status.status
export const EVTCHNSTAT_closed = 0;
export const EVTCHNSTAT_unbound = 1;
export const EVTCHNSTAT_interdomain = 2;
export const EVTCHNSTAT_pirq = 3;
export const EVTCHNSTAT_virq = 4;
export const EVTCHNSTAT_ipi = 5;

// evtchn_bind_pirq.flags
export const BIND_PIRQ__WILL_SHARE = 1;

// The 2-level ABI.
export const EVTCHN_2L_NR_CHANNELS = 4096;

// The FIFO ABI: priorities (0 is the highest), bit numbers of an event word, its link.
export const EVTCHN_FIFO_PRIORITY_MAX = 0;
export const EVTCHN_FIFO_PRIORITY_DEFAULT = 7;
export const EVTCHN_FIFO_PRIORITY_MIN = 15;
export const EVTCHN_FIFO_MAX_QUEUES = 16;
export const EVTCHN_FIFO_PENDING = 31;
export const EVTCHN_FIFO_MASKED = 30;
export const EVTCHN_FIFO_LINKED = 29;
export const EVTCHN_FIFO_BUSY = 28;
export const EVTCHN_FIFO_LINK_BITS = 17;
export const EVTCHN_FIFO_LINK_MASK = 0x1ffff;
export const EVTCHN_FIFO_NR_CHANNELS = 1 << 17;

export const evtchn_alloc_unbound = struct({ dom: domid, remote_dom: domid, port });

export const evtchn_bind_interdomain = struct({ remote_dom: domid, remote_port: port, local_port: port });

export const evtchn_bind_virq = struct({ virq: u32, vcpu: u32, port });

export const evtchn_bind_pirq = struct({ pirq: u32, flags: u32, port });

export const evtchn_bind_ipi = struct({ vcpu: u32, port });

export const evtchn_close = struct({ port });

export const evtchn_send = struct({ port });

export const evtchn_status = struct({
  dom: domid,
  port,
  status: u32,
  vcpu: u32,
  u: union({
    unbound: struct({ dom: domid }),
    interdomain: struct({ dom: domid, port }),
    pirq: u32,
    virq: u32,
  }),
});

export const evtchn_bind_vcpu = struct({ port, vcpu: u32 });

export const evtchn_unmask = struct({ port });

export const evtchn_reset = struct({ dom: domid });

export const evtchn_init_control = struct({
  control_gfn: u64,
  offset: u32,
  vcpu: u32,
  link_bits: u8,
  _pad: array(u8, 7),
});

export const evtchn_expand_array = struct({ array_gfn: u64 });

export const evtchn_set_priority = struct({ port, priority: u32 });

/** The argument of the old HYPERVISOR_event_channel_op_compat. */
export const evtchn_op = struct({
  cmd: u32,
  u: union({
    alloc_unbound: evtchn_alloc_unbound,
    bind_interdomain: evtchn_bind_interdomain,
    bind_virq: evtchn_bind_virq,
    bind_pirq: evtchn_bind_pirq,
    bind_ipi: evtchn_bind_ipi,
    close: evtchn_close,
    send: evtchn_send,
    status: evtchn_status,
    bind_vcpu: evtchn_bind_vcpu,
    unmask: evtchn_unmask,
  }),
});

export const evtchn_fifo_control_block = struct({ ready: u32, _rsvd: u32, head: array(u32, 16) });
