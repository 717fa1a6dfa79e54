/**
 * A domain's memory in a file, in the form of the real xm dump-core (Xen's docs/misc/dump-core-format.txt), which crash reads: an ELF
 * core of sections alone: notes, the registers of each vcpu, the shared info page, which page is which frame, and the pages.
 */
import * as xen from 'xen';
import { vcpu_guest_context, xen_compile_info } from 'xen';
import { describe } from 'programs/lib/errno';
import { Domain } from './domains';
import * as hyper from './hypercalls';
import { PAGE_BYTES } from './pages';
import { NO_FRAME } from './saved/format';
import { Frames } from './saved/frames';
import { Writer } from './saved/writer';
import { getVcpuContext } from './vcpu-context';

const ELF_HEADER: u64 = 64;
const SECTION_HEADER: u64 = 64;
const ET_CORE: u32 = 4;
const EM_X86_64: u32 = 62;
const SHT_PROGBITS: u32 = 1;
const SHT_STRTAB: u32 = 3;
const SHT_NOTE: u32 = 7;

/** XC_CORE_MAGIC: of a paravirtualized domain. */
const MAGIC: u64 = 0xf00f_ebed;
const NOTE_HEADER: u32 = 0x0200_0001;
const NOTE_XEN_VERSION: u32 = 0x0200_0002;
const NOTE_FORMAT_VERSION: u32 = 0x0200_0003;
const FORMAT_VERSION: u64 = 1;
const NOTE_NONE: u32 = 0x0200_0000;
const P2M_ENTRY: u64 = 16;
const BATCH: i32 = 512;

const SECTIONS: string[] = [
  '',
  '.shstrtab',
  '.note.Xen',
  '.xen_prstatus',
  '.xen_shared_info',
  '.xen_p2m',
  '.xen_pages',
];
const TYPES: u32[] = [0, SHT_STRTAB, SHT_NOTE, SHT_PROGBITS, SHT_PROGBITS, SHT_PROGBITS, SHT_PROGBITS];

/** Bytes that grow. */
class Bytes {
  private data: u8[] = [];

  get count(): u64 {
    return this.data.length;
  }
  get at(): usize {
    return this.data.dataStart;
  }
  put(value: u64, bytes: i32): void {
    for (let n = 0; n < bytes; n++) this.data.push(<u8>(value >> (n * 8)));
  }
  putFrom(at: usize, bytes: i32): void {
    for (let n = 0; n < bytes; n++) this.data.push(load<u8>(at + n));
  }
  /** A text, and zeroes up to so many bytes. */
  putText(text: string, bytes: i32): void {
    for (let n = 0; n < bytes; n++) this.data.push(n < text.length ? <u8>text.charCodeAt(n) : 0);
  }
}

/** Writes it: empty, or what is wrong. */
export function dumpCore(domain: Domain, writer: Writer): string {
  const frames = new Frames(domain.id);
  const problem = frames.map() ? write(domain, frames, writer) : frames.problem;
  frames.release();
  return problem != '' ? problem : writer.failed < 0 ? describe(writer.failed) : '';
}

function write(domain: Domain, frames: Frames, writer: Writer): string {
  const pfns: u64[] = [];
  for (let pfn: u64 = 0; pfn < frames.pages; pfn++) if (frames.mfnOf(pfn) != NO_FRAME) pfns.push(pfn);
  const vcpus: u64 = domain.maxVcpu + 1;
  const names = namesOf();
  const notes = notesOf(vcpus, pfns.length);
  const status = new Bytes();
  const failed = putVcpus(domain.id, vcpus, status);
  if (failed < 0) return 'its registers: ' + describe(failed);
  const sizes: u64[] = [
    0,
    names.count,
    notes.count,
    status.count,
    PAGE_BYTES,
    <u64>pfns.length * P2M_ENTRY,
    <u64>pfns.length * PAGE_BYTES,
  ];
  const head = headOf(sizes);
  writer.put(head.at, head.count);
  writer.put(names.at, names.count);
  writer.put(notes.at, notes.count);
  writer.put(status.at, status.count);
  writer.put(frames.sharedInfo, PAGE_BYTES);
  for (let n = 0; n < pfns.length; n++) {
    writer.put64(pfns[n]);
    writer.put64(frames.mfnOf(pfns[n]));
  }
  const pages = firstPage(sizes) - offsetsOf(sizes)[SECTIONS.length - 2] - sizes[SECTIONS.length - 2];
  const gap = new Bytes();
  gap.put(0, <i32>pages);
  writer.put(gap.at, gap.count);
  const problem = putPages(domain.id, frames, pfns, writer);
  writer.flush();
  return problem;
}

/** Names of sections, one behind the other. */
function namesOf(): Bytes {
  const made = new Bytes();
  for (let n = 0; n < SECTIONS.length; n++) made.putText(SECTIONS[n], SECTIONS[n].length + 1);
  return made;
}

