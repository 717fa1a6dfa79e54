/** /proc/sys/net/ipv4: settings of the network, each a number that can be written. */
import { EINVAL } from 'xen';
import { parseLine, putByte, putNumber } from '../fs/proc-files';
import { EthernetInterface } from './ethernet';
import { isForwarding, setForwarding } from './forwarding';
import { Interface, interfaceAt } from './interface';

/** Takes what is written: bytes, or a negative errno. `which`: the interface's number. */
export type Setter = (which: i32, from: usize, bytes: usize) => i32;

function tell(isOn: bool): void {
  putNumber(isOn ? 1 : 0);
  putByte(10);
}

export function forwarding(which: i32): void {
  tell(isForwarding);
}
export function setForward(which: i32, from: usize, bytes: usize): i32 {
  const value = parseLine(from, bytes);
  if (value < 0) return -EINVAL;
  setForwarding(value != 0);
  return <i32>bytes;
}

function ethernetAt(which: i32): EthernetInterface | null {
  const found: Interface | null = interfaceAt(which);
  return found instanceof EthernetInterface ? <EthernetInterface>found : null;
}

export function proxyArp(which: i32): void {
  const by = ethernetAt(which);
  tell(by != null && by.proxyArp);
}
/** The loopback asks nobody. */
export function setProxyArp(which: i32, from: usize, bytes: usize): i32 {
  const value = parseLine(from, bytes);
  const by = ethernetAt(which);
  if (value < 0 || by == null) return -EINVAL;
  by.proxyArp = value != 0;
  return <i32>bytes;
}
