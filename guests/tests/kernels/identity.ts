/** Which domain this is. Nobody tells a paravirtualized kernel; but who binds a channel to itself can ask where it leads. */
import { DOMID_SELF, EVTCHNOP_status, evtchn_status } from 'xen';
import { allocateUnbound, bindInterdomain, closePort } from 'kernel/events/events';
import { HYPERVISOR_event_channel_op } from 'kernel/xen/hypercalls';

const request: usize = memory.data(32, 8);

export function domainId(): u32 {
  const here = allocateUnbound(DOMID_SELF, (port: u32) => {});
  const there = bindInterdomain(DOMID_SELF, here, (port: u32) => {});
  assert(there > 0, 'a channel to ourselves is refused');
  store<u16>(request + evtchn_status.dom, <u16>DOMID_SELF);
  store<u32>(request + evtchn_status.port, there);
  HYPERVISOR_event_channel_op(EVTCHNOP_status, request);
  const domid = <u32>load<u16>(request + evtchn_status.u_interdomain_dom);
  closePort(there);
  closePort(here);
  return domid;
}
