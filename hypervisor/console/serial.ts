/**
 * Xen's driver of the serial port (drivers/char/ns16550.c): set up as `com1=` says, FIFOs on, an interrupt for what comes in. What
 * is sent is gone at once; what comes in waits in the port until Xen has room for it.
 */
import { COM1_IRQ, IER, IER_RECEIVED, IIR_FCR, LCR, LSR, MCR, RBR_THR } from '../../devices/uart16550.ts';
import type { Uart16550 } from '../../devices/uart16550.ts';

const LCR_DIVISOR = 0x80;
const FCR_FIFOS_TRIGGER_14 = 0xc7;
/** DTR, RTS, and OUT2, which lets the interrupt through. */
const MCR_READY = 0x0b;
const LSR_DATA = 1;

/** How the port is set up: the divisor of 115200 baud, and the register LCR. */
export interface LineSettings {
  readonly divisor: number;
  readonly lcr: number;
}

export class Serial {
  private readonly uart: Uart16550;
  private readonly sent: number[] = [];

  /** Sets the port up; its line is Xen's own from now on. */
  constructor(uart: Uart16550, gsis: readonly { isXens: boolean }[], { divisor, lcr }: LineSettings) {
    this.uart = uart;
    gsis[COM1_IRQ]!.isXens = true;
    uart.onOutput = (byte) => this.sent.push(byte);
    uart.write(LCR, lcr | LCR_DIVISOR);
    uart.write(RBR_THR, divisor & 0xff);
    uart.write(IER, divisor >>> 8);
    uart.write(LCR, lcr);
    uart.write(IIR_FCR, FCR_FIFOS_TRIGGER_14);
    uart.write(MCR, MCR_READY);
    uart.write(IER, IER_RECEIVED);
  }

  /** Sends bytes: what has gone out on the line. */
  send(bytes: Uint8Array): Uint8Array {
    for (const byte of bytes) this.uart.write(RBR_THR, byte);
    return Uint8Array.from(this.sent.splice(0));
  }

  /** The next byte that has come in; -1: there is none. */
  receive(): number {
    return (this.uart.read(LSR) & LSR_DATA) === 0 ? -1 : this.uart.read(RBR_THR);
  }
}
