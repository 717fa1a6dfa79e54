/** memory_op: how much memory a domain has, and which. */
import { row } from '../explanation.ts';
import type { CallRow, HypercallRows } from '../explanation.ts';

const OPERATION = 'hypercalls/memory-op.ts';
const RESERVATION = 'hypercalls/memory-op/reservation.ts';
const OTHERS = 'hypercalls/memory-op-others.ts';

const NO_PHYSMAP = { EACCES: 'a paravirtualized domain keeps its map of memory itself' };

const COMMANDS: Readonly<Record<string, CallRow>> = {
  XENMEM_increase_reservation: row(
    'asks for {nr_extents} more of memory, each a {extent_order:order}, for {domid:dom}',
    'Xen gives machine frames, and says which; where they appear in the domain’s own numbering is the domain’s affair. The result says how many it got.',
    RESERVATION,
    'increaseReservation',
    { gives: 'done: {result}' },
  ),
  XENMEM_decrease_reservation: row(
    'gives {nr_extents} of memory of {domid:dom} back to Xen, each a {extent_order:order}',
    'What a balloon driver does when it is inflated: pages that the kernel can spare become free for other domains.',
    RESERVATION,
    'decreaseReservation',
    { gives: 'done: {result}' },
  ),
  XENMEM_populate_physmap: row(
    'asks for memory at {nr_extents} places of {domid:dom}, each a {extent_order:order}',
    'Fills holes in a domain’s pseudo-physical memory: what a deflating balloon does, and the toolstack as it builds a domain.',
    RESERVATION,
    'populatePhysmap',
    { gives: 'done: {result}' },
  ),
  XENMEM_maximum_ram_page: row(
    'asks how many machine frames there are',
    'The size of the machine bounds every frame number.',
    OPERATION,
    'memoryOp',
    { gives: '{result}' },
  ),
  XENMEM_current_reservation: row(
    'asks how many pages {domid:dom} has',
    'What the domain holds now, whatever it may hold at most.',
    OPERATION,
    'memoryOp',
    { gives: '{result} pages' },
  ),
  XENMEM_maximum_reservation: row(
    'asks how many pages {domid:dom} may have',
    'The toolstack’s limit (max_mem): beyond it Xen gives nothing.',
    OPERATION,
    'memoryOp',
    { gives: '{result} pages' },
  ),
  XENMEM_machphys_mfn_list: row(
    'asks which frames hold the machine-to-physical table',
    'Xen keeps, for every machine frame, its number in the owner’s own counting. A toolstack that saves domains maps that table.',
    OPERATION,
    'memoryOp',
    { gives: '{nr_extents} of them' },
  ),
  XENMEM_machphys_compat_mfn_list: row(
    'asks for the 32-bit machine-to-physical table',
    'For 32-bit domains, of which there are none here.',
    OPERATION,
    'memoryOp',
  ),
  XENMEM_machphys_mapping: row(
    'asks where the machine-to-physical table is mapped',
    'Every paravirtualized domain sees the table, read-only, in Xen’s part of its address space.',
    OPERATION,
    'memoryOp',
    { gives: 'from {v_start:address} to {v_end:address}' },
  ),
  XENMEM_memory_map: row(
    'asks for its map of memory, room for {nr_entries} entries',
    'As a BIOS tells of RAM (e820): which parts of pseudo-physical memory are what.',
    OPERATION,
    'memoryOp',
    { gives: '{nr_entries} entries', errors: { ENOSYS: 'nobody has set one for this domain' } },
  ),
  XENMEM_machine_memory_map: row(
    'asks for the machine’s own map of memory',
    'What the real firmware said; domain 0 needs it to know where devices are.',
    OPERATION,
    'memoryOp',
    { errors: { EPERM: 'it is not told here' } },
  ),
  XENMEM_set_memory_map: row(
    'sets the map of memory of {domid:dom}, {map.nr_entries} entries',
    'The toolstack says what the new domain’s firmware would say.',
    OTHERS,
    'setMemoryMap',
  ),
  XENMEM_exchange: row(
    'exchanges {in.nr_extents} of its memory for {out.nr_extents} others, each a {out.extent_order:order}',
    'A domain’s frames are scattered over the machine. A driver whose device needs them side by side exchanges them.',
    'hypercalls/memory-op/exchange.ts',
    'exchange',
    {
      gives: '{nr_exchanged} exchanged',
      errors: { ENOMEM: 'no such block is free', EPERM: 'so large a block is not for this domain' },
    },
  ),
  XENMEM_maximum_gpfn: row(
    'asks for the highest page number of {domid:dom}',
    'As far as the domain itself has said (shared_info.arch.max_pfn).',
    OPERATION,
    'memoryOp',
    { gives: '{result}' },
  ),
  XENMEM_add_to_physmap: row(
    'asks to have {space:MAPSPACE} {idx} appear at its page {gpfn:hex}',
    'For domains whose physical memory Xen maps (HVM).',
    OPERATION,
    'memoryOp',
    { errors: NO_PHYSMAP },
  ),
  XENMEM_add_to_physmap_batch: row(
    'asks to have {size} of {space:MAPSPACE} appear in {domid:dom}',
    'For domains whose physical memory Xen maps (HVM).',
    OPERATION,
    'memoryOp',
    { errors: NO_PHYSMAP },
  ),
  XENMEM_remove_from_physmap: row(
    'asks to have page {gpfn:hex} taken out of {domid:dom}',
    'For domains whose physical memory Xen maps (HVM).',
    OPERATION,
    'memoryOp',
    { errors: NO_PHYSMAP },
  ),
  XENMEM_set_pod_target: row(
    'sets how much memory {domid:dom} gets only on demand',
    'For domains with paging of Xen’s, which may begin with less than they were promised.',
    OTHERS,
    'podTarget',
    { errors: { EINVAL: 'a paravirtualized domain has no such memory' } },
  ),
  XENMEM_get_pod_target: row(
    'asks how much memory {domid:dom} gets only on demand',
    'For domains with paging of Xen’s.',
    OTHERS,
    'podTarget',
    { errors: { EINVAL: 'a paravirtualized domain has no such memory' } },
  ),
  XENMEM_get_sharing_freed_pages: row(
    'asks how many pages sharing has saved',
    'Equal pages of HVM domains can be one.',
    OPERATION,
    'memoryOp',
    { gives: '{result}' },
  ),
  XENMEM_get_sharing_shared_pages: row(
    'asks how many pages are shared',
    'Equal pages of HVM domains can be one.',
    OPERATION,
    'memoryOp',
    { gives: '{result}' },
  ),
  XENMEM_paging_op: row(
    'asks for pages to be swapped out',
    'Of HVM domains; not here.',
    OPERATION,
    'memoryOp',
  ),
  XENMEM_access_op: row(
    'asks for the rights on {nr} pages of {domid:dom}',
    'Who inspects a domain from outside takes rights away and hears of uses: of HVM domains.',
    OTHERS,
    'accessOp',
    { errors: { EINVAL: 'not of a paravirtualized domain' } },
  ),
  XENMEM_sharing_op: row(
    'asks for equal pages to be shared',
    'Of HVM domains; not here.',
    OPERATION,
    'memoryOp',
  ),
  XENMEM_claim_pages: row(
    'sets {nr_extents} pages aside for {domid:dom}',
    'So that a domain which is being built does not run out half-way.',
    OTHERS,
    'claimPages',
  ),
  XENMEM_get_vnumainfo: row(
    'asks for the virtual NUMA topology of {domid:dom}',
    'Which memory is near to which vcpu: no domain here has one.',
    OPERATION,
    'memoryOp',
    { errors: { EOPNOTSUPP: 'it has none' } },
  ),
  XENMEM_reserved_device_memory_map: row(
    'asks which memory the devices have reserved',
    'Some devices need certain addresses left alone: none here.',
    OTHERS,
    'reservedDeviceMemory',
    { gives: '{nr_entries}' },
  ),
  XENMEM_acquire_resource: row(
    'asks for {nr_frames} frames of {type:RESOURCE} of {domid:dom}',
    'What Xen keeps for a domain (its grant table) a toolstack can map: so it fills the first entries of a new domain’s table, for its console and store.',
    'hypercalls/memory-op/resource.ts',
    'acquireResource',
    { errors: { EINVAL: 'there is no such resource', EPERM: 'that is for a privileged domain' } },
  ),
};

export const memoryCalls: Readonly<Record<string, HypercallRows>> = {
  memory_op: {
    header: 'memory.h',
    row: row(
      'makes an unknown memory operation',
      'How much memory a domain has, and which machine frames it is, is between it and Xen.',
      OPERATION,
      'memoryOp',
    ),
    commands: COMMANDS,
    errors: {
      EFAULT: 'the structure cannot be read or written at that address',
      ESRCH: 'there is no such domain',
      EPERM: 'not the caller’s to do',
      ENOSYS: 'there is no such command here',
      EINVAL: 'the values do not fit the command',
    },
  },
};
