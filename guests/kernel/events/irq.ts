/**
 * Interrupts of devices: a line is an event channel. Several devices may share a line, so all of them look whether it is they;
 * then Xen is told that it was served, and delivers it again if a device still asserts it.
 */
import * as xen from 'xen';
import { DOMID_SELF, evtchn_bind_pirq, physdev_eoi, physdev_map_pirq, physdev_setup_gsi } from 'xen';
import { setEventHandler } from './events';
import { HYPERVISOR_event_channel_op, HYPERVISOR_physdev_op } from '../xen/hypercalls';

const LINES: u32 = 16;
const MAX_PORTS: u32 = 1024;

/** A device that has an interrupt. */
export abstract class Interrupting {
  nextOnLine: Interrupting | null = null;

  /** The line was asserted: perhaps by this one. */
  abstract interrupt(): void;
}

const sharing = new StaticArray<Interrupting | null>(LINES);
const lineOf = new StaticArray<u8>(MAX_PORTS);
const request: usize = memory.data(48, 8);

/** Serves a line for one more device. 0, or a negative errno. */
export function serveLine(line: u32, device: Interrupting): i32 {
  if (line >= LINES) return -xen.EINVAL;
  const others = sharing[line];
  if (others == null) {
    const failed = bindLine(line);
    if (failed < 0) return failed;
  }
  device.nextOnLine = others;
  sharing[line] = device;
  return 0;
}

function bindLine(line: u32): i32 {
  store<u32>(request + physdev_setup_gsi.gsi, line);
  // Level, active low: a PCI pin.
  store<u8>(request + physdev_setup_gsi.triggering, 1);
  store<u8>(request + physdev_setup_gsi.polarity, 1);
  HYPERVISOR_physdev_op(xen.PHYSDEVOP_setup_gsi, request);
  memory.fill(request, 0, physdev_map_pirq.SIZE);
  store<u16>(request + physdev_map_pirq.domid, <u16>DOMID_SELF);
  store<u32>(request + physdev_map_pirq.type, xen.MAP_PIRQ_TYPE_GSI);
  store<u32>(request + physdev_map_pirq.index, line);
  store<u32>(request + physdev_map_pirq.pirq, line);
  let failed = HYPERVISOR_physdev_op(xen.PHYSDEVOP_map_pirq, request);
  if (failed < 0) return failed;
  const pirq = load<u32>(request + physdev_map_pirq.pirq);
  store<u32>(request + evtchn_bind_pirq.pirq, pirq);
  store<u32>(request + evtchn_bind_pirq.flags, xen.BIND_PIRQ__WILL_SHARE);
  failed = HYPERVISOR_event_channel_op(xen.EVTCHNOP_bind_pirq, request);
  if (failed < 0) return failed;
  const port = load<u32>(request + evtchn_bind_pirq.port);
  lineOf[port] = <u8>pirq;
  setEventHandler(port, served);
  return 0;
}

function served(port: u32): void {
  const line = <u32>lineOf[port];
  for (let each = sharing[line]; each != null; each = each!.nextOnLine) each.interrupt();
  store<u32>(request + physdev_eoi.irq, line);
  HYPERVISOR_physdev_op(xen.PHYSDEVOP_eoi, request);
}
