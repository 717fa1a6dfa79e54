/**
 * The file of a saved domain, as Xen's own toolstack writes it: xl's header with the configuration (xl_saverestore.c), libxl's
 * stream around libxc's (docs/specs/libxl-migration-stream, libxc-migration-stream version 3). Numbers are little endian but
 * where it is said.
 */

/** 'Xen saved domain, xl format\n \0 \r', then a word that shows the byte order, two of flags, the bytes of what follows. */
export const XL_MAGIC: string = 'Xen saved domain, xl format\n \0 \r';
export const XL_MAGIC_BYTES: i32 = 32;
export const XL_BYTE_ORDER: u32 = 0x01020304;
export const XL_JSON: u32 = 1 << 0;
export const XL_STREAM_V2: u32 = 1 << 1;
export const XL_HEADER_BYTES: i32 = 48;
export const XL_AT_BYTE_ORDER: usize = 32;
export const XL_AT_MANDATORY: usize = 36;
export const XL_AT_OPTIONAL: usize = 40;
export const XL_AT_OPTIONAL_BYTES: usize = 44;

/** Big endian: 'LibxlFmt', the version, options; of these, bit 0 is big endian, bit 1 an older stream. */
export const LIBXL_IDENT: u64 = 0x4c69_6278_6c46_6d74;
export const LIBXL_VERSION: u32 = 2;
export const LIBXL_HEADER_BYTES: i32 = 16;
export const LIBXL_END: u32 = 0;
export const LIBXL_LIBXC_CONTEXT: u32 = 1;
export const LIBXL_EMULATOR_XENSTORE_DATA: u32 = 2;

/** Marker; big endian: 'XENF', the version, options, of which bit 0 is big endian. Then the domain's kind, page shift, Xen. */
export const IMAGE_MARKER: u64 = ~0;
export const IMAGE_ID: u32 = 0x5845_4e46;
export const IMAGE_VERSION: u32 = 3;
export const IMAGE_HEADER_BYTES: i32 = 24;
export const DOMAIN_HEADER_BYTES: i32 = 16;
export const DOMAIN_X86_PV: u32 = 1;

export const RECORD_HEADER_BYTES: i32 = 8;
/** Records are filled up to whole multiples. */
export const RECORD_ALIGN: u64 = 8;
export const MAX_RECORD_BYTES: u64 = 128 << 20;

export const END: u32 = 0;
export const PAGE_DATA: u32 = 1;
export const X86_PV_INFO: u32 = 2;
export const X86_PV_P2M_FRAMES: u32 = 3;
export const X86_PV_VCPU_BASIC: u32 = 4;
export const X86_PV_VCPU_EXTENDED: u32 = 5;
export const X86_PV_VCPU_XSAVE: u32 = 6;
export const SHARED_INFO: u32 = 7;
export const X86_TSC_INFO: u32 = 8;
export const X86_PV_VCPU_MSRS: u32 = 12;
export const VERIFY: u32 = 13;
export const CHECKPOINT: u32 = 14;
export const STATIC_DATA_END: u32 = 16;
export const X86_CPUID_POLICY: u32 = 17;
export const X86_MSR_POLICY: u32 = 18;
/** Who does not know a record with this bit passes it over. */
export const OPTIONAL: u32 = 0x8000_0000;

/** Before the pfns: their count. A pfn has its page's type in the upper bits, as getpageframeinfo3 tells it. */
export const PAGES_HEADER_BYTES: i32 = 8;
export const PFN_MASK: u64 = 0x000f_ffff_ffff_ffff;
export const TYPE_SHIFT: u64 = 32;
export const TYPE_MASK: u64 = 0xf000_0000_0000_0000;
/** Pages of a record that is written. */
export const BATCH: i32 = 1024;

export const GUEST_WIDTH: u8 = 8;
export const GUEST_LEVELS: u8 = 4;
export const VCPU_HEADER_BYTES: i32 = 8;
export const TSC_INFO_BYTES: i32 = 24;
export const P2M_HEADER_BYTES: i32 = 8;
export const FRAMES_PER_PAGE: u64 = 512;

/** An entry of a page table: present, one of a large page, the frame; the slots of the root that are Xen's. */
export const PRESENT: u64 = 1;
export const WRITABLE: u64 = 2;
export const LARGE: u64 = 0x80;
export const FRAME_MASK: u64 = 0x000f_ffff_ffff_f000;
export const ENTRIES: i32 = 512;
export const XEN_FIRST_SLOT: i32 = 256;
export const XEN_LAST_SLOT: i32 = 271;
export const NO_FRAME: u64 = ~0;

export function bigEndian32(value: u32): u32 {
  return bswap<u32>(value);
}
