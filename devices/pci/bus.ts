/**
 * PCI bus 0, reached by configuration mechanism #1 (PCI Local Bus 3.0, section 3.2.2.3.2), with a host bridge in slot 0.
 * Devices have one function each. INTx pins are joined to four interrupt lines, by slot; a line is asserted while any of
 * its pins is.
 */
import { allOnes } from '../machine.ts';
import type { Interrupts } from '../machine.ts';
import { PciFunction } from './function.ts';
import type { PciIdentity } from './function.ts';
import { BARS } from './registers.ts';

export const CONFIG_ADDRESS = 0xcf8;
export const CONFIG_DATA = 0xcfc;
const CONFIG_ENABLE = 0x8000_0000;

export const SLOTS = 32;
/** The lines that a PC's interrupt router is given by its firmware. */
export const PCI_LINES = [10, 11, 5, 9] as const;

const HOST_BRIDGE: PciIdentity = {
  vendor: 0x8086,
  device: 0x1237,
  revision: 2,
  classCode: 0x06_00_00,
  subsystemVendor: 0,
  subsystem: 0,
  barBytes: [],
  interruptPin: 0,
};

/** Intel's 440FX: kernels look for a host bridge before they trust the mechanism. It has no BARs. */
/** What is in slot 0: nothing of it is used. */
export class HostBridge extends PciFunction {
  constructor() {
    super(HOST_BRIDGE);
  }
  override readBar(): number {
    return 0;
  }
  override writeBar(): void {
    // Nothing is there.
  }
}

export class PciBus {
  readonly functions: (PciFunction | null)[] = Array.from({ length: SLOTS }, () => null);
  private readonly interrupts: Interrupts;
  /** By index in PCI_LINES: the slots that assert it, a bit each. */
  private readonly asserted = new Uint32Array(PCI_LINES.length);
  private address = 0;

  constructor(interrupts: Interrupts) {
    this.interrupts = interrupts;
    this.functions[0] = new HostBridge();
  }

  /** Puts a function into the first empty slot. Throws RangeError when the bus is full: a matter of the configuration. */
  add(added: PciFunction): number {
    const slot = this.functions.indexOf(null);
    if (slot < 0) throw new RangeError(`a PCI bus has ${String(SLOTS)} slots`);
    this.functions[slot] = added;
    added.plug(this, slot, PCI_LINES[slot % PCI_LINES.length]!);
    return slot;
  }

  pinChanged(slot: number, pinAsserted: boolean): void {
    const index = slot % PCI_LINES.length;
    const before = this.asserted[index]!;
    const after = (pinAsserted ? before | (1 << slot) : before & ~(1 << slot)) >>> 0;
    this.asserted[index] = after;
    if (pinAsserted && before === 0) this.interrupts.raise(PCI_LINES[index]!);
    if (!pinAsserted && after === 0) this.interrupts.lower(PCI_LINES[index]!);
  }

  /** Lays the BARs of all functions one behind the other from `base`, each aligned to its size, as firmware does. */
  assignBars(base: number): void {
    let next = base;
    for (const placed of this.functions)
      for (let bar = 0; placed !== null && bar < BARS; bar++) {
        const size = placed.barSize(bar);
        if (size === 0) continue;
        next = Math.ceil(next / size) * size;
        placed.placeBar(bar, next);
        next += size;
      }
  }

  /** Ports 0xcf8 to 0xcff. CONFIG_ADDRESS is reached by whole doublewords only. */
  readPort(port: number, bytes: number): number {
    if (port === CONFIG_ADDRESS && bytes === 4) return this.address;
    const selected = this.selected(port, bytes);
    return selected === null ? allOnes(bytes) : selected.readConfig(this.register(port), bytes);
  }

  writePort(port: number, bytes: number, value: number): void {
    if (port === CONFIG_ADDRESS && bytes === 4) this.address = value >>> 0;
    else this.selected(port, bytes)?.writeConfig(this.register(port), bytes, value);
  }

  /** The function that a data access goes to: bus 0, function 0, an access inside the doubleword. */
  private selected(port: number, bytes: number): PciFunction | null {
    if (port < CONFIG_DATA || port + bytes > CONFIG_DATA + 4) return null;
    if ((this.address & CONFIG_ENABLE) === 0 || (this.address & 0x00ff_0700) !== 0) return null;
    return this.functions[(this.address >>> 11) & 31] ?? null;
  }

  private register(port: number): number {
    return (this.address & 0xfc) + (port - CONFIG_DATA);
  }

  /** Ports behind BARs. Where no BAR is, reads give all ones. */
  readIo(address: number, bytes: number): number {
    for (const candidate of this.functions) {
      const bar = candidate?.barAt(address, bytes) ?? -1;
      if (bar >= 0) return candidate!.readBar(bar, address - candidate!.barAddress(bar), bytes);
    }
    return allOnes(bytes);
  }

  writeIo(address: number, bytes: number, value: number): void {
    for (const candidate of this.functions) {
      const bar = candidate?.barAt(address, bytes) ?? -1;
      if (bar < 0) continue;
      candidate!.writeBar(bar, address - candidate!.barAddress(bar), bytes, value);
      return;
    }
  }
}
