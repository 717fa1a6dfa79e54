/**
 * XEN_DOMCTL_shadow_op, of which a paravirtualized domain has log-dirty (arch/x86/mm/paging.c): which of its pages were written.
 *
 * 0, or: -EINVAL the caller's own domain, one without vcpus, log-dirty is on already, bits that are not there; -EFAULT the bitmap
 * cannot be written; -EOPNOTSUPP what would be of shadow page tables, which nothing here has.
 */
import * as abi from '../../abi/domctl.ts';
import { EFAULT, EINVAL, EOPNOTSUPP } from '../../abi/errno.ts';
import { gatherDirty, startLog } from '../../domain/log-dirty.ts';
import { PAGE_BYTES } from '../../memory/pages.ts';
import type { StructOf } from '../../memory/guest-struct.ts';
import type { Domain } from '../../state/domain.ts';
import type { Hypervisor } from '../../state/hypervisor.ts';
import type { ControlBuffer } from '../control.ts';
import type { HypercallContext } from '../hypercall.ts';

type ShadowOp = StructOf<typeof abi.xen_domctl_shadow_op>;

/** More pages than any machine has: what is asked for beyond is not answered, and `pages` says so. */
const MAX_PAGES = 2 ** 30;

export function shadowOp(context: HypercallContext, domain: Domain, u: ControlBuffer): number {
  const op = u.as(abi.xen_domctl_shadow_op);
  if (domain === context.domain) return -EINVAL;
  if (domain.isDying) return 0;
  if (domain.vcpus.length === 0) return -EINVAL;
  switch (op.get('op')) {
    case abi.XEN_DOMCTL_SHADOW_OP_ENABLE:
      return op.get('mode') & abi.XEN_DOMCTL_SHADOW_ENABLE_LOG_DIRTY ? enable(context, domain) : -EOPNOTSUPP;
    case abi.XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY:
      return enable(context, domain);
    case abi.XEN_DOMCTL_SHADOW_OP_OFF:
      domain.dirtyLog = null;
      return 0;
    case abi.XEN_DOMCTL_SHADOW_OP_CLEAN:
    case abi.XEN_DOMCTL_SHADOW_OP_PEEK:
      return op.get('mode') & ~abi.XEN_DOMCTL_SHADOW_LOGDIRTY_FINAL ? -EINVAL : tell(context, domain, op);
    default:
      return -EOPNOTSUPP;
  }
}

function enable({ hypervisor }: HypercallContext, domain: Domain): number {
  if (domain.dirtyLog !== null) return -EINVAL;
  startLog(hypervisor, domain);
  return 0;
}

function note({ trace }: Hypervisor, domain: Domain, op: number): void {
  const { count, bits } = domain.dirtyLog ?? { count: 0, bits: new Uint8Array(0) };
  const isClean = op === abi.XEN_DOMCTL_SHADOW_OP_CLEAN;
  trace.emit({
    kind: 'shadow_op',
    command: isClean ? 'XEN_DOMCTL_SHADOW_OP_CLEAN' : 'XEN_DOMCTL_SHADOW_OP_PEEK',
    domain: domain.id,
    dirty: count,
    bits: isClean ? bits.slice() : new Uint8Array(0),
  });
}

/** CLEAN and PEEK: the bitmap, where one is wanted, and how many pages became dirty; CLEAN makes all clean. */
function tell(context: HypercallContext, domain: Domain, op: ShadowOp): number {
  if (domain.dirtyLog !== null) gatherDirty(context.hypervisor);
  const pages = Math.min(op.get('pages'), MAX_PAGES);
  if (pages < 0) return -EINVAL;
  const log = domain.dirtyLog;
  const bitmap = op.get('dirty_bitmap');
  // Each page's first write is what would be a fault.
  op.set('stats.fault_count', log?.count ?? 0);
  op.set('stats.dirty_count', log?.count ?? 0);
  if (bitmap !== 0 && !write(context, bitmap, pages, log?.bits ?? new Uint8Array(0))) return -EFAULT;
  op.set('pages', pages);
  if (context.hypervisor.trace.on) note(context.hypervisor, domain, op.get('op'));
  if (op.get('op') === abi.XEN_DOMCTL_SHADOW_OP_CLEAN) log?.clean();
  return 0;
}

/** Writes the first bits, a page at a time. False: it cannot be written. */
function write(context: HypercallContext, to: number, pages: number, bits: Uint8Array): boolean {
  const bytes = Math.ceil(pages / 8);
  const page = new Uint8Array(PAGE_BYTES);
  for (let at = 0; at < bytes; at += PAGE_BYTES) {
    page.fill(0);
    page.set(bits.subarray(at, at + PAGE_BYTES));
    if (!context.writeBytes(to + at, page.subarray(0, Math.min(PAGE_BYTES, bytes - at)))) return false;
  }
  return true;
}
