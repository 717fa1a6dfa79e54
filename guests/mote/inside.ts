/**
 * What a debugger may know of this kernel: where its processes and its bridges are, and where in each of them is what one wants to
 * see. Nothing here reads it: who looks at a domain from outside finds it in the static data by the text that it begins with, and
 * reads it in this order (ui/lab/inside/mote.ts).
 */
import { AddressSpace } from './address-space';
import { Bridge, BRIDGE_ENTRIES, BridgeEntry, BridgePort } from './net/bridge';
import { Interface, interfaces } from './net/interface';
import { MAX_PROCESSES, Process, processes } from './process';

const PROCESSES = 4;
const INTERFACES = 13;

const inside: StaticArray<u32> = [
  // "Xenoscope inside"
  0x6f6e_6558,
  0x706f_6373,
  0x6e69_2065,
  0x6564_6973,
  0, // PROCESSES: the table
  MAX_PROCESSES,
  offsetof<Process>('pid'),
  offsetof<Process>('parent'),
  offsetof<Process>('state'),
  offsetof<Process>('name'),
  offsetof<Process>('cpuNs'),
  offsetof<Process>('space'),
  offsetof<AddressSpace>('root'),
  0, // INTERFACES: the first, which is the loopback and stays
  offsetof<Interface>('next'),
  offsetof<Interface>('name'),
  offsetof<Interface>('hardware'),
  idof<Bridge>(),
  offsetof<Bridge>('first'),
  offsetof<BridgePort>('nextPort'),
  offsetof<Bridge>('table'),
  BRIDGE_ENTRIES,
  offsetof<BridgeEntry>('hardware'),
  offsetof<BridgeEntry>('port'),
  offsetof<BridgeEntry>('deadlineNs'),
];

/** To be called once the network is there. */
export function initInside(): void {
  inside[PROCESSES] = <u32>changetype<usize>(processes);
  inside[INTERFACES] = <u32>changetype<usize>(interfaces());
}
