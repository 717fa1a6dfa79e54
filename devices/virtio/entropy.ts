/** An entropy source (virtio 1.2, section 5.4), from the machine's seed: the same run sees the same bytes. */
import type { MachineMemory } from '../machine.ts';
import { Random } from '../random.ts';
import { writeChain } from './chain.ts';
import { VirtioDevice } from './device.ts';

const TYPE = 4;
const CLASS_OTHER = 0x00_ff_00;
const QUEUE_SIZE = 64;
/** Bytes that one request gets at most: drivers take what they get. */
const MOST_BYTES = 4096;

export class VirtioEntropy extends VirtioDevice {
  private readonly random: Random;

  constructor(memory: MachineMemory, seed: number) {
    super(memory, {
      type: TYPE,
      classCode: CLASS_OTHER,
      features: [],
      queueSizes: [QUEUE_SIZE],
      configBytes: 0,
    });
    this.random = new Random(seed);
  }

  protected override work(): void {
    for (let chain = this.take(0); chain !== null; chain = this.take(0)) {
      const data = new Uint8Array(Math.min(chain.writableBytes, MOST_BYTES));
      this.random.fill(data);
      this.give(0, chain, writeChain(this.memory, chain, 0, data));
    }
  }
}
