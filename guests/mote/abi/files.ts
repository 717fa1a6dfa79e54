/** Files: flags, modes, events, and what tells of them. */

// open; fcntl F_GETFL and F_SETFL.
export const O_RDONLY: i32 = 0;
export const O_WRONLY: i32 = 1;
export const O_RDWR: i32 = 2;
export const O_ACCMODE: i32 = 3;
export const O_CREAT: i32 = 0x40;
export const O_EXCL: i32 = 0x80;
export const O_TRUNC: i32 = 0x200;
export const O_APPEND: i32 = 0x400;
export const O_NONBLOCK: i32 = 0x800;
export const O_DIRECTORY: i32 = 0x10000;
export const O_CLOEXEC: i32 = 0x80000;

// lseek.
export const SEEK_SET: i32 = 0;
export const SEEK_CUR: i32 = 1;
export const SEEK_END: i32 = 2;

// fcntl.
export const F_DUPFD: i32 = 0;
export const F_GETFD: i32 = 1;
export const F_SETFD: i32 = 2;
export const F_GETFL: i32 = 3;
export const F_SETFL: i32 = 4;
export const FD_CLOEXEC: i32 = 1;

// stat.st_mode.
export const S_IFMT: u32 = 0xf000;
export const S_IFSOCK: u32 = 0xc000;
export const S_IFLNK: u32 = 0xa000;
export const S_IFREG: u32 = 0x8000;
export const S_IFBLK: u32 = 0x6000;
export const S_IFDIR: u32 = 0x4000;
export const S_IFCHR: u32 = 0x2000;
export const S_IFIFO: u32 = 0x1000;

// dirent64.d_type.
export const DT_UNKNOWN: u8 = 0;
export const DT_FIFO: u8 = 1;
export const DT_CHR: u8 = 2;
export const DT_DIR: u8 = 4;
export const DT_BLK: u8 = 6;
export const DT_REG: u8 = 8;
export const DT_LNK: u8 = 10;
export const DT_SOCK: u8 = 12;

// poll: events.
export const POLLIN: i32 = 1;
export const POLLOUT: i32 = 4;
export const POLLERR: i32 = 8;
export const POLLHUP: i32 = 0x10;
export const POLLNVAL: i32 = 0x20;

// mmap.
export const PROT_READ: i32 = 1;
export const PROT_WRITE: i32 = 2;
export const PROT_EXEC: i32 = 4;
export const MAP_PRIVATE: i32 = 2;
export const MAP_FIXED: i32 = 0x10;
export const MAP_ANONYMOUS: i32 = 0x20;

// mount, umount2.
export const MS_RDONLY: i32 = 1;

/** Bytes of a path, its NUL included. */
export const PATH_MAX: i32 = 4096;
/** Bytes of one name in a path. */
export const NAME_MAX: i32 = 255;

/** struct stat. */
export namespace stat {
  export const st_dev: usize = 0; // u64
  export const st_ino: usize = 8; // u64
  export const st_nlink: usize = 16; // u64
  export const st_mode: usize = 24; // u32
  export const st_uid: usize = 28; // u32
  export const st_gid: usize = 32; // u32
  export const st_rdev: usize = 40; // u64
  export const st_size: usize = 48; // i64
  export const st_blksize: usize = 56; // i64
  export const st_blocks: usize = 64; // i64, of 512 bytes
  export const st_atime: usize = 72; // i64, seconds; nanoseconds behind
  export const st_mtime: usize = 88;
  export const st_ctime: usize = 104;
  export const SIZE: usize = 144;
}

/** struct linux_dirent64: the name and its NUL follow; the record's length is a multiple of 8. */
export namespace dirent64 {
  export const d_ino: usize = 0; // u64
  export const d_off: usize = 8; // i64
  export const d_reclen: usize = 16; // u16
  export const d_type: usize = 18; // u8
  export const d_name: usize = 19;
}

/** struct statfs. */
export namespace statfs {
  export const f_type: usize = 0; // i64
  export const f_bsize: usize = 8; // i64
  export const f_blocks: usize = 16; // u64
  export const f_bfree: usize = 24; // u64
  export const f_bavail: usize = 32; // u64
  export const f_files: usize = 40; // u64
  export const f_ffree: usize = 48; // u64
  export const SIZE: usize = 120;
}

/** struct pollfd. */
export namespace pollfd {
  export const fd: usize = 0; // i32
  export const events: usize = 4; // i16
  export const revents: usize = 6; // i16
  export const SIZE: usize = 8;
}
