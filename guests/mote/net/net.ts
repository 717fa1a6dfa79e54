/** The network, brought up: the loopback, and a network card where Xen's toolstack has given this domain one. */
import { initCards } from './cards';
import { initLoopback } from './loopback';
import { initSocketCalls } from './socket-calls';
import { initTable } from './tcp/table';

export function initNetwork(): void {
  initTable();
  initLoopback();
  initSocketCalls();
  initCards();
}
