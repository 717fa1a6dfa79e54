/**
 * What a kernel says of itself to Xen, in ELF notes of the name "Xen" (xen/include/public/elfnote.h). What is checked here is
 * what Xen's own toolstack does (libelf-dominfo.c).
 */
import * as xen from 'xen';

/** Elf64_Nhdr: sizes of name and value, type; the name and the value are each padded to four bytes. */
const HEADER_BYTES: usize = 12;
const XEN_NAME: u32 = 0x006e_6558;
const XEN_NAME_BYTES: u32 = 4;

/** The features that a text may hold, by their numbers. */
const FEATURE_NAMES: string[] = [
  'writable_page_tables',
  'writable_descriptor_tables',
  'auto_translated_physmap',
  'supervisor_mode_kernel',
  'pae_pgdir_above_4gb',
  'hvm_callback_vector',
  'dom0',
];
const FEATURE_BITS: i32[] = [
  xen.XENFEAT_writable_page_tables,
  xen.XENFEAT_writable_descriptor_tables,
  xen.XENFEAT_auto_translated_physmap,
  xen.XENFEAT_supervisor_mode_kernel,
  xen.XENFEAT_pae_pgdir_above_4gb,
  xen.XENFEAT_hvm_callback_vector,
  xen.XENFEAT_dom0,
];

export class XenNotes {
  any: bool = false;
  entry: u64 = 0;
  hasEntry: bool = false;
  virtBase: u64 = 0;
  hasVirtBase: bool = false;
  paddrOffset: u64 = 0;
  hasPaddrOffset: bool = false;
  hypercallPage: u64 = 0;
  initP2m: u64 = 0;
  hasInitP2m: bool = false;
  modStartPfn: bool = false;
  /** Where HVM and PVH domains enter it is told. */
  private entersHvm: bool = false;
  private guestOs: string = '';
  private xenVersion: string = '';
  private loader: string = '';
  private features: string = '';

  /** Takes the notes in a range of linear memory; what is damaged ends it. */
  read(at: usize, bytes: usize): void {
    const end = at + bytes;
    while (end - at >= HEADER_BYTES) {
      const nameBytes = load<u32>(at);
      const valueBytes = load<u32>(at, 4);
      const type = load<u32>(at, 8);
      const name = (<u64>nameBytes + 3) & ~3;
      const value = (<u64>valueBytes + 3) & ~3;
      const valueAt = at + HEADER_BYTES + <usize>name;
      if (name + value > end - at - HEADER_BYTES) return;
      if (nameBytes == XEN_NAME_BYTES && load<u32>(at, HEADER_BYTES) == XEN_NAME)
        this.take(type, valueAt, valueBytes);
      at = valueAt + <usize>value;
    }
  }

  private take(type: i32, at: usize, bytes: u32): void {
    this.any = true;
    if (type == xen.XEN_ELFNOTE_GUEST_OS) this.guestOs = textOf(at, bytes);
    else if (type == xen.XEN_ELFNOTE_XEN_VERSION) this.xenVersion = textOf(at, bytes);
    else if (type == xen.XEN_ELFNOTE_LOADER) this.loader = textOf(at, bytes);
    else if (type == xen.XEN_ELFNOTE_FEATURES) this.features = textOf(at, bytes);
    else this.takeNumber(type, numberOf(at, bytes));
  }

  private takeNumber(type: i32, value: u64): void {
    if (type == xen.XEN_ELFNOTE_ENTRY) {
      this.entry = value;
      this.hasEntry = true;
    } else if (type == xen.XEN_ELFNOTE_VIRT_BASE) {
      this.virtBase = value;
      this.hasVirtBase = true;
    } else if (type == xen.XEN_ELFNOTE_PADDR_OFFSET) {
      this.paddrOffset = value;
      this.hasPaddrOffset = true;
    } else if (type == xen.XEN_ELFNOTE_INIT_P2M) {
      this.initP2m = value;
      this.hasInitP2m = true;
    } else if (type == xen.XEN_ELFNOTE_HYPERCALL_PAGE) this.hypercallPage = value;
    else if (type == xen.XEN_ELFNOTE_MOD_START_PFN) this.modStartPfn = value != 0;
    else if (type == xen.XEN_ELFNOTE_PHYS32_ENTRY) this.entersHvm = true;
  }

  /** Why it is not a kernel for a domain here; empty: it is one. */
  get problem(): string {
    if (!this.any) return 'it is not made for Xen: it has no notes for it';
    if (this.entersHvm && !this.hasVirtBase && this.guestOs + this.xenVersion + this.loader == '')
      return 'it is for HVM and PVH domains; domains here are PV';
    if (!this.loader.startsWith('generic') && !this.guestOs.startsWith('linux'))
      return 'it is for the loader "' + this.loader + '", which is not there';
    if (!this.xenVersion.startsWith('xen-3.0')) return 'it is for "' + this.xenVersion + '", not for xen-3.0';
    if (this.hasPaddrOffset && !this.hasVirtBase) return 'it gives PADDR_OFFSET but no VIRT_BASE';
    return this.missingFeature();
  }

  /** What FEATURES marks with `!` is required. */
  private missingFeature(): string {
    const words = this.features.split('|');
    for (let n = 0; n < words.length; n++) {
      if (!words[n].startsWith('!')) continue;
      const name = words[n].substring(1);
      const known = FEATURE_NAMES.indexOf(name);
      if (known < 0) return 'it requires the feature "' + name + '", which nobody knows';
      if (FEATURE_BITS[known] == xen.XENFEAT_dom0) return 'it runs as domain 0 alone';
    }
    return '';
  }
}

/** Up to a NUL. */
function textOf(at: usize, bytes: u32): string {
  let length: u32 = 0;
  while (length < bytes && load<u8>(at + length) != 0) length++;
  return String.UTF8.decodeUnsafe(at, length);
}

function numberOf(at: usize, bytes: u32): u64 {
  if (bytes == 8) return load<u64>(at);
  if (bytes == 4) return load<u32>(at);
  if (bytes == 2) return load<u16>(at);
  return bytes == 1 ? load<u8>(at) : 0;
}
