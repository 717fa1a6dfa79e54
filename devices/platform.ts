/**
 * The rest of a physical machine, put together: a serial port, a clock, and a PCI bus with the virtio devices that the
 * configuration lists, all of them behind ports; and what the firmware has left in its ROM.
 */
import type { Chance } from './chance.ts';
import type { Disk } from './disk/disk.ts';
import type { StoreLink } from './disk/shared-store.ts';
import type { FileTree } from './fs/tree.ts';
import { acpiTables } from './firmware/acpi.ts';
import { ROM } from './firmware/memory-map.ts';
import { PowerRegisters } from './firmware/power.ts';
import { parseMac } from './lan/ethernet.ts';
import type { NetworkPort } from './lan/lan.ts';
import { allOnes } from './machine.ts';
import type { Interrupts, MachineClock, MachineMemory } from './machine.ts';
import { CONFIG_ADDRESS, CONFIG_DATA, PciBus } from './pci/bus.ts';
import { Rtc, RTC_DATA, RTC_INDEX } from './rtc.ts';
import { COM1, COM1_IRQ, Uart16550, UART_PORTS } from './uart16550.ts';
import { VirtioBlock } from './virtio/block.ts';
import { VirtioConsole } from './virtio/console.ts';
import type { VirtioDevice } from './virtio/device.ts';
import { DiskFaults } from './virtio/disk-faults.ts';
import { VirtioEntropy } from './virtio/entropy.ts';
import { VirtioNet } from './virtio/net.ts';
import { VirtioStore } from './virtio/store.ts';
import { VirtioNineP } from './virtio/9p.ts';
import { VirtioPci } from './virtio/pci.ts';

/** The first port of PCI devices. */
export const IO_BASE = 0xc000;

/** A device on the PCI bus; they get slots 1, 2, … in the order of the list. */
export type DeviceConfig =
  | { readonly kind: 'block'; readonly disk: Disk; readonly id: string }
  | { readonly kind: 'store'; readonly link: StoreLink; readonly id: string }
  | { readonly kind: 'net'; readonly port: NetworkPort; readonly mac: string }
  | { readonly kind: 'console' }
  | { readonly kind: 'entropy'; readonly seed: number }
  | { readonly kind: '9p'; readonly tag: string; readonly tree: FileTree };

export interface PlatformConfig {
  /** The wall clock at system time 0, in seconds since 1970. */
  readonly epochSeconds: number;
  readonly devices: readonly DeviceConfig[];
  /** Of the machine; 1 where it is not said. */
  readonly processors?: number;
  /** What varies. */
  readonly chance?: Chance | undefined;
}

/** The machine that devices are in. */
interface Surroundings {
  readonly memory: MachineMemory;
  readonly interrupts: Interrupts;
  readonly clock: MachineClock;
}

export class Platform {
  readonly uart: Uart16550;
  readonly rtc: Rtc;
  readonly power: PowerRegisters;
  readonly pci: PciBus;
  /** In the order of the configuration. */
  readonly devices: readonly VirtioDevice[];
  private readonly clock: MachineClock;

  /** Throws RangeError for a configuration that cannot be: more devices than slots, a MAC address that is none. */
  constructor(surroundings: Surroundings, config: PlatformConfig) {
    const { memory, interrupts, clock } = surroundings;
    this.clock = clock;
    this.uart = new Uart16550(interrupts, COM1_IRQ);
    this.rtc = new Rtc(clock, config.epochSeconds);
    this.power = new PowerRegisters(clock);
    this.pci = new PciBus(interrupts);
    this.devices = config.devices.map((device) => make(device, surroundings, config));
    for (const device of this.devices) this.pci.add(new VirtioPci(device));
    this.pci.assignBars(IO_BASE);
    memory.write(ROM, acpiTables(config.processors ?? 1, memory.bytes.length));
  }

  /** Reads a port of 1, 2 or 4 bytes. Where nothing is, all ones. */
  readPort(port: number, bytes: number): number {
    if (isPci(port)) return this.pci.readPort(port, bytes);
    if (port >= IO_BASE) return this.pci.readIo(port, bytes);
    if (this.power.has(port)) return this.power.read(port, bytes);
    // The others have registers of one byte each.
    let value = 0;
    for (let index = bytes - 1; index >= 0; index--) value = value * 256 + this.readRegister(port + index);
    return value;
  }

  writePort(port: number, bytes: number, value: number): void {
    if (isPci(port)) this.pci.writePort(port, bytes, value);
    else if (port >= IO_BASE) this.pci.writeIo(port, bytes, value);
    else if (this.power.has(port)) this.power.write(port, bytes, value);
    else
      for (let index = 0; index < bytes; index++)
        this.writeRegister(port + index, (value >>> (8 * index)) & 0xff);
  }

  private readRegister(port: number): number {
    if (port >= COM1 && port < COM1 + UART_PORTS) return this.uart.read(port - COM1);
    return port === RTC_INDEX || port === RTC_DATA ? this.rtc.read(port) : allOnes(1);
  }

  private writeRegister(port: number, value: number): void {
    if (port >= COM1 && port < COM1 + UART_PORTS) this.uart.write(port - COM1, value);
    else if (port === RTC_INDEX || port === RTC_DATA) this.rtc.write(port, value);
  }

  /**
   * Does what is due by now. Calling it more often changes nothing. Where a disk lacks bytes, what comes behind that waits, too: it is
   * done in the same order as where they are there.
   */
  advance(nowTicks: number): void {
    const now = Math.floor(nowTicks * this.clock.periodNs);
    for (const device of this.devices) {
      device.advance?.(now);
      if (lacksBytes(device)) return;
    }
  }

  /** The tick at which `advance` is next due; Infinity while nothing is on its way. It changes with what guests do. */
  nextTicks(): number {
    const next = this.devices.reduce((ns, device) => Math.min(ns, device.nextNs()), Infinity);
    return Math.ceil(next / this.clock.periodNs);
  }

  /**
   * Whether a disk lacks bytes that a guest asked for: guest time must stand still until its image was filled in and
   * `advance` was called.
   */
  get waiting(): boolean {
    return this.devices.some(lacksBytes);
  }
}

function isPci(port: number): boolean {
  return port >= CONFIG_ADDRESS && port < CONFIG_DATA + 4;
}

function make(
  config: DeviceConfig,
  { memory, clock }: Surroundings,
  { epochSeconds, chance }: PlatformConfig,
): VirtioDevice {
  const faults = chance === undefined ? undefined : new DiskFaults(clock, chance);
  switch (config.kind) {
    case 'block':
      return new VirtioBlock(memory, config.disk, config.id, faults);
    case 'store':
      return new VirtioStore(memory, clock, config.link, config.id, faults);
    case 'net':
      return new VirtioNet(memory, clock, config.port, parseMac(config.mac));
    case 'console':
      return new VirtioConsole(memory);
    case 'entropy':
      return new VirtioEntropy(memory, config.seed);
    case '9p':
      return new VirtioNineP(memory, clock, epochSeconds, config.tree, config.tag);
  }
}

function lacksBytes(device: VirtioDevice): boolean {
  return device instanceof VirtioBlock && device.waiting;
}
