/** A toolstack's hand on a domain's memory: how much it may have, what its pages are used as, its hypercall page. */
import {
  xen_domctl_getpageframeinfo3,
  xen_domctl_hypercall_init,
  xen_domctl_max_mem,
  XEN_DOMCTL_PFINFO_LPINTAB,
  XEN_DOMCTL_PFINFO_LTAB_SHIFT,
  XEN_DOMCTL_PFINFO_XTAB,
} from '../../abi/domctl.ts';
import { E2BIG, EFAULT, EINVAL, EPERM } from '../../abi/errno.ts';
import type { ControlBuffer } from '../control.ts';
import type { HypercallContext } from '../hypercall.ts';
import type { FrameTable } from '../../memory/frame-table.ts';
import {
  PGC_XEN_HEAP,
  PGT_L4_PAGE_TABLE,
  PGT_PINNED,
  PGT_VALIDATED,
  PGT_WRITABLE_PAGE,
} from '../../memory/frame-table.ts';
import { getM2p } from '../../memory/m2p.ts';
import { PAGE_BYTES } from '../../memory/pages.ts';
import { writeBytes } from '../../memory/guest-frames.ts';
import { getPageAndType, putPageAndType } from '../../memory/page-types.ts';
import { hypercallPage } from '../../domain/builder/hypercall-page.ts';
import type { Domain } from '../../state/domain.ts';

const KIB_PER_PAGE = 4;
const MAX_PAGES = 0xffff_ffff;
/** Entries of one getpageframeinfo3. */
const MAX_ENTRIES = 1024;

/** XEN_DOMCTL_max_mem: the domain may have less than it has; then it just gets no more. */
export function setMaximum(_context: HypercallContext, domain: Domain, u: ControlBuffer): number {
  const pages = Math.floor(u.as(xen_domctl_max_mem).get('max_memkb') / KIB_PER_PAGE);
  domain.maxPages = pages < 0 || pages > MAX_PAGES ? MAX_PAGES : pages;
  return 0;
}

/** XEN_DOMCTL_getpageframeinfo3: for each frame of the caller's array what it is used as. */
export function pageInfo(context: HypercallContext, domain: Domain, u: ControlBuffer): number {
  const op = u.as(xen_domctl_getpageframeinfo3);
  const count = op.get('num');
  if (count < 0 || count > MAX_ENTRIES) return -E2BIG;
  const array = op.get('array');
  const { frames } = context.hypervisor;
  const entry = new Uint32Array(2);
  const { trace } = context.hypervisor;
  const pages: { pfn: number; type: number }[] = [];
  for (let index = 0; index < count; index++) {
    if (!context.read(array + index * 8, entry)) return -EFAULT;
    const mfn = entry[1] === 0 ? entry[0]! : frames.frames;
    entry[0] = pageType(frames, domain.id, mfn);
    entry[1] = 0;
    const pfn = trace.on && entry[0] !== XEN_DOMCTL_PFINFO_XTAB ? getM2p(frames, mfn) : -1;
    if (pfn >= 0) pages.push({ pfn, type: entry[0] });
    if (!context.write(array + index * 8, entry)) return -EFAULT;
  }
  if (trace.on)
    trace.emit({
      kind: 'page_info',
      domain: domain.id,
      pfns: Uint32Array.from(pages, ({ pfn }) => pfn),
      types: Uint8Array.from(pages, ({ type }) => type >>> 28),
    });
  return 0;
}

function pageType(frames: FrameTable, domain: number, mfn: number): number {
  if (!(mfn < frames.frames) || frames.owner[mfn] !== domain || frames.count[mfn] === 0)
    return XEN_DOMCTL_PFINFO_XTAB;
  const flags = frames.flags[mfn]!;
  if (flags & PGC_XEN_HEAP) return XEN_DOMCTL_PFINFO_XTAB;
  if ((flags & (PGT_PINNED | PGT_VALIDATED)) === 0) return 0;
  const level = frames.type[mfn]! <= PGT_L4_PAGE_TABLE ? frames.type[mfn]! : 0;
  const type = level << XEN_DOMCTL_PFINFO_LTAB_SHIFT;
  return (flags & PGT_PINNED ? type | XEN_DOMCTL_PFINFO_LPINTAB : type) >>> 0;
}

/** XEN_DOMCTL_hypercall_init: writes the hypercall page. */
export function writeHypercallPage(
  { hypervisor }: HypercallContext,
  domain: Domain,
  u: ControlBuffer,
): number {
  const { frames } = hypervisor;
  const mfn = u.as(xen_domctl_hypercall_init).get('gmfn');
  if (!(mfn >= 0 && mfn < frames.frames) || frames.owner[mfn] !== domain.id) return -EINVAL;
  if (getPageAndType(frames, mfn, domain.id, PGT_WRITABLE_PAGE) !== 0) return -EPERM;
  writeBytes(frames, mfn * PAGE_BYTES, hypercallPage());
  putPageAndType(frames, mfn);
  return 0;
}