/** Where the contents of sections are: behind the headers; the pages at a page's boundary. */
function offsetsOf(sizes: u64[]): u64[] {
  const offsets: u64[] = [0];
  let at = ELF_HEADER + SECTION_HEADER * SECTIONS.length;
  for (let n = 1; n < sizes.length; n++) {
    offsets.push(at);
    at += sizes[n];
  }
  offsets[sizes.length - 1] = (offsets[sizes.length - 1] + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
  return offsets;
}
function firstPage(sizes: u64[]): u64 {
  return offsetsOf(sizes)[sizes.length - 1];
}

function headOf(sizes: u64[]): Bytes {
  const made = new Bytes();
  made.putText('\x7fELF\x02\x01\x01', 16);
  made.put(ET_CORE, 2);
  made.put(EM_X86_64, 2);
  made.put(1, 4);
  // No entry, no program headers; the sections' headers are right behind.
  made.put(0, 8);
  made.put(0, 8);
  made.put(ELF_HEADER, 8);
  made.put(0, 4);
  made.put(ELF_HEADER, 2);
  made.put(0, 4);
  made.put(SECTION_HEADER, 2);
  made.put(SECTIONS.length, 2);
  made.put(1, 2);
  const offsets = offsetsOf(sizes);
  let name = 0;
  for (let n = 0; n < SECTIONS.length; n++) {
    made.put(name, 4);
    made.put(TYPES[n], 4);
    made.put(0, 16);
    made.put(offsets[n], 8);
    made.put(sizes[n], 8);
    made.put(0, 8);
    made.put(n == SECTIONS.length - 1 ? PAGE_BYTES : n == 0 ? 0 : 1, 8);
    made.put(n == 3 ? vcpu_guest_context.SIZE : n == 5 ? P2M_ENTRY : n == 4 || n == 6 ? PAGE_BYTES : 0, 8);
    name += SECTIONS[n].length + 1;
  }
  return made;
}

function beginNote(made: Bytes, type: u32, bytes: u64): void {
  made.put(4, 4);
  made.put(bytes, 4);
  made.put(type, 4);
  made.putText('Xen', 4);
}

function notesOf(vcpus: u64, pages: u64): Bytes {
  const made = new Bytes();
  beginNote(made, NOTE_NONE, 0);
  beginNote(made, NOTE_HEADER, 32);
  made.put(MAGIC, 8);
  made.put(vcpus, 8);
  made.put(pages, 8);
  made.put(PAGE_BYTES, 8);
  const texts: i32[] = [
    xen.XENVER_extraversion,
    xen.XENVER_compile_info,
    xen.XENVER_capabilities,
    xen.XENVER_changeset,
  ];
  const lengths: i32[] = [
    <i32>xen.XEN_EXTRAVERSION_LEN,
    <i32>xen_compile_info.SIZE,
    <i32>xen.XEN_CAPABILITIES_INFO_LEN,
    <i32>xen.XEN_CHANGESET_INFO_LEN,
  ];
  let bytes = 32;
  for (let n = 0; n < lengths.length; n++) bytes += lengths[n];
  beginNote(made, NOTE_XEN_VERSION, bytes);
  const version = <u64>hyper.xenVersion(xen.XENVER_version, 0);
  made.put(version >> 16, 8);
  made.put(version & 0xffff, 8);
  for (let n = 0; n < texts.length; n++) {
    const buffer = new ArrayBuffer(lengths[n]);
    hyper.xenVersion(texts[n], changetype<usize>(buffer));
    made.putFrom(changetype<usize>(buffer), lengths[n]);
  }
  const start = new ArrayBuffer(8);
  hyper.xenVersion(xen.XENVER_platform_parameters, changetype<usize>(start));
  made.putFrom(changetype<usize>(start), 8);
  made.put(PAGE_BYTES, 8);
  beginNote(made, NOTE_FORMAT_VERSION, 8);
  made.put(FORMAT_VERSION, 8);
  return made;
}

/** 0, or a negative errno. */
function putVcpus(domid: u32, vcpus: u64, to: Bytes): i32 {
  const context = new ArrayBuffer(<i32>vcpu_guest_context.SIZE);
  const at = changetype<usize>(context);
  for (let vcpu: u64 = 0; vcpu < vcpus; vcpu++) {
    memory.fill(at, 0, vcpu_guest_context.SIZE);
    const failed = getVcpuContext(domid, <u32>vcpu, at);
    // One that was never brought up has none.
    if (failed < 0 && failed != -xen.ENODATA) return failed;
    to.putFrom(at, context.byteLength);
  }
  return 0;
}

function putPages(domid: u32, frames: Frames, pfns: u64[], writer: Writer): string {
  const mfns = new StaticArray<u64>(BATCH);
  for (let first = 0; first < pfns.length && writer.failed == 0; first += BATCH) {
    const count = min(BATCH, pfns.length - first);
    for (let n = 0; n < count; n++) mfns[n] = frames.mfnOf(pfns[first + n]);
    const mapped = hyper.mapToRead(domid, changetype<usize>(mfns), count);
    if (mapped < 0) return 'its pages: ' + describe(mapped);
    writer.put(mapped, <u64>count * PAGE_BYTES);
    hyper.unmap(mapped, count);
  }
  return '';
}
