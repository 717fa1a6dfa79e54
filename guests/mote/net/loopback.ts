/** The loopback: what is sent there comes in again. */
import { receive } from './input';
import { addInterface, IFF_LOOPBACK, IFF_RUNNING, IFF_UP, Interface } from './interface';
import { Packet } from './packet';
import { addRoute } from './route';

const ADDRESS: u32 = 0x7f00_0001;
const NETMASK: u32 = 0xff00_0000;

class Loopback extends Interface {
  constructor() {
    super('lo', IFF_UP | IFF_LOOPBACK | IFF_RUNNING);
    this.address = ADDRESS;
    this.netmask = NETMASK;
  }

  send(packet: Packet, nextHop: u32): void {
    this.countSent(packet);
    packet.interface_ = this;
    receive(packet);
  }
}

export function initLoopback(): void {
  const made = new Loopback();
  addInterface(made);
  addRoute(ADDRESS & NETMASK, NETMASK, 0, made);
}
