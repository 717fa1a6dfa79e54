/** How the machine is put together, to a toolstack: each processor a core and a socket of its own, one node, one pool of processors. */
import { EFAULT, EINVAL, ENODEV, ENOENT, EOPNOTSUPP } from '../../abi/errno.ts';
import * as abi from '../../abi/sysctl.ts';
import { xenctl_bitmap } from '../../abi/xen.ts';
import { highHalf, lowHalf } from '../../../core/machine.ts';
import { PAGE_BYTES } from '../../memory/pages.ts';
import { writeBitmap } from '../bitmap.ts';
import type { ControlBuffer } from '../control.ts';
import type { HypercallContext } from '../hypercall.ts';

/** ACPI's distance of a node to itself. */
const LOCAL_DISTANCE = 10;
/** The pool that all processors and domains are in. */
const POOL = 0;

/** XEN_SYSCTL_cputopoinfo: without a buffer, how many processors there are. */
export function cpuTopology(context: HypercallContext, u: ControlBuffer): number {
  const op = u.as(abi.xen_sysctl_cputopoinfo);
  const { pcpus } = context.hypervisor;
  const buffer = op.get('cputopo');
  const count = buffer === 0 ? pcpus.length : Math.min(op.get('num_cpus'), pcpus.length);
  for (let cpu = 0; buffer !== 0 && cpu < count; cpu++)
    if (!context.write(buffer + cpu * abi.xen_sysctl_cputopo.size, Uint32Array.of(0, cpu, 0))) return -EFAULT;
  op.set('num_cpus', count);
  return 0;
}

/** XEN_SYSCTL_numainfo: without buffers, how many nodes there are. */
export function nodes(context: HypercallContext, u: ControlBuffer): number {
  const op = u.as(abi.xen_sysctl_numainfo);
  const { frames } = context.hypervisor;
  const [memory, distance] = [op.get('meminfo'), op.get('distance')];
  const asksForCount = memory === 0 && distance === 0;
  const hasRoom = op.get('num_nodes') > 0;
  if (!asksForCount && hasRoom) {
    const sizes = [frames.frames * PAGE_BYTES, frames.freeFrames * PAGE_BYTES];
    const words = Uint32Array.from(sizes.flatMap((bytes) => [lowHalf(bytes), highHalf(bytes)]));
    if (memory !== 0 && !context.write(memory, words)) return -EFAULT;
    if (distance !== 0 && !context.write(distance, Uint32Array.of(LOCAL_DISTANCE))) return -EFAULT;
  }
  op.set('num_nodes', 1);
  return 0;
}

/** XEN_SYSCTL_pcitopoinfo: of a function that domain 0 has told of, the one node; of others, that there is none. */
export function pciTopology(context: HypercallContext, u: ControlBuffer): number {
  const op = u.as(abi.xen_sysctl_pcitopoinfo);
  const [devices, answers] = [op.get('devs'), op.get('nodes')];
  if (devices === 0 || answers === 0) return -EINVAL;
  const { functions } = context.hypervisor.platform.pci;
  const device = new Uint8Array(abi.PCI_DEVICE_BYTES);
  let done = 0;
  for (; done < op.get('num_devs'); done++) {
    if (!context.readBytes(devices + done * device.length, device)) return -EFAULT;
    const [segmentLow, segmentHigh, bus, devfn] = device as unknown as [number, number, number, number];
    const isThere = (segmentLow | segmentHigh | bus | (devfn & 7)) === 0 && functions[devfn >>> 3] !== null;
    const node = isThere ? abi.XEN_INVALID_NODE_ID : abi.XEN_INVALID_DEV;
    if (!context.write(answers + done * 4, Uint32Array.of(node))) return -EFAULT;
  }
  op.set('num_devs', done);
  return 0;
}

/** XEN_SYSCTL_cpupool_op: the pool is told of; there is no other, and none can be made. */
export function pools(context: HypercallContext, u: ControlBuffer): number {
  const op = u.as(abi.xen_sysctl_cpupool_op);
  const { pcpus, scheduler, domains } = context.hypervisor;
  const map = op.part('cpumap', xenctl_bitmap);
  switch (op.get('op')) {
    case abi.XEN_SYSCTL_CPUPOOL_OP_INFO:
      if (op.get('cpupool_id') > POOL) return -ENOENT;
      op.set('cpupool_id', POOL);
      op.set('sched_id', scheduler.id);
      op.set('n_dom', domains.size);
      return writeBitmap(context, map, 2 ** pcpus.length - 1) ? 0 : -EFAULT;
    case abi.XEN_SYSCTL_CPUPOOL_OP_FREEINFO:
      return writeBitmap(context, map, 0) ? 0 : -EFAULT;
    case abi.XEN_SYSCTL_CPUPOOL_OP_CREATE:
    case abi.XEN_SYSCTL_CPUPOOL_OP_DESTROY:
    case abi.XEN_SYSCTL_CPUPOOL_OP_ADDCPU:
    case abi.XEN_SYSCTL_CPUPOOL_OP_RMCPU:
    case abi.XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN:
      return -EOPNOTSUPP;
    default:
      return -ENODEV;
  }
}
