/** PCI's configuration space, by mechanism #1: an address port and a data port. Bus 0, function 0 of every slot. */
import { in32, out32, out16, in8, in16 } from './ports';

const CONFIG_ADDRESS: u32 = 0xcf8;
const CONFIG_DATA: u32 = 0xcfc;
const ENABLE: u32 = 0x8000_0000;
export const SLOTS: u32 = 32;

const COMMAND: u32 = 0x04;
const STATUS: u32 = 0x06;
const BARS: u32 = 0x10;
const CAPABILITIES: u32 = 0x34;
const INTERRUPT_LINE: u32 = 0x3c;
const COMMAND_IO: u32 = 1;
const COMMAND_MASTER: u32 = 4;
const STATUS_CAPABILITIES: u32 = 16;
const BAR_IS_IO: u32 = 1;

function address(slot: u32, offset: u32): void {
  out32(CONFIG_ADDRESS, ENABLE | (slot << 11) | (offset & 0xfc));
}

export function read8(slot: u32, offset: u32): u32 {
  address(slot, offset);
  return in8(CONFIG_DATA + (offset & 3));
}
export function read16(slot: u32, offset: u32): u32 {
  address(slot, offset);
  return in16(CONFIG_DATA + (offset & 2));
}
export function read32(slot: u32, offset: u32): u32 {
  address(slot, offset);
  return in32(CONFIG_DATA);
}

/** Vendor, and device << 16; all ones: the slot is empty. */
export function identity(slot: u32): u32 {
  return read32(slot, 0);
}

export function interruptLine(slot: u32): u32 {
  return read8(slot, INTERRUPT_LINE);
}

/** Lets a device answer at its ports and reach memory. */
export function enable(slot: u32): void {
  const command = read16(slot, COMMAND);
  address(slot, COMMAND);
  out16(CONFIG_DATA, command | COMMAND_IO | COMMAND_MASTER);
}

/** The first port behind a base address register; 0: it is none of ports. */
export function portsOf(slot: u32, bar: u32): u32 {
  const value = read32(slot, BARS + bar * 4);
  return (value & BAR_IS_IO) != 0 ? value & ~3 : 0;
}

/** Where the first capability is, and the one behind another; 0: there is none. */
export function firstCapability(slot: u32): u32 {
  if ((read16(slot, STATUS) & STATUS_CAPABILITIES) == 0) return 0;
  return read8(slot, CAPABILITIES) & 0xfc;
}
export function nextCapability(slot: u32, at: u32): u32 {
  return read8(slot, at + 1) & 0xfc;
}
