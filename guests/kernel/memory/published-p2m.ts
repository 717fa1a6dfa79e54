/**
 * Where whoever saves the domain finds its p2m list: in the shared info page, as a virtual address and the root table that it
 * holds in (arch_shared_info of arch-x86/xen.h).
 */
import { shared_info } from 'xen';
import { virtual } from '../xen/intrinsics';
import { PAGE_SHIFT } from './pages';
import { mfnOf, p2mLength, p2mList } from './pagetable';
import { kernelRoot, SHARED_INFO } from './window';

/** At the start, and again when the domain was restored: the root has another frame then. The mapping never changes. */
export function publishP2m(): void {
  store<u64>(SHARED_INFO + shared_info.arch_max_pfn, p2mLength());
  store<u64>(SHARED_INFO + shared_info.arch_p2m_vaddr, virtual(p2mList()));
  // xen_pfn_to_cr3: of 64 bits it is the address.
  store<u64>(SHARED_INFO + shared_info.arch_p2m_cr3, mfnOf(kernelRoot()) << PAGE_SHIFT);
}
