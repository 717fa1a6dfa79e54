/** lsevtchn [DOMID]: the event channels of a domain, as EVTCHNOP_status tells of them; of this one without an id. */
import {
  DOMID_SELF,
  EACCES,
  EINVAL,
  evtchn_status,
  EVTCHNOP_status,
  EVTCHNSTAT_closed,
  EVTCHNSTAT_interdomain,
  EVTCHNSTAT_ipi,
  EVTCHNSTAT_pirq,
  EVTCHNSTAT_unbound,
  EVTCHNSTAT_virq,
  HYPERVISOR_event_channel_op,
} from 'xen';
import { hypercall } from 'programs/lib/calls';
import { complain, complainOf, print } from 'programs/lib/io';
import { bad, number } from 'programs/lib/text';
import { takeOptions } from 'programs/lib/options';

/** Xen gives the lowest port that is free: behind so many that are closed nothing is looked for. */
const MAX_CLOSED: i32 = 256;
const request = new ArrayBuffer(<i32>evtchn_status.SIZE);

export function main(args: string[]): i32 {
  if (takeOptions(args, '', 'lsevtchn [DOMID]') == null) return 2;
  const domid = args.length > 1 ? number(args[1]) : DOMID_SELF;
  if (args.length > 2 || (args.length == 2 && (bad || domid < 0 || domid > 0xffff))) {
    complain('usage: lsevtchn [DOMID]');
    return 2;
  }
  const values = new StaticArray<u64>(5);
  values[0] = EVTCHNOP_status;
  values[1] = changetype<usize>(request);
  let closed = 0;
  for (let port: u32 = 1; closed < MAX_CLOSED; port++) {
    store<u16>(changetype<usize>(request), <u16>domid, evtchn_status.dom);
    store<u32>(changetype<usize>(request), port, evtchn_status.port);
    const result = <i32>hypercall(HYPERVISOR_event_channel_op, values);
    // A port of Xen's own is passed over; behind the last one there is none.
    if (result == -EINVAL) break;
    if (result < 0 && result != -EACCES) return complainOf('domain ' + domid.toString(), result);
    if (result == 0 && field(evtchn_status.status) != EVTCHNSTAT_closed) {
      print(
        port.toString().padStart(4) + ': VCPU ' + field(evtchn_status.vcpu).toString() + ': ' + kind() + '\n',
      );
      closed = 0;
    } else closed++;
  }
  return 0;
}

function field(offset: usize): u32 {
  return load<u32>(changetype<usize>(request) + offset);
}

function domain(offset: usize): string {
  return 'Remote Domain ' + (<u16>field(offset)).toString();
}

function kind(): string {
  const status = field(evtchn_status.status);
  if (status == EVTCHNSTAT_unbound)
    return 'Interdomain (Waiting connection) - ' + domain(evtchn_status.u_unbound_dom);
  if (status == EVTCHNSTAT_interdomain) {
    const port = field(evtchn_status.u_interdomain_port).toString();
    return 'Interdomain (Connected) - ' + domain(evtchn_status.u_interdomain_dom) + ', Port ' + port;
  }
  if (status == EVTCHNSTAT_pirq) return 'Physical IRQ ' + field(evtchn_status.u_pirq).toString();
  if (status == EVTCHNSTAT_virq) return 'Virtual IRQ ' + field(evtchn_status.u_virq).toString();
  return status == EVTCHNSTAT_ipi ? 'IPI' : 'Unknown';
}
