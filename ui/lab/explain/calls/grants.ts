/** grant_table_op: memory that domains let each other use. */
import { row } from '../explanation.ts';
import type { CallRow, HypercallRows } from '../explanation.ts';

const SETUP = 'grants/setup.ts';
const OPERATION = 'hypercalls/grant-table-op.ts';

/** What a status means, where it means the same for all. */
const STATUSES = {
  GNTST_bad_domain: 'there is no such domain',
  GNTST_bad_gntref: 'the reference is beyond the granter’s table',
  GNTST_bad_handle: 'no mapping of this domain has that handle',
  GNTST_bad_page: 'the frame is not the granter’s to give',
  GNTST_general_error: 'the entry does not permit this to this domain, or is in use otherwise',
  GNTST_permission_denied: 'that is for a privileged domain',
  GNTST_no_space: 'the domain has as many mappings as it may have',
  GNTST_bad_virt_addr: 'the address cannot be used for this',
  GNTST_bad_dev_addr: 'the bus address is not that of the mapping',
};

const COMMANDS: Readonly<Record<string, CallRow>> = {
  GNTTABOP_map_grant_ref: row(
    'asks Xen to map the frame that {dom:dom} granted as reference {ref}, {flags:mapping}, at {host_addr:address}',
    'How a backend reaches a frontend’s memory: the owner wrote into its grant table whom it lets at which frame; Xen looks there, and only then makes the mapping. No domain ever maps what was not offered to it.',
    'grants/map.ts',
    'mapGrantRef',
    { gives: '{status:status}, handle {handle}' },
  ),
  GNTTABOP_unmap_grant_ref: row(
    'gives back the mapping with handle {handle}, at {host_addr:address}',
    'The other domain can take its frame back only when nobody maps it any more.',
    'grants/map.ts',
    'unmapGrantRef',
    { gives: '{status:status}' },
  ),
  GNTTABOP_setup_table: row(
    'asks where the grant table of {dom:dom} is, {nr_frames} frames of it',
    'The table lies in memory that Xen shares with the domain: granting something is then just a write, with no hypercall.',
    SETUP,
    'setupTable',
    { gives: '{status:status}' },
  ),
  GNTTABOP_dump_table: row(
    'asks for the grant table of {dom:dom} to be printed',
    'For debugging.',
    OPERATION,
    'grantTableOp',
  ),
  GNTTABOP_transfer: row(
    'gives its frame {mfn:hex} away to {domid:dom}, which awaits one in entry {ref}',
    'Ownership moves, not a copy: what network backends once did with the pages of packets.',
    'grants/transfer.ts',
    'transferGrant',
    { gives: '{status:status}' },
  ),
  GNTTABOP_copy: row(
    'has Xen copy {len} bytes, from {source.domid:dom} (offset {source.offset}) to {dest.domid:dom} (offset {dest.offset})',
    'A copy by Xen needs no mapping, and so no flush of TLBs: cheaper than mapping for small pieces such as packets.',
    'grants/copy.ts',
    'copyGrant',
    { gives: '{status:status}', errors: { GNTST_bad_copy_arg: 'it would reach beyond a page' } },
  ),
  GNTTABOP_query_size: row(
    'asks how large the grant table of {dom:dom} is',
    'A table begins small and grows up to a limit.',
    SETUP,
    'querySize',
    { gives: '{nr_frames} of at most {max_nr_frames} frames, {status:status}' },
  ),
  GNTTABOP_unmap_and_replace: row(
    'gives back the mapping with handle {handle}, and has the entry that maps {new_addr:address} take its place',
    'A page of the domain’s own appears where the granted one was, with no moment between in which nothing is there.',
    'grants/map.ts',
    'unmapAndReplace',
    { gives: '{status:status}' },
  ),
  GNTTABOP_set_version: row(
    'chooses version {version} of grant table entries',
    'Version 2 has larger entries: parts of pages, and grants that are passed on.',
    SETUP,
    'setVersion',
    {
      errors: {
        EBUSY: 'grants are in use',
        ENOSYS: 'the toolstack does not allow that version',
        EINVAL: 'there are versions 1 and 2',
        ERANGE: 'an entry cannot be said in version 1',
      },
    },
  ),
  GNTTABOP_get_status_frames: row(
    'asks where the status words of {dom:dom} are',
    'In version 2 Xen marks the use of a grant in pages of its own, which the granter only reads.',
    SETUP,
    'getStatusFrames',
    { gives: '{status:status}' },
  ),
  GNTTABOP_get_version: row(
    'asks which version of entries {dom:dom} uses',
    'Who reads another domain’s table must know how it is laid out.',
    SETUP,
    'getVersion',
    { gives: 'version {version}' },
  ),
  GNTTABOP_swap_grant_ref: row(
    'exchanges its entries {ref_a} and {ref_b}',
    'Entries that are not in use change places.',
    'grants/transfer.ts',
    'swapGrantRef',
    { gives: '{status:status}' },
  ),
  GNTTABOP_cache_flush: row(
    'asks for caches of a granted page to be flushed',
    'For machines whose devices do not see the processor’s caches: not x86.',
    OPERATION,
    'grantTableOp',
  ),
};

export const grantCalls: Readonly<Record<string, HypercallRows>> = {
  grant_table_op: {
    header: 'grant_table.h',
    row: row(
      'makes an unknown grant table operation',
      'Grants are how domains share memory: the owner offers a frame to one domain, by an entry in its table, and Xen checks every use against that.',
      OPERATION,
      'grantTableOp',
    ),
    commands: COMMANDS,
    errors: {
      EFAULT: 'a structure cannot be read or written at that address',
      EINVAL: 'a count that the command does not take',
      ENOSYS: 'there is no such command here',
      ...STATUSES,
    },
  },
};
