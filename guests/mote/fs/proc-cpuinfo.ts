/** /proc/cpuinfo: what the processor is, as Xen tells a domain of it, in Linux's words. The kernel runs on one. */
import { tscKhz } from 'kernel/events/clock';
import { cpuidLeaf } from 'kernel/xen/cpuid';
import { put, putByte, putNumber } from './proc-files';

/** EAX, EBX, ECX, EDX of a leaf. */
const words: usize = memory.data(16, 4);
const EBX = 4;
const ECX = 8;
const EDX = 12;
const FEATURES: u32 = 1;
const EXTENDED: u32 = 0x8000_0000;
const EXTENDED_FEATURES: u32 = 0x8000_0001;
const BRAND: u32 = 0x8000_0002;
const BRAND_LEAVES: u32 = 3;

/** Names of features from bit 0 on; `-`: it has none (arch/x86/include/asm/cpufeatures.h). */
const EDX_1: string =
  'fpu vme de pse tsc msr pae mce cx8 apic - sep mtrr pge mca cmov pat pse36 pn clflush - dts acpi mmx fxsr sse sse2 ss ht tm ia64 pbe';
const ECX_1: string =
  'pni pclmulqdq dtes64 monitor ds_cpl vmx smx est tm2 ssse3 cid sdbg fma cx16 xtpr pdcm - pcid dca sse4_1 sse4_2 x2apic movbe popcnt tsc_deadline_timer aes xsave osxsave avx f16c rdrand hypervisor';
/** Of the extended leaf, what the plain one does not have. */
const EDX_EXTENDED: string =
  '- - - - - - - - - - - syscall - - - - - - - mp nx - mmxext - - fxsr_opt pdpe1gb rdtscp - lm 3dnowext 3dnow';
const ECX_EXTENDED: string =
  'lahf_lm cmp_legacy svm extapic cr8_legacy abm sse4a misalignsse 3dnowprefetch osvw';

function putLine(name: string, value: u64): void {
  putName(name);
  putNumber(value);
  putByte(10);
}
function putName(name: string): void {
  put(name);
  putByte(9);
  put(': ');
}
function putWord(at: usize): void {
  for (let n: usize = 0; n < 4; n++) {
    const byte = load<u8>(words + at + n);
    if (byte != 0) putByte(byte);
  }
}

function putFlags(bits: u32, names: string): void {
  let at = 0;
  for (let bit = 0; bit < 32 && at < names.length; bit++) {
    let end = names.indexOf(' ', at);
    if (end < 0) end = names.length;
    if (((bits >> bit) & 1) != 0 && names.charCodeAt(at) != 45) {
      for (let n = at; n < end; n++) putByte(<u8>names.charCodeAt(n));
      putByte(32);
    }
    at = end + 1;
  }
}

export function cpuinfo(pid: i32): void {
  putLine('processor', 0);
  cpuidLeaf(0, 0, words);
  putName('vendor_id');
  putWord(EBX);
  putWord(EDX);
  putWord(ECX);
  putByte(10);
  cpuidLeaf(FEATURES, 0, words);
  const signature = load<u32>(words);
  const edx = load<u32>(words + EDX);
  const ecx = load<u32>(words + ECX);
  const family = (signature >> 8) & 15;
  putLine('cpu family', family == 15 ? family + ((signature >> 20) & 255) : family);
  const model = (signature >> 4) & 15;
  putLine('model\t', family == 6 || family == 15 ? model | ((signature >> 12) & 0xf0) : model);
  cpuidLeaf(EXTENDED, 0, words);
  const last = load<u32>(words);
  if (last >= BRAND + BRAND_LEAVES - 1) putBrand();
  putLine('stepping', signature & 15);
  putName('cpu MHz\t');
  putNumber(tscKhz() / 1000);
  put('.000\nfpu\t\t: yes\nwp\t\t: yes\n');
  putName('flags\t');
  putFlags(edx, EDX_1);
  cpuidLeaf(EXTENDED_FEATURES, 0, words);
  if (last >= EXTENDED_FEATURES) putFlags(load<u32>(words + EDX), EDX_EXTENDED);
  putFlags(ecx, ECX_1);
  if (last >= EXTENDED_FEATURES) putFlags(load<u32>(words + ECX), ECX_EXTENDED);
  put('\n\n');
}

/** 48 characters, blanks in front. */
function putBrand(): void {
  putName('model name');
  let isBegun = false;
  for (let leaf: u32 = 0; leaf < BRAND_LEAVES; leaf++) {
    cpuidLeaf(BRAND + leaf, 0, words);
    for (let n: usize = 0; n < 16; n++) {
      const byte = load<u8>(words + n);
      if (byte == 0 || (byte == 32 && !isBegun)) continue;
      isBegun = true;
      putByte(byte);
    }
  }
  putByte(10);
}
