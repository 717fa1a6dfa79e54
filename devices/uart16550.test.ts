import { expect, test } from 'vitest';
import { TestInterrupts } from './testing.ts';
import * as uart from './uart16550.ts';
import { COM1_IRQ, Uart16550 } from './uart16550.ts';

function setup(): { port: Uart16550; interrupts: TestInterrupts; sent: number[] } {
  const interrupts = new TestInterrupts();
  const port = new Uart16550(interrupts, COM1_IRQ);
  const sent: number[] = [];
  port.onOutput = (byte) => sent.push(byte);
  return { port, interrupts, sent };
}
const raised = (interrupts: TestInterrupts): boolean => interrupts.asserted.has(4);

test('bytes go out at once, and not while the divisor latch is in their place', () => {
  const { port, sent } = setup();
  port.write(uart.RBR_THR, 65);
  port.write(uart.LCR, 0x83);
  port.write(0, 12);
  port.write(1, 1);
  expect([port.read(0), port.read(1), port.read(uart.LCR)]).toEqual([12, 1, 0x83]);
  port.write(uart.LCR, 3);
  expect([port.read(uart.IER), port.read(uart.LSR)]).toEqual([0, 0x60]);
  port.write(uart.RBR_THR, 66);
  expect(sent).toEqual([65, 66]);
});

test('without FIFO: one byte at a time, an interrupt while one is there, if OUT2 lets it through', () => {
  const { port, interrupts } = setup();
  port.write(uart.IER, uart.IER_RECEIVED);
  port.receive(Uint8Array.of(1, 2));
  expect(raised(interrupts)).toBe(false);
  port.write(uart.MCR, 8);
  expect(raised(interrupts)).toBe(true);
  expect(port.read(uart.IIR_FCR)).toBe(uart.IIR_RECEIVED);
  expect([port.read(0), port.read(0)]).toEqual([1, 2]);
  expect(raised(interrupts)).toBe(false);
  expect(port.read(uart.LSR) & 1).toBe(0);
  expect(port.read(uart.IIR_FCR)).toBe(uart.IIR_NONE);
});

test('with FIFO: sixteen at a time, the trigger level, and the timeout below it', () => {
  const { port, interrupts } = setup();
  port.write(uart.IIR_FCR, 0xc1);
  port.write(uart.IER, uart.IER_RECEIVED);
  port.write(uart.MCR, 8);
  port.receive(Uint8Array.from({ length: 40 }, (_, n) => n));
  expect(port.read(uart.IIR_FCR)).toBe(0xc0 | uart.IIR_RECEIVED);
  const got: number[] = [];
  while ((port.read(uart.LSR) & 1) !== 0) got.push(port.read(0));
  expect(got).toEqual(Array.from({ length: 40 }, (_, n) => n));
  port.receive(Uint8Array.of(9));
  expect(port.read(uart.IIR_FCR)).toBe(0xc0 | uart.IIR_TIMEOUT);
  expect(raised(interrupts)).toBe(true);
  port.write(uart.IIR_FCR, 0xc3);
  expect(raised(interrupts)).toBe(false);
});

test('the transmitter’s interrupt comes when it is enabled and after every byte, and goes when it is seen', () => {
  const { port, interrupts } = setup();
  port.write(uart.MCR, 8);
  port.write(uart.IER, uart.IER_THR_EMPTY);
  expect(raised(interrupts)).toBe(true);
  expect(port.read(uart.IIR_FCR)).toBe(uart.IIR_THR_EMPTY);
  expect(raised(interrupts)).toBe(false);
  port.write(uart.RBR_THR, 1);
  expect(raised(interrupts)).toBe(true);
  // What is received comes first, and looking at that does not answer for the transmitter.
  port.write(uart.IER, uart.IER_THR_EMPTY | uart.IER_RECEIVED);
  port.receive(Uint8Array.of(5));
  expect(port.read(uart.IIR_FCR)).toBe(uart.IIR_RECEIVED);
  port.read(0);
  expect(port.read(uart.IIR_FCR)).toBe(uart.IIR_THR_EMPTY);
  expect(port.read(uart.IIR_FCR)).toBe(uart.IIR_NONE);
});

test('to enable the transmitter’s interrupt again is no reason for another one, to enable it anew is', () => {
  const { port, interrupts } = setup();
  port.write(uart.MCR, 8);
  port.write(uart.IER, uart.IER_THR_EMPTY);
  expect(port.read(uart.IIR_FCR)).toBe(uart.IIR_THR_EMPTY);
  for (const enabled of [uart.IER_THR_EMPTY, uart.IER_THR_EMPTY | uart.IER_RECEIVED]) {
    port.write(uart.IER, enabled);
    expect(raised(interrupts)).toBe(false);
    expect(port.read(uart.IIR_FCR)).toBe(uart.IIR_NONE);
  }
  port.write(uart.IER, 0);
  port.write(uart.IER, uart.IER_THR_EMPTY);
  expect(raised(interrupts)).toBe(true);
});

test('what drivers find it by: scratch, IIR’s FIFO bits, loopback', () => {
  const { port, sent } = setup();
  port.write(uart.SCR, 0x5a);
  expect(port.read(uart.SCR)).toBe(0x5a);
  port.write(uart.IIR_FCR, 1);
  expect(port.read(uart.IIR_FCR) & 0xc0).toBe(0xc0);
  port.write(uart.MCR, 0x1a);
  expect(port.read(uart.MSR) & 0xf0).toBe(0x90);
  // RTS, DTR, OUT1, OUT2, each by itself.
  const looped = [2, 1, 4, 8].map((output) => {
    port.write(uart.MCR, 0x10 | output);
    return port.read(uart.MSR);
  });
  expect(looped).toEqual([0x10, 0x20, 0x40, 0x80]);
  port.write(uart.RBR_THR, 0x77);
  expect(port.read(uart.RBR_THR)).toBe(0x77);
  expect(sent).toEqual([]);
  port.write(uart.MCR, 0);
  expect(port.read(uart.MSR) & 0xf0).toBe(0xb0);
});

test('a line that nobody reads loses bytes, and says so once', () => {
  const { port } = setup();
  port.write(uart.IER, uart.IER_LINE);
  port.receive(new Uint8Array(5000));
  expect(port.read(uart.IIR_FCR)).toBe(uart.IIR_LINE);
  expect(port.read(uart.LSR) & 2).toBe(2);
  expect(port.read(uart.LSR) & 2).toBe(0);
});

test('what interrupts is told by the data sheet’s numbers, the most urgent first', () => {
  const { port } = setup();
  const [RBR_THR, IER, IIR_FCR, LSR, FIFOS] = [0, 1, 2, 5, 0xc0];
  const told = (): number => port.read(IIR_FCR);
  expect(told()).toBe(1);
  port.write(IIR_FCR, 0x41);
  port.write(IER, 7);
  port.receive(new Uint8Array(5000));
  expect(told()).toBe(FIFOS | 6);
  port.read(LSR);
  expect(told()).toBe(FIFOS | 4);
  // Fewer than the trigger's four are left once the line has been read.
  for (let bytes = 4096; bytes > 3; bytes--) port.read(RBR_THR);
  expect(told()).toBe(FIFOS | 12);
  for (let bytes = 3; bytes > 0; bytes--) port.read(RBR_THR);
  expect(told()).toBe(FIFOS | 2);
  expect(told()).toBe(FIFOS | 1);
});
