/** A machine for the tests of devices: memory, interrupt lines and a clock that stand still until a test moves them. */
import type { DeviceWork, Interrupts, MachineClock, MachineMemory } from './machine.ts';

export class TestMemory implements MachineMemory {
  readonly bytes: Uint8Array;
  /** Everything around the memory must stay as it is: a write there is a failure. */
  private readonly arena: Uint8Array;

  constructor(size = 1 << 20) {
    this.arena = new Uint8Array(size + 8192).fill(0xa5);
    this.bytes = this.arena.subarray(4096, 4096 + size).fill(0);
  }

  contains(address: number, length: number): boolean {
    return address >= 0 && address + length <= this.bytes.length;
  }
  readonly written: { readonly address: number; readonly length: number }[] = [];
  write(address: number, data: Uint8Array): void {
    this.bytes.set(data, address);
    this.written.push({ address, length: data.length });
  }

  readonly isWatched = true;
  /** What devices have told of their work. */
  readonly told: DeviceWork[] = [];
  tell(work: DeviceWork): void {
    this.told.push(work);
  }

  get surroundingsIntact(): boolean {
    const { length } = this.bytes;
    return [...this.arena.subarray(0, 4096), ...this.arena.subarray(4096 + length)].every((b) => b === 0xa5);
  }
}

export class TestInterrupts implements Interrupts {
  readonly asserted = new Set<number>();
  raise(line: number): void {
    if (this.asserted.has(line)) throw new Error(`line ${String(line)} is raised twice`);
    this.asserted.add(line);
  }
  lower(line: number): void {
    if (!this.asserted.delete(line)) throw new Error(`line ${String(line)} is not raised`);
  }
}

export class TestClock implements MachineClock {
  readonly periodNs = 0.5;
  ns = 0;
  ticks(): number {
    return this.ns / this.periodNs;
  }
}
