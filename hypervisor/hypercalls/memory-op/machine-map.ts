/**
 * XENMEM_machine_memory_map: what the firmware says of the machine's memory, for the domain that has the machine's devices, which
 * finds them by it. What it may not use of the addresses between is told as reserved (arch/x86/mm.c).
 */
import { IO_APIC } from '../../../devices/firmware/acpi.ts';
import { memoryMap } from '../../../devices/firmware/memory-map.ts';
import { EFAULT, EINVAL, EPERM } from '../../abi/errno.ts';
import { E820_ENTRY_BYTES, E820_RAM, E820_RESERVED, xen_memory_map } from '../../abi/memory.ts';
import { PAGE_BYTES } from '../../memory/pages.ts';
import { isGuestArray } from '../../memory/guest-access.ts';
import type { RangeSet } from '../../state/range-set.ts';
import type { Domain } from '../../state/domain.ts';
import type { HypercallContext } from '../hypercall.ts';

interface Entry {
  readonly address: number;
  readonly size: number;
  readonly type: number;
}

/** -EPERM: who asks has not the machine. -EINVAL: there are more entries than it has room for, and one to spare. */
export function machineMemoryMap(context: HypercallContext, argument: number): number {
  if (!context.domain.isPrivileged) return -EPERM;
  const op = context.readStruct(xen_memory_map, argument);
  if (op === null) return -EFAULT;
  const room = op.get('nr_entries');
  const ranges = firmwareEntries(context);
  if (room < ranges.length + 1) return -EINVAL;
  if (!isGuestArray(op.get('buffer'), room, E820_ENTRY_BYTES)) return -EFAULT;
  const entries = withGaps(ranges, context.domain);
  if (entries.length >= room) return -EINVAL;
  if (!context.writeBytes(op.get('buffer'), e820Bytes(entries))) return -EFAULT;
  op.set('nr_entries', entries.length);
  return context.writeStruct(op) ? 0 : -EFAULT;
}

/** What the firmware says, and the I/O APIC's registers, which Xen takes out of what there is. */
function firmwareEntries({ hypervisor }: HypercallContext): readonly Entry[] {
  const ioApic = { address: IO_APIC, size: PAGE_BYTES, isRam: false };
  return [...memoryMap(hypervisor.machine.bytes.length), ioApic]
    .sort((a, b) => a.address - b.address)
    .map(({ address, size, isRam }) => ({ address, size, type: isRam ? E820_RAM : E820_RESERVED }));
}

/** The entries, and between and behind them what is not the domain's. */
function withGaps(entries: readonly Entry[], { deviceFrames }: Domain): readonly Entry[] {
  let frame = 0;
  return [...entries, null].flatMap((entry) => {
    const first = frame;
    const end = entry === null ? Infinity : Math.floor(entry.address / PAGE_BYTES);
    if (entry !== null) frame = Math.ceil((entry.address + entry.size) / PAGE_BYTES);
    const between = end > first ? missing(deviceFrames, first, end) : [];
    return entry === null ? between : [...between, entry];
  });
}

/** What of the frames from `first` up to `end` the set has not, as far as it has any behind it. */
function missing(set: Readonly<RangeSet>, first: number, end: number): readonly Entry[] {
  const gaps: Entry[] = [];
  const reserve = (from: number, to: number): void => {
    if (to > from)
      gaps.push({ address: from * PAGE_BYTES, size: (to - from) * PAGE_BYTES, type: E820_RESERVED });
  };
  let at = first;
  for (const range of set) {
    if (range.last < at || range.first >= end) continue;
    reserve(at, range.first);
    at = range.last + 1;
  }
  if (end !== Infinity) reserve(at, end);
  return gaps;
}

/** Entries as guests have them: 20 bytes each. */
export function e820Bytes(entries: readonly Entry[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(entries.length * E820_ENTRY_BYTES));
  for (const [index, { address, size, type }] of entries.entries()) {
    const at = index * E820_ENTRY_BYTES;
    view.setBigUint64(at, BigInt(address), true);
    view.setBigUint64(at + 8, BigInt(size), true);
    view.setUint32(at + 16, type, true);
  }
  return new Uint8Array(view.buffer);
}
