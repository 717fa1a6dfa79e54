/** The protocols above IPv4, put together, and the loopback: what a host has of the network before it has a card. */
import { IPPROTO_ICMP, IPPROTO_TCP, IPPROTO_UDP } from '../abi';
import { setAnnounced } from './arp';
import { initFilter } from './filter/filter';
import { forward } from './forward';
import { isForwarding } from './forwarding';
import { icmpInput, refuseProtocol } from './icmp';
import { setElsewhere } from './ipv4';
import { initLoopback } from './loopback';
import { Packet } from './packet';
import { setListener, setOtherwise, setProtocol } from './protocols';
import { deliverRaw } from './raw';
import { tcpError } from './tcp/errors';
import { tcpInput } from './tcp/input';
import { initTable } from './tcp/table';
import { tellAgain } from './tcp/timers';
import { udpError, udpInput } from './udp';

export function initInternet(): void {
  setProtocol(IPPROTO_ICMP, icmpInput, null);
  setProtocol(IPPROTO_TCP, tcpInput, tcpError);
  setProtocol(IPPROTO_UDP, udpInput, udpError);
  setListener(deliverRaw);
  setOtherwise(refuseProtocol);
  setElsewhere((packet: Packet) => {
    if (isForwarding) forward(packet);
    else packet.free();
  });
  setAnnounced(tellAgain);
  initFilter();
  initTable();
  initLoopback();
}
