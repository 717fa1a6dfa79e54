/**
 * The console's input, handed to whoever has asked for it, and the wait for room in its output (print.ts).
 */
import { VIRQ_CONSOLE, XENCONS_IN_BYTES, xencons_interface } from 'xen';
import { bindVirq, sendEvent, setEventHandler } from '../events/events';
import { WaitQueue } from '../threads/wait';
import { lineInput, takeFromLine } from './line';
import { consolePort, consoleRing, isOnLine } from './print';

/** Takes a byte of input; false: it has no room, and will call `pumpInput` when it has. */
export type ByteSink = (byte: u8) => bool;

let sink: ByteSink | null = null;
/** Who waits for room in the output ring. */
let room: WaitQueue | null = null;

/** Lets the console's events in: input, and room for output. */
export function initConsole(): void {
  room = new WaitQueue();
  listenToConsole();
}

/** Binds the console's port: at the start, and again when the domain was restored. */
export function listenToConsole(): void {
  if (isOnLine()) {
    bindVirq(VIRQ_CONSOLE, (port: u32) => {
      pumpInput();
    });
    return;
  }
  setEventHandler(consolePort(), (port: u32) => {
    room!.wake();
    pumpInput();
  });
}

/** Whom to give what is typed. */
export function setInputSink(taker: ByteSink): void {
  sink = taker;
  pumpInput();
}

/** Hands out the input that has come, as long as it is taken. */
export function pumpInput(): void {
  const taker = sink;
  if (taker == null) return;
  if (isOnLine()) {
    for (let byte = lineInput(); byte >= 0 && taker(<u8>byte); byte = lineInput()) takeFromLine();
    return;
  }
  const ring = consoleRing();
  const before = load<u32>(ring + xencons_interface.in_cons);
  let at = before;
  while (at != load<u32>(ring + xencons_interface.in_prod)) {
    if (!taker(load<u8>(ring + xencons_interface.in_ + (at & (XENCONS_IN_BYTES - 1))))) break;
    at++;
  }
  if (at == before) return;
  store<u32>(ring + xencons_interface.in_cons, at);
  sendEvent(consolePort());
}

/** Where to wait for room. */
export function consoleRoom(): WaitQueue {
  return room!;
}
