/** The files of /proc/net, in Linux's forms: interfaces, routes, sockets. What Mote does not have is 0 there. */
import { put, putByte, putField, putHex } from '../fs/proc-files';
import { Interface, interfaces } from './interface';
import { Route, routes } from './route';
import { Connection, LISTEN } from './tcp/connection';
import { connections } from './tcp/table';
import { UdpSocket, udpSockets } from './udp';

const RTF_UP: u64 = 1;
const RTF_GATEWAY: u64 = 2;
/** The state of a UDP socket, as Linux tells it: 7, closed, means that it waits for anybody. */
const UDP_OPEN: u64 = 7;
const ESTABLISHED: u64 = 1;

export function devices(pid: i32): void {
  put('Inter-|   Receive                                                |  Transmit\n');
  put(' face |bytes    packets errs drop fifo frame compressed multicast');
  put('|bytes    packets errs drop fifo colls carrier compressed\n');
  for (let each: Interface | null = interfaces(); each != null; each = each!.next) {
    put(each.name);
    putByte(58);
    putField(each.receivedBytes);
    putField(each.receivedPackets);
    put(' 0');
    putField(each.dropped);
    put(' 0 0 0 0');
    putField(each.sentBytes);
    putField(each.sentPackets);
    put(' 0 0 0 0 0 0\n');
  }
}

/** An address as Linux tells it: the word as it lies in memory. */
function putAddress(address: u32): void {
  putHex(bswap<u32>(address), 8);
}

export function routeTable(pid: i32): void {
  put('Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n');
  for (let each: Route | null = routes(); each != null; each = each!.next) {
    if (each.interface_.isLoopback) continue;
    put(each.interface_.name);
    putByte(9);
    putAddress(each.destination);
    putByte(9);
    putAddress(each.gateway);
    putByte(9);
    putHex(RTF_UP | (each.gateway != 0 ? RTF_GATEWAY : 0), 4);
    put('\t0\t0\t0\t');
    putAddress(each.mask);
    put('\t0\t0\t0\n');
  }
}

function putSocket(number: u64, local: u32, localPort: u32, remote: u32, remotePort: u32, state: u64): void {
  putField(number);
  put(': ');
  putAddress(local);
  putByte(58);
  putHex(localPort, 4);
  putByte(32);
  putAddress(remote);
  putByte(58);
  putHex(remotePort, 4);
  putByte(32);
  putHex(state, 2);
}

const HEAD =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';
const REST = '     0        0 0\n';

export function tcp(pid: i32): void {
  put(HEAD);
  let number: u64 = 0;
  for (let each: Connection | null = connections(); each != null; each = each!.next) {
    if (each.localPort == 0) continue;
    putSocket(number++, each.localAddress, each.localPort, each.remoteAddress, each.remotePort, each.state);
    putByte(32);
    putHex(each.state == LISTEN ? 0 : each.sending.count, 8);
    putByte(58);
    putHex(each.state == LISTEN ? each.pending : each.receiving.count, 8);
    put(each.timer.armed ? ' 01:00000000 ' : ' 00:00000000 ');
    putHex(each.retries, 8);
    put(REST);
  }
}

export function udp(pid: i32): void {
  put(HEAD);
  let number: u64 = 0;
  for (let each: UdpSocket | null = udpSockets(); each != null; each = each!.next) {
    const state = each.remoteAddress == 0 ? UDP_OPEN : ESTABLISHED;
    putSocket(number++, each.localAddress, each.localPort, each.remoteAddress, each.remotePort, state);
    put(' 00000000:00000000 00:00000000 00000000');
    put(REST);
  }
}
