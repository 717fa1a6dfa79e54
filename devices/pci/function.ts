/**
 * A PCI function: its configuration space, as bytes and the mask of those bits that can be written, which is all that
 * sizing a BAR needs (PCI Local Bus 3.0, section 6.2.5.1); ports behind BARs; one INTx pin.
 */
import { read, read16, read32, write, write16, write32 } from '../little-endian.ts';
import * as pci from './registers.ts';

export interface PciIdentity {
  readonly vendor: number;
  readonly device: number;
  readonly revision: number;
  /** Class, subclass, programming interface: 0xCCSSPP. */
  readonly classCode: number;
  readonly subsystemVendor: number;
  readonly subsystem: number;
  /** Ports of each BAR: a power of two from 4 to 256, or 0 for none. */
  readonly barBytes: readonly number[];
  /** 1 (INTA#) to 4, or 0 for none. */
  readonly interruptPin: number;
}

/** Who joins the functions' INTx pins to the machine's interrupt lines. */
interface PinListener {
  pinChanged(slot: number, asserted: boolean): void;
}

export abstract class PciFunction {
  /** Configuration space, and which of its bits a write changes. */
  readonly config = new Uint8Array(pci.CONFIG_BYTES);
  protected readonly writable = new Uint8Array(pci.CONFIG_BYTES);
  private readonly barBytes: readonly number[];
  /** Where the next capability goes, and where the pointer to it is. */
  private capabilityEnd = pci.HEADER_BYTES;
  private capabilityLink = pci.CAPABILITIES_POINTER;
  private listener: PinListener | null = null;
  private slot = 0;
  private pinAsserted = false;

  constructor(identity: PciIdentity) {
    const { config, writable } = this;
    this.barBytes = identity.barBytes;
    write16(config, pci.VENDOR_ID, identity.vendor);
    write16(config, pci.DEVICE_ID, identity.device);
    config[pci.REVISION_ID] = identity.revision;
    write(config, pci.CLASS_CODE, 3, identity.classCode);
    write16(config, pci.SUBSYSTEM_VENDOR_ID, identity.subsystemVendor);
    write16(config, pci.SUBSYSTEM_ID, identity.subsystem);
    config[pci.INTERRUPT_PIN] = identity.interruptPin;
    const command = pci.COMMAND_IO | pci.COMMAND_MASTER | pci.COMMAND_INTERRUPT_DISABLE;
    write16(writable, pci.COMMAND, command);
    writable[pci.INTERRUPT_LINE] = 0xff;
    for (const [index, bytes] of identity.barBytes.entries()) {
      write32(writable, pci.BAR0 + index * 4, bytes === 0 ? 0 : -bytes);
      write32(config, pci.BAR0 + index * 4, bytes === 0 ? 0 : pci.BAR_IS_IO);
    }
  }

  /** Appends a capability: its id, and what follows the pointer to the next. Gives its offset. */
  protected addCapability(id: number, body: Uint8Array): number {
    const at = this.capabilityEnd;
    this.config[this.capabilityLink] = at;
    this.config[at] = id;
    this.config.set(body, at + 2);
    this.capabilityLink = at + 1;
    this.capabilityEnd = at + Math.ceil((2 + body.length) / 4) * 4;
    this.config[pci.STATUS]! |= pci.STATUS_CAPABILITIES;
    return at;
  }

  /** Puts the function into a slot of a bus. */
  plug(listener: PinListener, slot: number, line: number): void {
    this.listener = listener;
    this.slot = slot;
    this.config[pci.INTERRUPT_LINE] = line;
  }

  /** 1, 2 or 4 bytes, aligned, inside. */
  readConfig(offset: number, bytes: number): number {
    return read(this.config, offset, bytes);
  }

  writeConfig(offset: number, bytes: number, value: number): void {
    for (let index = 0; index < bytes; index++) {
      const mask = this.writable[offset + index]!;
      const byte = (value >>> (8 * index)) & 0xff;
      this.config[offset + index] = (this.config[offset + index]! & ~mask) | (byte & mask);
    }
    this.updatePin();
  }

  private commands(bit: number): boolean {
    return (read16(this.config, pci.COMMAND) & bit) !== 0;
  }
  /** Whether it may read and write machine memory. */
  get isMaster(): boolean {
    return this.commands(pci.COMMAND_MASTER);
  }

  /** Whether its INTx pin wants to be asserted; the command register may keep it from that. */
  setInterrupt(pending: boolean): void {
    const status = this.config[pci.STATUS]! & ~pci.STATUS_INTERRUPT;
    this.config[pci.STATUS] = pending ? status | pci.STATUS_INTERRUPT : status;
    this.updatePin();
  }

  private updatePin(): void {
    const pending = (this.config[pci.STATUS]! & pci.STATUS_INTERRUPT) !== 0;
    const asserted = pending && !this.commands(pci.COMMAND_INTERRUPT_DISABLE);
    if (asserted === this.pinAsserted) return;
    this.pinAsserted = asserted;
    this.listener?.pinChanged(this.slot, asserted);
  }

  barSize(bar: number): number {
    return this.barBytes[bar] ?? 0;
  }
  barAddress(bar: number): number {
    return (read32(this.config, pci.BAR0 + bar * 4) & ~3) >>> 0;
  }
  /** What firmware does before anyone else runs: gives a BAR its address and enables it. */
  placeBar(bar: number, address: number): void {
    this.writeConfig(pci.BAR0 + bar * 4, 4, address);
    this.config[pci.COMMAND]! |= pci.COMMAND_IO;
  }

  /** The BAR that decodes all of an access, or -1. */
  barAt(address: number, bytes: number): number {
    if (!this.commands(pci.COMMAND_IO)) return -1;
    return this.barBytes.findIndex((size, bar) => {
      const base = this.barAddress(bar);
      return size > 0 && address >= base && address + bytes <= base + size;
    });
  }

  /** Accesses to ports behind a BAR: 1, 2 or 4 bytes at an offset inside it. */
  abstract readBar(bar: number, offset: number, bytes: number): number;
  abstract writeBar(bar: number, offset: number, bytes: number, value: number): void;
}
