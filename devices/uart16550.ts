/**
 * A serial port: National Semiconductor's PC16550D (its data sheet names the registers), at a PC's COM1. The line has no
 * speed: what is sent is gone at once, and what comes in waits outside until the FIFO has room.
 */
import type { Interrupts } from './machine.ts';

export const COM1 = 0x3f8;
export const COM1_IRQ = 4;
export const UART_PORTS = 8;

const FIFO_BYTES = 16;
/** Bytes that wait outside; more are lost, and the next one read says so (an overrun). */
const LINE_BYTES = 4096;

/** Registers by their offset; the first two are the divisor latch while LCR's DLAB is set. */
export const RBR_THR = 0;
export const IER = 1;
export const IIR_FCR = 2;
export const LCR = 3;
export const MCR = 4;
export const LSR = 5;
export const MSR = 6;
export const SCR = 7;

export const IER_RECEIVED = 1;
export const IER_THR_EMPTY = 2;
export const IER_LINE = 4;

export const IIR_NONE = 1;
export const IIR_THR_EMPTY = 2;
export const IIR_RECEIVED = 4;
export const IIR_LINE = 6;
export const IIR_TIMEOUT = 12;
const IIR_FIFOS = 0xc0;

const FCR_ENABLE = 1;
const FCR_CLEAR_RECEIVER = 2;
/** FIFO trigger levels by FCR's two top bits. */
const TRIGGERS = [1, 4, 8, 14] as const;

const LCR_DLAB = 0x80;
const MCR_BITS = 0x1f;
const MCR_OUT2 = 8;
const MCR_LOOP = 0x10;

const LSR_DATA = 1;
const LSR_OVERRUN = 2;
const LSR_IDLE = 0x60;
/** Clear to send, data set ready, carrier detect: someone listens. */
const MSR_CONNECTED = 0xb0;

export class Uart16550 {
  /** Told each byte that is sent. No part of the state. */
  onOutput: ((byte: number) => void) | null = null;
  private readonly interrupts: Interrupts;
  private readonly irq: number;
  private readonly fifo: number[] = [];
  private readonly line: number[] = [];
  private readonly divisor = Uint8Array.of(1, 0);
  private ier = 0;
  private fcr = 0;
  private lcr = 0;
  private mcr = 0;
  private scratch = 0;
  private overrun = false;
  /** Whether the transmitter's interrupt waits to be seen. */
  private emptied = false;
  private asserted = false;

  constructor(interrupts: Interrupts, irq: number) {
    this.interrupts = interrupts;
    this.irq = irq;
  }

  /** Bytes that come in on the line. */
  receive(bytes: Uint8Array): void {
    for (const byte of bytes)
      if (this.line.length < LINE_BYTES) this.line.push(byte);
      else this.overrun = true;
    this.update();
  }

  private get fifoEnabled(): boolean {
    return (this.fcr & FCR_ENABLE) !== 0;
  }
  private get latched(): boolean {
    return (this.lcr & LCR_DLAB) !== 0;
  }
  private get looped(): boolean {
    return (this.mcr & MCR_LOOP) !== 0;
  }

  /** Fills the FIFO from the line, and asserts the interrupt while there is a reason. On a PC, OUT2 lets it through. */
  private update(): void {
    const room = this.fifoEnabled ? FIFO_BYTES : 1;
    while (!this.looped && this.fifo.length < room && this.line.length > 0)
      this.fifo.push(this.line.shift()!);
    const wants = this.reason() !== IIR_NONE && (this.mcr & MCR_OUT2) !== 0 && !this.looped;
    if (wants === this.asserted) return;
    this.asserted = wants;
    if (wants) this.interrupts.raise(this.irq);
    else this.interrupts.lower(this.irq);
  }

  /** The interrupt of the highest priority that waits (data sheet, table IV). Below the trigger, time is always out. */
  private reason(): number {
    if (this.overrun && (this.ier & IER_LINE) !== 0) return IIR_LINE;
    if (this.fifo.length > 0 && (this.ier & IER_RECEIVED) !== 0) {
      const trigger = this.fifoEnabled ? TRIGGERS[this.fcr >>> 6]! : 1;
      return this.fifo.length >= trigger ? IIR_RECEIVED : IIR_TIMEOUT;
    }
    return this.emptied && (this.ier & IER_THR_EMPTY) !== 0 ? IIR_THR_EMPTY : IIR_NONE;
  }

  /** Reads a register. */
  read(register: number): number {
    const value = this.valueOf(register);
    if (register === RBR_THR && !this.latched) this.fifo.shift();
    if (register === IIR_FCR && this.reason() === IIR_THR_EMPTY) this.emptied = false;
    if (register === LSR) this.overrun = false;
    this.update();
    return value;
  }

  private valueOf(register: number): number {
    switch (register) {
      case RBR_THR:
        return this.latched ? this.divisor[0]! : (this.fifo[0] ?? 0);
      case IER:
        return this.latched ? this.divisor[1]! : this.ier;
      case IIR_FCR:
        return this.reason() | (this.fifoEnabled ? IIR_FIFOS : 0);
      case LCR:
        return this.lcr;
      case MCR:
        return this.mcr;
      case LSR:
        return LSR_IDLE | (this.fifo.length > 0 ? LSR_DATA : 0) | (this.overrun ? LSR_OVERRUN : 0);
      case MSR:
        return this.looped ? loopedModem(this.mcr) : MSR_CONNECTED;
      default:
        return this.scratch;
    }
  }

  /** Writes a register. */
  write(register: number, value: number): void {
    switch (register) {
      case RBR_THR:
      case IER:
        if (this.latched) this.divisor[register] = value;
        else if (register === RBR_THR) this.send(value);
        else this.enable(value);
        break;
      case IIR_FCR:
        this.control(value);
        break;
      case LCR:
        this.lcr = value;
        break;
      case MCR:
        this.mcr = value & MCR_BITS;
        break;
      case SCR:
        this.scratch = value;
        break;
      default:
      // The status registers are read-only.
    }
    this.update();
  }

  private send(byte: number): void {
    this.emptied = true;
    if (!this.looped) this.onOutput?.(byte);
    else if (this.fifo.length < (this.fifoEnabled ? FIFO_BYTES : 1)) this.fifo.push(byte);
    else this.overrun = true;
  }

  /** The transmitter is always empty: to enable its interrupt is to have one. */
  private enable(value: number): void {
    if ((value & ~this.ier & IER_THR_EMPTY) !== 0) this.emptied = true;
    this.ier = value & 15;
  }

  /** A change of the FIFO's enable bit clears it. */
  private control(value: number): void {
    const toggled = ((value ^ this.fcr) & FCR_ENABLE) !== 0;
    if (toggled || (value & FCR_CLEAR_RECEIVER) !== 0) this.fifo.length = 0;
    this.fcr = (value & FCR_ENABLE) !== 0 ? value & 0xc9 : 0;
  }
}

/** In loopback RTS, DTR, OUT1 and OUT2 come back as CTS, DSR, RI and DCD. */
function loopedModem(mcr: number): number {
  return ((mcr & 2) << 3) | ((mcr & 1) << 5) | ((mcr & 4) << 4) | ((mcr & 8) << 4);
}
