/** Page tables and descriptors: what a guest may have of them, and only so. */
import { row } from '../explanation.ts';
import type { CallRow, HypercallRows } from '../explanation.ts';

const MMUEXT = 'hypercalls/mmuext-op.ts';

const pin = (level: number): CallRow =>
  row(
    `has frame {arg1.mfn:hex} checked as an L${String(level)} page table, and keeps it one`,
    'Xen looks at every entry once, and below; from then on the table may be used at once, as often as one likes, until it is unpinned. That is how a new process’s address space becomes valid.',
    MMUEXT,
    'mmuextOp',
    {
      errors: {
        EINVAL:
          'an entry names what this domain must not map, the frame is in use otherwise, or it is pinned already',
        EBUSY: 'a frame in it must not be mapped so',
      },
    },
  );

const MMUEXT_COMMANDS: Readonly<Record<string, CallRow>> = {
  MMUEXT_PIN_L1_TABLE: pin(1),
  MMUEXT_PIN_L2_TABLE: pin(2),
  MMUEXT_PIN_L3_TABLE: pin(3),
  MMUEXT_PIN_L4_TABLE: pin(4),
  MMUEXT_UNPIN_TABLE: row(
    'lets frame {arg1.mfn:hex} be a page table no longer than it is used',
    'When the last use of a table ends, Xen gives back all that it names: a process has ended, and its memory can be written to again.',
    MMUEXT,
    'mmuextOp',
    { errors: { EINVAL: 'it is not pinned, or not the caller’s' } },
  ),
  MMUEXT_NEW_BASEPTR: row(
    'changes to the address space whose root is frame {arg1.mfn:hex}',
    'What loading CR3 is on real hardware: the kernel changes from one process to another.',
    MMUEXT,
    'mmuextOp',
    { errors: { EINVAL: 'that frame is no valid root page table of the caller’s' } },
  ),
  MMUEXT_NEW_USER_BASEPTR: row(
    'sets the root for user mode to frame {arg1.mfn:hex}',
    'On x86-64 a guest’s kernel and its processes both run in ring 3. They are kept apart by two sets of page tables: this names the one without the kernel.',
    MMUEXT,
    'mmuextOp',
    { errors: { EINVAL: 'that frame is no valid root page table of the caller’s' } },
  ),
  MMUEXT_TLB_FLUSH_LOCAL: row(
    'flushes the TLB of its processor',
    'The processor remembers translations. After entries have changed the old ones must be forgotten.',
    MMUEXT,
    'mmuextOp',
  ),
  MMUEXT_TLB_FLUSH_ALL: row(
    'flushes the TLBs of all its vcpus',
    'As on one processor, on all where this domain runs.',
    MMUEXT,
    'mmuextOp',
  ),
  MMUEXT_TLB_FLUSH_MULTI: row(
    'flushes the TLBs of some of its vcpus',
    'Those whose bits are set in a map of the caller’s.',
    MMUEXT,
    'mmuextOp',
    { errors: { EFAULT: 'the map of vcpus cannot be read' } },
  ),
  MMUEXT_INVLPG_LOCAL: row(
    'has its processor forget where {arg1.linear_addr:address} is',
    'INVLPG on real hardware: one translation, not all.',
    MMUEXT,
    'mmuextOp',
  ),
  MMUEXT_INVLPG_ALL: row(
    'has all its vcpus forget where {arg1.linear_addr:address} is',
    'One translation, on all processors where this domain runs.',
    MMUEXT,
    'mmuextOp',
  ),
  MMUEXT_INVLPG_MULTI: row(
    'has some of its vcpus forget where {arg1.linear_addr:address} is',
    'One translation, on those whose bits are set in a map of the caller’s.',
    MMUEXT,
    'mmuextOp',
    { errors: { EFAULT: 'the map of vcpus cannot be read' } },
  ),
  MMUEXT_FLUSH_CACHE: row(
    'asks for the caches to be written back',
    'Only a domain with a device that bypasses caches needs that.',
    MMUEXT,
    'mmuextOp',
    { errors: { EACCES: 'this domain has no such device' } },
  ),
  MMUEXT_FLUSH_CACHE_GLOBAL: row(
    'asks for the caches of all processors to be written back',
    'Only a domain with a device that bypasses caches needs that.',
    MMUEXT,
    'mmuextOp',
    { errors: { EINVAL: 'not for this domain' } },
  ),
  MMUEXT_SET_LDT: row(
    'sets its local descriptor table: {arg2.nr_ents} entries at {arg1.linear_addr:address}',
    'Segments of one process. The pages are mapped where Xen has room for them, as they are used.',
    MMUEXT,
    'mmuextOp',
    { errors: { EINVAL: 'the address is not aligned, or there are too many' } },
  ),
  MMUEXT_CLEAR_PAGE: row(
    'has frame {arg1.mfn:hex} cleared',
    'A frame that the caller need not map for that.',
    MMUEXT,
    'mmuextOp',
    { errors: { EINVAL: 'it is not the caller’s, or not writable' } },
  ),
  MMUEXT_COPY_PAGE: row(
    'has frame {arg2.src_mfn:hex} copied to frame {arg1.mfn:hex}',
    'Frames that the caller need not map for that.',
    MMUEXT,
    'mmuextOp',
    { errors: { EINVAL: 'one of them is not the caller’s, or not writable' } },
  ),
  MMUEXT_MARK_SUPER: row(
    'asks for a superpage',
    'Large pages for paravirtualized domains are gone from Xen.',
    MMUEXT,
    'mmuextOp',
    { errors: { EOPNOTSUPP: 'Xen has no more superpages for such domains' } },
  ),
  MMUEXT_UNMARK_SUPER: row(
    'gives a superpage back',
    'Large pages for paravirtualized domains are gone from Xen.',
    MMUEXT,
    'mmuextOp',
    { errors: { EOPNOTSUPP: 'Xen has no more superpages for such domains' } },
  ),
};

