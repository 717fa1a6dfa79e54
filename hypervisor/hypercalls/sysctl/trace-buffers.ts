/**
 * XEN_SYSCTL_tbuf_op: the trace buffers, which xentrace reads. They are made once, of a size, and stay. 0; -EINVAL: no such
 * command, buffers that are there already or are not yet, a size while they are enabled; -EFAULT: the processors cannot be read;
 * -ENOMEM: there is no room for them.
 */
import { EFAULT, EINVAL } from '../../abi/errno.ts';
import * as abi from '../../abi/sysctl.ts';
import { xenctl_bitmap } from '../../abi/xen.ts';
import type { StructOf } from '../../memory/guest-struct.ts';
import { PAGE_BYTES } from '../../memory/pages.ts';
import { makeTraceBuffers } from '../../xentrace/buffers.ts';
import { readBitmap } from '../bitmap.ts';
import type { ControlBuffer } from '../control.ts';
import type { HypercallContext } from '../hypercall.ts';

type Op = StructOf<typeof abi.xen_sysctl_tbuf_op>;

const COMMANDS: Readonly<Record<number, (context: HypercallContext, op: Op) => number>> = {
  [abi.XEN_SYSCTL_TBUFOP_get_info]({ hypervisor: { traceBuffers } }, op) {
    op.set('evt_mask', traceBuffers.eventMask);
    op.set('buffer_mfn', Math.max(0, traceBuffers.infoMfn));
    op.set('size', traceBuffers.pages > 0 ? PAGE_BYTES : 0);
    return 0;
  },
  [abi.XEN_SYSCTL_TBUFOP_set_cpu_mask](context, op) {
    const mask = readBitmap(context, op.part('cpu_mask', xenctl_bitmap));
    if (mask < 0) return -EFAULT;
    context.hypervisor.traceBuffers.cpuMask = mask;
    return 0;
  },
  [abi.XEN_SYSCTL_TBUFOP_set_evt_mask]({ hypervisor: { traceBuffers } }, op) {
    traceBuffers.eventMask = op.get('evt_mask');
    return 0;
  },
  [abi.XEN_SYSCTL_TBUFOP_set_size]({ hypervisor }, op) {
    if (hypervisor.traceBuffers.isEnabled)
      return hypervisor.trace.refuse(-EINVAL, 'the trace buffers are in use');
    return makeTraceBuffers(hypervisor, op.get('size'));
  },
  [abi.XEN_SYSCTL_TBUFOP_enable]({ hypervisor }) {
    const { traceBuffers, trace } = hypervisor;
    if (traceBuffers.pages === 0) return trace.refuse(-EINVAL, 'there are no trace buffers');
    traceBuffers.isEnabled = true;
    return 0;
  },
  [abi.XEN_SYSCTL_TBUFOP_disable]({ hypervisor: { traceBuffers } }) {
    traceBuffers.isEnabled = false;
    // Who enables them again is not told of what was lost before.
    traceBuffers.lost.fill(0);
    return 0;
  },
};

export function traceBuffers(context: HypercallContext, u: ControlBuffer): number {
  const op = u.as(abi.xen_sysctl_tbuf_op);
  const command = COMMANDS[op.get('cmd')];
  if (command === undefined)
    return context.hypervisor.trace.refuse(-EINVAL, 'no command of the trace buffers');
  return command(context, op);
}
