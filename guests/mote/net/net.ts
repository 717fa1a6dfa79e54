/** The network, brought up: the loopback, a host's bridge, and the network cards that Xen's toolstack has given this domain. */
import { isDomain0 } from 'kernel/xen/start-info';
import { makeHostBridge } from './bridges';
import { initCards } from './cards';
import { initInternet } from './internet';
import { initSocketCalls } from './socket-calls';

export function initNetwork(): void {
  initInternet();
  initSocketCalls();
  if (isDomain0()) makeHostBridge();
  initCards();
}
