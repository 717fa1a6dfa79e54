/** HYPERVISOR_hypfs_op: Xen's own file system. Source: xen/include/public/hypfs.h, Xen 4.17. */
import { struct, u16, u32, u8 } from './layout.ts';

export const XEN_HYPFS_VERSION = 1;
/** With the zero at its end. */
export const XEN_HYPFS_MAX_PATHLEN = 1024;

export const XEN_HYPFS_OP_get_version = 0;
export const XEN_HYPFS_OP_read = 1;
export const XEN_HYPFS_OP_write_contents = 2;

export const XEN_HYPFS_TYPE_DIR = 0;
export const XEN_HYPFS_TYPE_STRING = 2;
export const XEN_HYPFS_TYPE_UINT = 3;
export const XEN_HYPFS_ENC_PLAIN = 0;

/** `max_write_len` is 0 of what can only be read. */
export const xen_hypfs_direntry = struct({
  type: u8,
  encoding: u8,
  pad: u16,
  content_len: u32,
  max_write_len: u32,
});
/** In a directory: where, from an entry's start, the next one is (u16, 0 for none), and the name with a zero. */
export const DIRLISTENTRY_OFF_NEXT = 12;
export const DIRLISTENTRY_NAME = 14;
