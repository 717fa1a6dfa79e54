/**
 * The records of a saved domain's file, as Xen's documents specify it (docs/specs/libxl-migration-stream, libxc-migration-stream):
 * xl's header and the configuration, libxl's stream, and within it libxc's.
 */

export interface SavedRecord {
  readonly name: string;
  /** Where its header begins in the file; what it holds is 8 bytes behind, so many of them. */
  readonly at: number;
  readonly bytes: number;
}

const XL_HEADER_BYTES = 48;
const XL_AT_OPTIONAL_BYTES = 44;
const LIBXL_HEADER_BYTES = 16;
const HEADER_BYTES = 8;
const LIBXL_NAMES: Readonly<Record<number, string>> = {
  0: 'LIBXL_END',
  1: 'LIBXC_CONTEXT',
  2: 'EMULATOR_XENSTORE_DATA',
};
const LIBXC_CONTEXT = 1;
/** libxc's headers: of the image, and of the domain. */
const IMAGE_BYTES = 24 + 16;
const LIBXC_NAMES: Readonly<Record<number, string>> = {
  0: 'END',
  1: 'PAGE_DATA',
  2: 'X86_PV_INFO',
  3: 'X86_PV_P2M_FRAMES',
  4: 'X86_PV_VCPU_BASIC',
  5: 'X86_PV_VCPU_EXTENDED',
  6: 'X86_PV_VCPU_XSAVE',
  7: 'SHARED_INFO',
  8: 'X86_TSC_INFO',
  12: 'X86_PV_VCPU_MSRS',
  13: 'VERIFY',
  14: 'CHECKPOINT',
  16: 'STATIC_DATA_END',
  17: 'X86_CPUID_POLICY',
  18: 'X86_MSR_POLICY',
};

/** Throws RangeError where it is no such file. */
export function recordsOf(file: Uint8Array): readonly SavedRecord[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const records: SavedRecord[] = [];
  let at = XL_HEADER_BYTES + view.getUint32(XL_AT_OPTIONAL_BYTES, true) + LIBXL_HEADER_BYTES;
  const take = (names: Readonly<Record<number, string>>): number => {
    const type = view.getUint32(at, true);
    const bytes = view.getUint32(at + 4, true);
    const name = names[type];
    if (name === undefined) throw new RangeError(`a record of type ${String(type)} at ${String(at)}`);
    records.push({ name, at, bytes });
    at += HEADER_BYTES + Math.ceil(bytes / 8) * 8;
    return type;
  };
  for (let type = take(LIBXL_NAMES); type !== 0; type = take(LIBXL_NAMES)) {
    if (type !== LIBXC_CONTEXT) continue;
    at += IMAGE_BYTES;
    while (take(LIBXC_NAMES) !== 0);
  }
  return records;
}
