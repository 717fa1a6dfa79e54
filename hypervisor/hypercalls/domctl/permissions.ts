/**
 * What of the machine's devices a domain may use: interrupt lines, ports, and frames of device memory. A toolstack gives what
 * its own domain has (common/domctl.c, arch/x86/domctl.c).
 */
import {
  xen_domctl_iomem_permission,
  xen_domctl_ioport_permission,
  xen_domctl_irq_permission,
} from '../../abi/domctl.ts';
import { EINVAL, EPERM } from '../../abi/errno.ts';
import { NR_PIRQS } from '../../events/pirq.ts';
import { GSIS } from '../../state/gsi.ts';
import type { ControlBuffer } from '../control.ts';
import type { HypercallContext } from '../hypercall.ts';
import type { Domain } from '../../state/domain.ts';
import { addRange, containsRange, removeRange } from '../../state/range-set.ts';
import type { RangeSet } from '../../state/range-set.ts';

const MAX_IOPORTS = 0x10000;
const WORD = 2 ** 32;
const MAX_MFN = 2n ** 64n;

type Permission = 'lines' | 'ports' | 'deviceFrames';

/** Gives, or takes away, what the caller has itself. */
function change(
  { domain: caller }: HypercallContext,
  domain: Domain,
  which: Permission,
  [first, last]: readonly [number, number],
  allow: boolean,
): number {
  const set: RangeSet = domain[which];
  if (!caller.isPrivileged || !containsRange(caller[which], first, last)) return -EPERM;
  if (allow) addRange(set, first, last);
  else removeRange(set, first, last);
  return 0;
}

/** XEN_DOMCTL_irq_permission: of a line by the caller's pirq, which has its number. */
export function linePermission(context: HypercallContext, domain: Domain, u: ControlBuffer): number {
  const op = u.as(xen_domctl_irq_permission);
  const pirq = op.get('pirq');
  if (pirq >= NR_PIRQS) return -EINVAL;
  if (pirq >= GSIS) return -EPERM;
  return change(context, domain, 'lines', [pirq, pirq], op.get('allow_access') !== 0);
}

/** XEN_DOMCTL_ioport_permission */
export function portPermission(context: HypercallContext, domain: Domain, u: ControlBuffer): number {
  const op = u.as(xen_domctl_ioport_permission);
  const first = op.get('first_port');
  const end = (first + op.get('nr_ports')) % WORD;
  if (end <= first || end > MAX_IOPORTS) return -EINVAL;
  return change(context, domain, 'ports', [first, end - 1], op.get('allow_access') !== 0);
}

/** XEN_DOMCTL_iomem_permission: what the domain's page tables may name besides RAM (getPageFromL1Entry). */
export function memoryPermission(context: HypercallContext, domain: Domain, u: ControlBuffer): number {
  const op = u.as(xen_domctl_iomem_permission);
  const first = op.getBig('first_mfn');
  const last = (first + op.getBig('nr_mfns') + MAX_MFN - 1n) % MAX_MFN;
  if (last < first) return -EINVAL;
  const range = [Number(first), Number(last)] as const;
  return change(context, domain, 'deviceFrames', range, op.get('allow_access') !== 0);
}
