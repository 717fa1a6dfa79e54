/**
 * A host starts anew, as one does whose reset line is pulled: memory and processor are as they were when power came, devices as they
 * come out of a reset, Xen boots, and domain 0 is built from the images that the host was made from. What is outside of the machine, or
 * keeps its power, stays: what is on disks and in the share, cables and who is at their other ends, the clock. All of it happens at the
 * instant at which domain 0 asked for it, and takes no time.
 */
import type { Machine } from '../../core/machine.ts';
import type { Platform } from '../../devices/platform.ts';
import { SHUTDOWN_crash, SHUTDOWN_reboot, SHUTDOWN_watchdog } from '../../hypervisor/abi/sched.ts';
import { buildDomain } from '../../hypervisor/domain/build-domain.ts';
import { loadKernel } from '../../hypervisor/domain/builder/kernel.ts';
import type { KernelImage } from '../../hypervisor/domain/builder/kernel.ts';
import { loadRamdisk } from '../../hypervisor/domain/builder/ramdisk.ts';
import type { Ramdisk } from '../../hypervisor/domain/builder/ramdisk.ts';
import type { Domain } from '../../hypervisor/state/domain.ts';
import type { Hypervisor } from '../../hypervisor/state/hypervisor.ts';
import { hostOn, planOf, withImages } from './host.ts';
import type { WorldRequest } from './host.ts';
import { CLASSES } from './snapshot/host-saver.ts';
import type { HostSaver } from './snapshot/host-saver.ts';
import { readGraph } from './snapshot/graph-reader.ts';
import { writeGraph } from './snapshot/graph-writer.ts';

/** What domain 0 is built from. */
export interface BootImages {
  readonly kernel: KernelImage;
  readonly ramdisk: Ramdisk | undefined;
}

/** Rejects with a SnapshotError for an image that cannot be had, ImageError for what is no kernel. */
export async function loadImages(request: WorldRequest): Promise<BootImages> {
  const { kernel, ramdisk } = await withImages(request);
  return {
    kernel: await loadKernel(kernel),
    ramdisk: ramdisk === undefined ? undefined : await loadRamdisk(ramdisk),
  };
}

/** Whether the end of a domain is one that the machine starts anew with (hwdom_shutdown in common/shutdown.c). */
export function startsAnew({ parameters }: Hypervisor, { isPrivileged, shutdown }: Domain): boolean {
  if (!isPrivileged || shutdown === null) return false;
  if (shutdown.reason === SHUTDOWN_crash) return parameters.rebootsAfterCrash;
  return shutdown.reason === SHUTDOWN_reboot || shutdown.reason === SHUTDOWN_watchdog;
}

/** Starts a host anew, by the objects that it has. Throws RangeError, ImageError as when it was made. */
export function restart(
  { root, machine: saver }: HostSaver,
  request: WorldRequest,
  { kernel, ramdisk }: BootImages,
): void {
  const { hypervisor } = root;
  const { platform } = hypervisor;
  const epochSeconds = platform.rtc.origin;
  for (const device of platform.devices) device.reset();
  const kept = writeGraph(keptOf(hypervisor), CLASSES);
  saver.reset();
  const { hypervisor: fresh } = hostOn(hypervisor.machine as Machine, { ...request, epochSeconds });
  buildDomain(fresh, { ...planOf(request, fresh.frames.freeFrames), kernel, ramdisk });
  readGraph(writeGraph({ hypervisor: fresh }, CLASSES), { hypervisor }, CLASSES);
  readGraph(kept, keptOf(hypervisor), CLASSES);
}

/** What stays, in the order of the devices; and how much has been counted and drawn, which is no part of the machine. */
function keptOf({
  platform,
  counts,
  chance,
}: { platform: Platform } & Pick<Hypervisor, 'counts' | 'chance'>): object {
  return { outside: platform.devices.map(({ outside }) => outside), counts, chance };
}
