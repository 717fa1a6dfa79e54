/** What the devices of domains have done, as the backends of domain 0's kernel count it (/proc/xen/backends). */
import { readFile } from 'programs/lib/io';
import { number } from 'programs/lib/text';

/** Words before the counts: kind, domain, device. */
const FIRST_COUNT = 3;

/** The counts of a device, or of all of a domain, by name. */
export class Traffic {
  kind: string = '';
  domid: u32 = 0;
  /** Of a device: its number. */
  name: string = '';
  private counts: Map<string, u64> = new Map();

  of(name: string): u64 {
    return this.counts.has(name) ? this.counts.get(name) : 0;
  }
  add(name: string, count: u64): void {
    this.counts.set(name, this.of(name) + count);
  }
}

/** By domain; and by device. */
export const traffic = new Map<u32, Traffic>();
const devices: Traffic[] = [];

/** The devices of a domain of a class. */
export function trafficOf(domid: u32, kind: string): Traffic[] {
  const found: Traffic[] = [];
  for (let n = 0; n < devices.length; n++)
    if (devices[n].domid == domid && devices[n].kind == kind) found.push(devices[n]);
  return found;
}

/** Finds out anew. Where nothing is told, there is nothing. */
export function countTraffic(): void {
  traffic.clear();
  devices.length = 0;
  const text = readFile('/proc/xen/backends');
  if (text == null) return;
  const lines = text.split('\n');
  for (let n = 0; n < lines.length; n++) {
    const words = lines[n].split(' ');
    if (words.length < FIRST_COUNT) continue;
    const domid = <u32>number(words[1]);
    if (!traffic.has(domid)) traffic.set(domid, new Traffic());
    const found = traffic.get(domid);
    const device = new Traffic();
    device.kind = words[0];
    device.domid = domid;
    device.name = words[2];
    devices.push(device);
    for (let at = FIRST_COUNT; at + 1 < words.length; at += 2) {
      found.add(words[at], number(words[at + 1]));
      device.add(words[at], number(words[at + 1]));
    }
  }
}
