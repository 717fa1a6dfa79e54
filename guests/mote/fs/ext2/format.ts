/** ext2 on the disk: where what stands. All numbers are little-endian; block 0 as a pointer means none. */

/** Where the superblock begins, in bytes, and how long it is. */
export const SUPERBLOCK: u64 = 1024;
export const SUPERBLOCK_BYTES: u32 = 1024;

export const MAGIC: u16 = 0xef53;
export const STATE_CLEAN: u16 = 1;
export const STATE_ERRORS: u16 = 2;
export const ROOT_INO: u32 = 2;
/** Inodes below are the file system's own, before s_first_ino said so. */
export const FIRST_INO: u32 = 11;

// Features. Who does not know one of the first kind cannot read; of the second, cannot write.
export const INCOMPAT_FILETYPE: u32 = 2;
export const RO_COMPAT_SPARSE_SUPER: u32 = 1;
export const RO_COMPAT_LARGE_FILE: u32 = 2;

export namespace super_block {
  export const s_inodes_count: usize = 0;
  export const s_blocks_count: usize = 4;
  export const s_r_blocks_count: usize = 8;
  export const s_free_blocks_count: usize = 12;
  export const s_free_inodes_count: usize = 16;
  export const s_first_data_block: usize = 20;
  export const s_log_block_size: usize = 24;
  export const s_blocks_per_group: usize = 32;
  export const s_frags_per_group: usize = 36;
  export const s_inodes_per_group: usize = 40;
  export const s_mtime: usize = 44;
  export const s_wtime: usize = 48;
  export const s_mnt_count: usize = 52; // u16
  export const s_max_mnt_count: usize = 54; // u16
  export const s_magic: usize = 56; // u16
  export const s_state: usize = 58; // u16
  export const s_errors: usize = 60; // u16
  export const s_rev_level: usize = 76;
  export const s_first_ino: usize = 84;
  export const s_inode_size: usize = 88; // u16
  export const s_block_group_nr: usize = 90; // u16
  export const s_feature_incompat: usize = 96;
  export const s_feature_ro_compat: usize = 100;
}

export namespace group_desc {
  export const bg_block_bitmap: usize = 0;
  export const bg_inode_bitmap: usize = 4;
  export const bg_inode_table: usize = 8;
  export const bg_free_blocks_count: usize = 12; // u16
  export const bg_free_inodes_count: usize = 14; // u16
  export const bg_used_dirs_count: usize = 16; // u16
  export const SIZE: u32 = 32;
}

export namespace inode {
  export const i_mode: usize = 0; // u16
  export const i_size: usize = 4;
  export const i_atime: usize = 8;
  export const i_ctime: usize = 12;
  export const i_mtime: usize = 16;
  export const i_dtime: usize = 20;
  export const i_links_count: usize = 26; // u16
  export const i_blocks: usize = 28; // of 512 bytes
  export const i_flags: usize = 32;
  export const i_block: usize = 40; // u32[15]
  export const i_file_acl: usize = 104;
  export const i_size_high: usize = 108; // of files; of directories another thing
  export const SIZE: u32 = 128;
}

/** The first twelve of i_block lead to blocks, the next three to blocks that do, once, twice, three times removed. */
export const DIRECT: u32 = 12;
export const BLOCK_POINTERS: u32 = 15;
/** A link of fewer bytes stands in i_block itself. */
export const FAST_LINK: u32 = 60;
/** A directory is indexed as well: nobody need know, but who changes it must drop the index. */
export const FLAG_INDEX: u32 = 0x1000;

export namespace dir_entry {
  export const inode: usize = 0;
  export const rec_len: usize = 4; // u16
  export const name_len: usize = 6; // u8
  export const file_type: usize = 7; // u8
  export const name: usize = 8;
}

/** Bytes of an entry with a name: a multiple of four. */
export function entryBytes(length: i32): u32 {
  return (8 + length + 3) & ~3;
}
