/** Event channels of a process: /dev/xen/evtchn. */
import {
  IOCTL_EVTCHN_BIND_INTERDOMAIN,
  IOCTL_EVTCHN_BIND_UNBOUND_PORT,
  IOCTL_EVTCHN_BIND_VIRQ,
  IOCTL_EVTCHN_NOTIFY,
  IOCTL_EVTCHN_UNBIND,
  O_CLOEXEC,
  O_RDWR,
  SYS_ioctl,
} from 'mote/abi';
import { open, read, write } from 'programs/lib/calls';
import { syscall3 } from 'programs/lib/intrinsics';

const PORTS: i32 = 64;

export class EventChannels {
  /** A negative errno: it cannot be opened. */
  readonly fd: i32 = open('/dev/xen/evtchn', O_RDWR | O_CLOEXEC);
  private raised: ArrayBuffer = new ArrayBuffer(PORTS * 4);
  private bytes: i32 = 0;

  private control(request: i32, argument: u64): i32 {
    return <i32>syscall3(SYS_ioctl, this.fd, request, argument);
  }

  /** Ports, or negative errnos. */
  bindInterdomain(domid: u32, port: u32): i32 {
    return this.control(IOCTL_EVTCHN_BIND_INTERDOMAIN, (<u64>domid) | ((<u64>port) << 32));
  }
  /** A port of its own, which a domain, or Xen, may raise. */
  bindUnbound(domid: u32): i32 {
    return this.control(IOCTL_EVTCHN_BIND_UNBOUND_PORT, domid);
  }
  bindVirq(virq: u32): i32 {
    return this.control(IOCTL_EVTCHN_BIND_VIRQ, virq);
  }

  unbind(port: u32): void {
    this.control(IOCTL_EVTCHN_UNBIND, port);
  }
  notify(port: u32): void {
    this.control(IOCTL_EVTCHN_NOTIFY, port);
  }

  /** Takes ports that were raised, and waits for one: how many. They stay masked until `unmask`. */
  take(): i32 {
    this.bytes = max(read(this.fd, this.raised, PORTS * 4), 0);
    return this.bytes / 4;
  }
  port(index: i32): u32 {
    return load<u32>(changetype<usize>(this.raised) + index * 4);
  }
  /** Lets the ports that were taken through again. */
  unmask(): void {
    if (this.bytes > 0) write(this.fd, this.raised, this.bytes);
  }
}
