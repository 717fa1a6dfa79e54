/**
 * The machine's devices as Xen has them: their interrupts become events, their transfers reach no memory that would break what
 * the frame table promises, as if an IOMMU stood between, and they are due at ticks of the one clock.
 */
import { Platform } from '../../devices/platform.ts';
import type { PlatformConfig } from '../../devices/platform.ts';
import type { DeviceWork, Interrupts, MachineClock, MachineMemory } from '../../devices/machine.ts';
import { DOMID_XEN } from '../abi/xen.ts';
import { serveConsole } from '../debug-keys/input.ts';
import { changeLine } from '../events/pirq.ts';
import type { Hypervisor } from '../state/hypervisor.ts';
import { PGT_NONE, PGT_WRITABLE_PAGE } from '../memory/frame-table.ts';
import { PAGE_BYTES, pageNumber } from '../memory/pages.ts';
import type { FrameTable } from '../memory/frame-table.ts';
import type { ReadonlyView } from '../../core/machine.ts';
import { transfer } from '../memory/guest-frames.ts';

export function makePlatform(hypervisor: Hypervisor, config: PlatformConfig): Platform {
  const memory = new DeviceMemory(hypervisor.frames);
  return new Platform({ memory, interrupts: new Lines(hypervisor), clock: new Ticks(hypervisor) }, config);
}

/** Frames by their machine addresses: Xen's own are not reached, nor are page tables and descriptors written. */
export class DeviceMemory implements MachineMemory {
  private readonly frames: FrameTable;

  constructor(frames: FrameTable) {
    this.frames = frames;
  }

  get bytes(): ReadonlyView<Uint8Array> {
    return this.frames.memory.bytes;
  }

  contains(address: number, length: number, write: boolean): boolean {
    const { frames } = this;
    const end = address + length;
    if (!Number.isSafeInteger(address) || address < 0 || !(length >= 0)) return false;
    if (end > frames.frames * PAGE_BYTES) return false;
    for (let mfn = pageNumber(address); mfn * PAGE_BYTES < end; mfn++) {
      if (frames.count[mfn] === 0 || frames.owner[mfn]! >= DOMID_XEN) return false;
      const type = frames.usedAs(mfn);
      if (write && type !== PGT_NONE && type !== PGT_WRITABLE_PAGE) return false;
    }
    return true;
  }

  write(address: number, data: Uint8Array): void {
    transfer(this.frames, address, data);
  }

  get isWatched(): boolean {
    return this.frames.trace.on;
  }
  tell(work: DeviceWork): void {
    this.frames.trace.emit({ kind: 'device', ...work });
  }
}

export class Lines implements Interrupts {
  private readonly hypervisor: Hypervisor;

  constructor(hypervisor: Hypervisor) {
    this.hypervisor = hypervisor;
  }

  raise(line: number): void {
    this.hypervisor.staysInGuest = false;
    changeLine(this.hypervisor, line, true);
    // The one line that Xen serves itself is its console's.
    if (this.hypervisor.gsis[line]!.isXens) serveConsole(this.hypervisor);
  }
  lower(line: number): void {
    changeLine(this.hypervisor, line, false);
  }
}

export class Ticks implements MachineClock {
  private readonly hypervisor: Hypervisor;

  constructor(hypervisor: Hypervisor) {
    this.hypervisor = hypervisor;
  }

  ticks(): number {
    return this.hypervisor.ticks();
  }
  get periodNs(): number {
    return this.hypervisor.clock.periodNs;
  }
}
