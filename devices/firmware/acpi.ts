/**
 * ACPI's tables of this machine (ACPI 6.4, section 5.2), as its firmware leaves them in ROM: RSDP, XSDT, FADT, FACS, MADT, DSDT.
 * They say what there is: processors, the I/O APIC and how the PC's lines come to it, the fixed registers (power.ts), the
 * PCI bus and its slots' lines, the serial port, the clock. There is no keyboard controller and no screen.
 */
import { write16, write32 } from '../little-endian.ts';
import { PCI_LINES, SLOTS } from '../pci/bus.ts';
import { COM1, COM1_IRQ, UART_PORTS } from '../uart16550.ts';
import { RTC_INDEX } from '../rtc.ts';
import * as aml from './aml.ts';
import type { Aml } from './aml.ts';
import { ROM } from './memory-map.ts';
import * as power from './power.ts';

/** The I/O APIC: where it would answer, and its lines. */
export const IO_APIC = 0xfec0_0000;
export const LOCAL_APIC = 0xfee0_0000;
/** The system control interrupt. */
export const SCI = 9;

const HEADER_BYTES = 36;
const RSDP_BYTES = 36;
const FACS_BYTES = 64;
const FADT_BYTES = 244;
/** Interrupt source overrides: active high, level triggered. */
const HIGH_LEVEL = 0x0d;
const RTC_LINE = 8;
const MAX_LATENCY = 0xffff;
/** FADT's boot architecture flags: there are devices of an ISA bus, no VGA. */
const LEGACY_DEVICES = 1 << 0;
const NO_VGA = 1 << 2;
/** FADT's flags: WBINVD works, C1 is there, neither power nor sleep button is a fixed one. */
const WBINVD = 1 << 0;
const C1_SUPPORTED = 1 << 2;
const NO_POWER_BUTTON = 1 << 4;
const NO_SLEEP_BUTTON = 1 << 5;
const ENTERPRISE_SERVER = 4;

function writeText(bytes: Uint8Array, at: number, text: string): void {
  bytes.set(new TextEncoder().encode(text), at);
}

function sum(bytes: Uint8Array): number {
  return bytes.reduce((total, byte) => (total + byte) & 0xff, 0);
}

/** A table with its header (section 5.2.6) and the checksum that makes the sum of its bytes 0. */
function table(signature: string, revision: number, body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + body.length);
  writeText(bytes, 0, signature);
  write32(bytes, 4, bytes.length);
  bytes[8] = revision;
  writeText(bytes, 10, 'XSCOPE');
  writeText(bytes, 16, 'XENOSCOP');
  write32(bytes, 24, 1);
  writeText(bytes, 28, 'XSCP');
  write32(bytes, 32, 1);
  bytes.set(body, HEADER_BYTES);
  bytes[9] = -sum(bytes);
  return bytes;
}

/** Processors by their APIC ids, the I/O APIC, and lines that are not as on an ISA bus: the timer's, and those of PCI. */
function madt(processors: number): Uint8Array {
  const entries: number[] = [...word32(LOCAL_APIC), ...word32(1)];
  for (let id = 0; id < processors; id++) entries.push(0, 8, id, id, ...word32(1));
  entries.push(1, 12, 0, 0, ...word32(IO_APIC), ...word32(0));
  const override = (source: number, gsi: number, flags: number): void => {
    entries.push(2, 10, 0, source, ...word32(gsi), flags & 0xff, flags >>> 8);
  };
  override(0, 2, 0);
  for (const line of [...PCI_LINES].sort((a, b) => a - b)) override(line, line, HIGH_LEVEL);
  return table('APIC', 3, Uint8Array.from(entries));
}

function word32(value: number): number[] {
  return [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24];
}

