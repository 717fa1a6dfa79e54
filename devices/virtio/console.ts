/** A console with one port (virtio 1.2, section 5.3). */
import type { MachineMemory } from '../machine.ts';
import { readChain, writeChain } from './chain.ts';
import { VirtioDevice } from './device.ts';

const TYPE = 3;
const CLASS_OTHER_COMMUNICATION = 0x07_80_00;
const QUEUE_SIZE = 64;
const RECEIVE = 0;
const TRANSMIT = 1;
/** Bytes of input that wait for the driver. */
const INPUT_BYTES = 4096;

export class VirtioConsole extends VirtioDevice {
  /** Told what the driver prints. No part of the state. */
  onOutput: ((bytes: Uint8Array) => void) | null = null;
  private readonly input: number[] = [];

  constructor(memory: MachineMemory) {
    super(memory, {
      type: TYPE,
      classCode: CLASS_OTHER_COMMUNICATION,
      features: [],
      queueSizes: [QUEUE_SIZE, QUEUE_SIZE],
      configBytes: 0,
    });
  }

  /** What was typed. What finds no room is lost. */
  typed(bytes: Uint8Array): void {
    for (const byte of bytes) if (this.input.length < INPUT_BYTES) this.input.push(byte);
    this.notify(RECEIVE);
  }

  protected override work(index: number): void {
    if (index === TRANSMIT) this.transmit();
    else this.receive();
  }

  private transmit(): void {
    for (let chain = this.take(TRANSMIT); chain !== null; chain = this.take(TRANSMIT)) {
      const bytes = new Uint8Array(chain.readableBytes);
      readChain(this.memory, chain, 0, bytes);
      if (bytes.length > 0) this.onOutput?.(bytes);
      this.give(TRANSMIT, chain, 0);
    }
  }

  private receive(): void {
    while (this.input.length > 0) {
      const chain = this.take(RECEIVE);
      if (chain === null) return;
      const bytes = Uint8Array.from(this.input.splice(0, chain.writableBytes));
      this.give(RECEIVE, chain, writeChain(this.memory, chain, 0, bytes));
    }
  }
}
