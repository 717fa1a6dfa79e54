/** events: the event channels of this domain, port by port, as EVTCHNOP_status tells them. */
import {
  DOMID_SELF,
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
import { complainOf, print } from 'programs/lib/io';
import { table } from 'programs/lib/text';

/** There is no port 0, and Xen gives the lowest that is free: behind so many that are closed nothing is looked for. */
const MAX_CLOSED: u32 = 256;
const EINVAL: i64 = -22;
const VIRQS: string[] = ['TIMER', 'DEBUG', 'CONSOLE', 'DOM_EXC', 'TBUF', '5', 'DEBUGGER', 'XENOPROF'];

const request = new ArrayBuffer(<i32>evtchn_status.SIZE);

export function main(args: string[]): i32 {
  const rows: string[][] = [['PORT', 'KIND', 'VCPU', 'BOUND TO']];
  const values = new StaticArray<u64>(5);
  values[0] = EVTCHNOP_status;
  values[1] = changetype<usize>(request);
  let closed: u32 = 0;
  for (let port: u32 = 1; closed < MAX_CLOSED; port++) {
    store<u16>(changetype<usize>(request), <u16>DOMID_SELF, evtchn_status.dom);
    store<u32>(changetype<usize>(request), port, evtchn_status.port);
    const result = hypercall(HYPERVISOR_event_channel_op, values);
    if (result == EINVAL) break;
    if (result < 0) return complainOf('port ' + port.toString(), result);
    const status = field(evtchn_status.status);
    if (status == EVTCHNSTAT_closed) {
      closed++;
      continue;
    }
    closed = 0;
    const vcpu = field(evtchn_status.vcpu).toString();
    rows.push([port.toString(), kindOf(status), vcpu, boundTo(status)]);
  }
  print(table(rows, 0b0101));
  return 0;
}

function field(offset: usize): u32 {
  return load<u32>(changetype<usize>(request) + offset);
}

function kindOf(status: u32): string {
  if (status == EVTCHNSTAT_unbound) return 'unbound';
  if (status == EVTCHNSTAT_interdomain) return 'interdomain';
  if (status == EVTCHNSTAT_pirq) return 'pirq';
  if (status == EVTCHNSTAT_virq) return 'virq';
  return status == EVTCHNSTAT_ipi ? 'ipi' : status.toString();
}

function boundTo(status: u32): string {
  if (status == EVTCHNSTAT_unbound) return 'waits for domain ' + domain(evtchn_status.u_unbound_dom);
  if (status == EVTCHNSTAT_interdomain)
    return (
      'domain ' +
      domain(evtchn_status.u_interdomain_dom) +
      ', port ' +
      field(evtchn_status.u_interdomain_port).toString()
    );
  if (status == EVTCHNSTAT_pirq) return field(evtchn_status.u_pirq).toString();
  if (status != EVTCHNSTAT_virq) return '';
  const virq = <i32>field(evtchn_status.u_virq);
  return virq < VIRQS.length ? 'VIRQ_' + VIRQS[virq] : virq.toString();
}

function domain(offset: usize): string {
  return (<u16>field(offset)).toString();
}