function fadt(facs: number, dsdt: number): Uint8Array {
  const body = new Uint8Array(FADT_BYTES);
  const { PM1_EVENT, PM1_EVENT_BYTES, PM1_CONTROL, PM1_CONTROL_BYTES, PM_TIMER, PM_TIMER_BYTES } = power;
  write32(body, 36, facs);
  write32(body, 40, dsdt);
  body[45] = ENTERPRISE_SERVER;
  write16(body, 46, SCI);
  write32(body, 56, PM1_EVENT);
  write32(body, 64, PM1_CONTROL);
  write32(body, 76, PM_TIMER);
  body[88] = PM1_EVENT_BYTES;
  body[89] = PM1_CONTROL_BYTES;
  body[91] = PM_TIMER_BYTES;
  // No states of idleness beyond C1.
  write16(body, 96, MAX_LATENCY);
  write16(body, 98, MAX_LATENCY);
  write16(body, 109, LEGACY_DEVICES | NO_VGA);
  write32(body, 112, WBINVD | C1_SUPPORTED | NO_POWER_BUTTON | NO_SLEEP_BUTTON);
  return table('FACP', 3, body.subarray(HEADER_BYTES));
}

function firmwareControl(): Uint8Array {
  const bytes = new Uint8Array(FACS_BYTES);
  writeText(bytes, 0, 'FACS');
  write32(bytes, 4, FACS_BYTES);
  bytes[32] = 1;
  return bytes;
}

/** Which line a slot's INTA# comes to: _PRT's packages of the address, the pin, the source (none), and the line. */
function slotLines(): Aml[] {
  return Array.from({ length: SLOTS }, (_, slot) =>
    aml.packageOf(
      aml.integer(slot * 2 ** 16 + 0xffff),
      aml.integer(0),
      aml.integer(0),
      aml.integer(PCI_LINES[slot % PCI_LINES.length]!),
    ),
  );
}

function dsdt(ramBytes: number): Uint8Array {
  const sleep = aml.packageOf(
    aml.integer(power.SLEEP_TYPE_S5),
    aml.integer(0),
    aml.integer(0),
    aml.integer(0),
  );
  const bridge = aml.resources(
    aml.busNumbers(0, 0),
    aml.ports(0xcf8, 8),
    aml.portWindow(0, 0xcf7),
    aml.portWindow(0xd00, 0xffff),
    aml.memoryWindow(ramBytes, IO_APIC - 1),
  );
  const bus = aml.device(
    'PCI0',
    aml.named('_HID', aml.eisaId('PNP0A03')),
    aml.named('_UID', aml.integer(0)),
    aml.named('_CRS', bridge),
    aml.named('_PRT', aml.packageOf(...slotLines())),
    legacy('RTC', 'PNP0B00', RTC_INDEX, 2, RTC_LINE),
    legacy('COM1', 'PNP0501', COM1, UART_PORTS, COM1_IRQ),
  );
  const code = [...aml.named('\\_S5', sleep), ...aml.scope('\\_SB', bus)];
  return table('DSDT', 1, Uint8Array.from(code));
}

/** A device of the PC's ISA bus. */
function legacy(name: string, id: string, first: number, count: number, line: number): Aml {
  return aml.device(
    name,
    aml.named('_HID', aml.eisaId(id)),
    aml.named('_CRS', aml.resources(aml.ports(first, count), aml.line(line))),
  );
}

function rsdp(xsdt: number): Uint8Array {
  const bytes = new Uint8Array(RSDP_BYTES);
  writeText(bytes, 0, 'RSD PTR ');
  writeText(bytes, 9, 'XSCOPE');
  bytes[15] = 2;
  write32(bytes, 20, RSDP_BYTES);
  write32(bytes, 24, xsdt);
  bytes[8] = -sum(bytes.subarray(0, 20));
  bytes[32] = -sum(bytes);
  return bytes;
}

/** Where tables begin. */
const ALIGNMENT = 64;

/** The tables of a machine with so many processors and bytes of RAM, for the ROM at `ROM`. */
export function acpiTables(processors: number, ramBytes: number): Uint8Array {
  const bytes: number[] = [];
  const place = (content: Uint8Array): number => {
    while (bytes.length % ALIGNMENT !== 0) bytes.push(0);
    const at = ROM + bytes.length;
    bytes.push(...content);
    return at;
  };
  place(new Uint8Array(RSDP_BYTES));
  const facs = place(firmwareControl());
  const facp = place(fadt(facs, place(dsdt(ramBytes))));
  const tables = [facp, place(madt(processors))];
  const xsdt = new Uint8Array(tables.length * 8);
  for (const [index, address] of tables.entries()) write32(xsdt, index * 8, address);
  const root = place(table('XSDT', 1, xsdt));
  const rom = Uint8Array.from(bytes);
  rom.set(rsdp(root));
  return rom;
}
