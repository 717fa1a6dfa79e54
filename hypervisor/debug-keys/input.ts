/** What is typed on Xen's console: domain 0's to read or, as debug keys, Xen's own. Compare drivers/char/console.c. */
import { VIRQ_CONSOLE } from '../abi/xen.ts';
import { sendGlobalVirq } from '../events/send.ts';
import type { Hypervisor } from '../state/hypervisor.ts';
import { handleKeypress } from './table.ts';

/** Bytes of input that wait for domain 0. */
const INPUT_BYTES = 128;

/** Ctrl-a: so many of them in a row switch the input. */
const SWITCH_CODE = 1;
const SWITCH_COUNT = 3;

/** The port has an interrupt: takes what has come in, as far as there is room for it. */
export function serveConsole(hypervisor: Hypervisor): void {
  const { console } = hypervisor;
  while (console.input.length < INPUT_BYTES) {
    const byte = console.receive();
    if (byte < 0) return;
    take(hypervisor, byte);
  }
}

function take(hypervisor: Hypervisor, byte: number): void {
  const { console } = hypervisor;
  if (byte === SWITCH_CODE) {
    if (++console.held === SWITCH_COUNT) switchInput(hypervisor);
    return;
  }
  for (; console.held > 0; console.held--) receive(hypervisor, SWITCH_CODE);
  receive(hypervisor, byte);
}

/** serial_rx: domain 0 is told. */
function receive(hypervisor: Hypervisor, byte: number): void {
  if (hypervisor.console.isInputForXen) {
    handleKeypress(hypervisor, byte);
    return;
  }
  hypervisor.console.input.push(byte);
  sendGlobalVirq(hypervisor, VIRQ_CONSOLE);
}

function switchInput({ console }: Hypervisor): void {
  console.held = 0;
  console.isInputForXen = !console.isInputForXen;
  const whose = console.isInputForXen ? 'Xen' : 'DOM0';
  console.log(`*** Serial input to ${whose} (type 'CTRL-a' three times to switch input)`);
}

/** Up to `count` bytes of input, taken: there is room for more. */
export function readConsole(hypervisor: Hypervisor, count: number): Uint8Array {
  const bytes = Uint8Array.from(hypervisor.console.input.splice(0, count));
  if (bytes.length > 0) serveConsole(hypervisor);
  return bytes;
}
