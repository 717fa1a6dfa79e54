/**
 * What Xen says of itself and of the machine as it boots, in the words of the real one (arch/x86/setup.c, common/kernel.c): the
 * version, the RAM map as the firmware has it, memory, scheduler, processors. A real Xen has it on the screen and, where `console=com1`
 * says so, on the serial line; `dmesg` has it always.
 */
import { memoryMap } from '../../devices/firmware/memory-map.ts';
import { COMPILE_INFO, EXTRA, MAJOR, MINOR } from '../hypercalls/xen-version.ts';

const KIB = 1024;
const DIGITS = 16;

/** What there is to be said of a machine: its memory in bytes, its processors, and the scheduler by its name and title. */
export interface BootedMachine {
  readonly ramBytes: number;
  readonly processors: number;
  readonly scheduler: { readonly name: string; readonly title: string };
}

/** Who this is. */
export function versionMessage(): string {
  const { compiler, compile_by: by, compile_domain: at } = COMPILE_INFO;
  return `Xen version ${String(MAJOR)}.${String(MINOR)}${EXTRA} (${by}@${at}) (${compiler}) debug=n`;
}

/** The machine, a line each. */
export function machineMessages({ ramBytes, processors, scheduler }: BootedMachine): readonly string[] {
  const ranges = memoryMap(ramBytes);
  const usable = ranges.filter(({ isRam }) => isRam).reduce((sum, { size }) => sum + size, 0);
  const kib = Math.floor(usable / KIB);
  return [
    'Xen-e820 RAM map:',
    ...ranges.map(
      ({ address, size, isRam }) =>
        ` [${hex(address)}, ${hex(address + size - 1)}] (${isRam ? 'usable' : 'reserved'})`,
    ),
    `System RAM: ${String(Math.floor(kib / KIB))}MB (${String(kib)}kB)`,
    'Domain heap initialised',
    `Using scheduler: ${scheduler.title} (${scheduler.name})`,
    `Brought up ${String(processors)} CPUs`,
  ];
}

function hex(address: number): string {
  return address.toString(16).padStart(DIGITS, '0');
}