const ENTRY_ERRORS = {
  EINVAL: 'not the owner’s frame, not a page table, or an entry with bits that it must not have',
  EBUSY:
    'the frame is not to be mapped so: it is somebody else’s, or a page table that would become writable',
  EPERM: 'what is no RAM, or not the caller’s to say',
  ESRCH: 'there is no such domain',
};

const MAPPING_WHY =
  'A guest’s page tables are the real ones, and it must not write them itself: Xen changes an entry for it, once it has seen that the frame is the guest’s own and that no page table becomes writable. That check is what keeps domains apart.';

export const mmuCalls: Readonly<Record<string, HypercallRows>> = {
  mmu_update: {
    header: 'xen.h',
    row: row(
      'changes {count} page-table entries: at machine address {ptr:address}, to {val:entry}',
      MAPPING_WHY,
      'hypercalls/mmu-update.ts',
      'mmuUpdate',
    ),
    commands: {},
    errors: { ...ENTRY_ERRORS, EFAULT: 'the requests cannot be read', ENOSYS: 'there is no such request' },
  },
  update_va_mapping: {
    header: 'xen.h',
    row: row(
      'has {va:address} map {val:entry}',
      `${MAPPING_WHY} This names the entry by the address that it maps.`,
      'hypercalls/update-va-mapping.ts',
      'updateVaMapping',
    ),
    commands: {},
    errors: { ...ENTRY_ERRORS, EFAULT: 'the map of vcpus cannot be read' },
  },
  update_va_mapping_otherdomain: {
    header: 'xen.h',
    row: row(
      'has {va:address} map {val:entry}, of {domid:dom}',
      'As update_va_mapping, for a frame of another domain: a toolstack that builds or saves it.',
      'hypercalls/update-va-mapping.ts',
      'updateVaMappingOtherdomain',
    ),
    commands: {},
    errors: ENTRY_ERRORS,
  },
  mmuext_op: {
    header: 'xen.h',
    row: row(
      'makes {count} operations on its page tables and TLBs',
      'What a kernel in ring 0 does with privileged instructions: change address spaces, flush TLBs; and what only Xen knows: pin a table.',
      MMUEXT,
      'mmuextOp',
    ),
    commands: MMUEXT_COMMANDS,
    errors: {
      EFAULT: 'the operations cannot be read',
      EPERM: 'not on another domain’s frames',
      ESRCH: 'there is no such domain',
      ENOSYS: 'there is no such operation',
      EINVAL: 'the frame or the values do not fit the operation',
    },
  },
  set_gdt: {
    header: 'xen.h',
    row: row(
      'sets its global descriptor table, {entries} entries',
      'Segment descriptors say what a selector may do. Their pages become descriptor pages: checked once, and not writable as long as they are in use.',
      'hypercalls/set-gdt.ts',
      'setGdt',
    ),
    commands: {},
    errors: {
      EINVAL: 'too many, a frame that is not its own or is writable, or a descriptor that is not allowed',
      EFAULT: 'the list cannot be read',
    },
  },
  update_descriptor: {
    header: 'xen.h',
    row: row(
      'writes the descriptor {desc:hex} at machine address {gaddr:address}',
      'A descriptor page cannot be written by the guest. Xen writes it, once it has seen that the descriptor gives nobody more than ring 3.',
      'hypercalls/update-descriptor.ts',
      'updateDescriptor',
    ),
    commands: {},
    errors: {
      EINVAL: 'not aligned, a descriptor that is not allowed, or a frame that is not its own or a page table',
    },
  },
};
