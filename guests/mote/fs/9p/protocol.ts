/**
 * 9P2000.L by numbers (Plan 9's manual, section 5; diod's protocol.md; the names are those of Linux's
 * include/net/9p/9p.h). A message is size[4] type[1] tag[2] and what its type has; the answer's type is one higher.
 */
export const TSTATFS: u32 = 8;
export const TLOPEN: u32 = 12;
export const TLCREATE: u32 = 14;
export const TSYMLINK: u32 = 16;
export const TREADLINK: u32 = 22;
export const TGETATTR: u32 = 24;
export const TSETATTR: u32 = 26;
export const TREADDIR: u32 = 40;
export const TFSYNC: u32 = 50;
export const TLINK: u32 = 70;
export const TMKDIR: u32 = 72;
export const TRENAMEAT: u32 = 74;
export const TUNLINKAT: u32 = 76;
export const TVERSION: u32 = 100;
export const TATTACH: u32 = 104;
export const TWALK: u32 = 110;
export const TREAD: u32 = 116;
export const TWRITE: u32 = 118;
export const TCLUNK: u32 = 120;
/** The answer to whatever failed: ecode[4], an errno of Linux. */
export const RLERROR: u32 = 7;

export const HEADER_BYTES: u32 = 7;
/** What a message may have besides its data, at most (IOHDRSZ). */
export const DATA_HEADER_BYTES: u32 = 24;
/** An answer with data, before it: count[4] behind the header. An error is as long. */
export const COUNTED_BYTES: u32 = HEADER_BYTES + 4;

export const NO_TAG: u32 = 0xffff;
export const NO_FID: u32 = 0xffff_ffff;

/** type[1] version[4] path[8] */
export const QID_BYTES: u32 = 13;
export const QID_VERSION_BYTES: u32 = 4;
export const QTDIR: u32 = 0x80;

/** An entry of a directory: qid[13] offset[8] type[1] name[s]. */
export namespace dirent {
  export const path: usize = 5;
  export const offset: usize = 13;
  export const type: usize = 21;
  export const length: usize = 22;
  export const name: usize = 24;
}

/** What Tgetattr asks for: P9_STATS_BASIC. */
export const STATS_BASIC: u64 = 0x7ff;
export const SETATTR_MODE: u32 = 1;
export const SETATTR_SIZE: u32 = 8;
export const AT_REMOVEDIR: u32 = 0x200;
/** f_type of statfs: V9FS_MAGIC. */
export const MAGIC: u64 = 0x0102_1997;
