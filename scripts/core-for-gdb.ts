/**
 * `npm run core:gdb -- CORE OUTPUT`: makes of what `xm dump-core` (or `xl dump-core`) has written of a paravirtualized domain a core file
 * that gdb reads: each page that the first vcpu's page tables map, at its virtual address, and the registers of every vcpu. Then, for
 * Mote: `gdb guests/build/mote.elf OUTPUT`. Exit status 2: the file is no such core.
 *
 * A domain's core has sections and no segments (Xen's docs/misc/dump-core-format.txt): pages, which frame each is, and registers as Xen
 * has them. What gdb wants is in the ELF specification: PT_LOAD for memory, and a note NT_PRSTATUS for each thread.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { vcpu_guest_context } from '../hypervisor/abi/arch-x86.ts';

const PAGE = 4096;
const FRAME_MASK = 0x000f_ffff_ffff_f000n;
const PRESENT = 1n;
const ENTRIES = 512;

// ELF64: sizes of the header, of a section's header, of a program header.
const HEADER = 64;
const SECTION = 64;
const SEGMENT = 56;
const ET_CORE = 4;
const EM_X86_64 = 62;
const PT_LOAD = 1;
const PT_NOTE = 4;
const NT_PRSTATUS = 1;
const PRSTATUS_BYTES = 336;
const PRSTATUS_PID = 32;
const PRSTATUS_REGISTERS = 112;
/** In the order of Linux's struct user_regs_struct; null: Xen has none. */
const REGISTERS = [
  ...['r15', 'r14', 'r13', 'r12', 'rbp', 'rbx', 'r11', 'r10', 'r9', 'r8', 'rax', 'rcx', 'rdx', 'rsi', 'rdi'],
  ...[null, 'rip', 'cs', 'rflags', 'rsp', 'ss', 'fs_base', 'gs_base_kernel', 'ds', 'es', 'fs', 'gs'],
] as const;
const SELECTORS: readonly string[] = ['cs', 'ss', 'ds', 'es', 'fs', 'gs'];

const [input, output] = process.argv.slice(2);
if (input === undefined || output === undefined) fail('usage: npm run core:gdb -- CORE OUTPUT');
const core = readFileSync(input);
const view = new DataView(core.buffer, core.byteOffset, core.length);

function fail(what: string): never {
  process.stderr.write(`${what}\n`);
  process.exit(2);
}

interface Section {
  readonly at: number;
  readonly bytes: number;
}

/** The sections by their names. */
function sections(): ReadonlyMap<string, Section> {
  if (core.length < HEADER || view.getUint32(0) !== 0x7f454c46 || view.getUint16(16, true) !== ET_CORE)
    fail(`${input!}: this is no core file`);
  const first = Number(view.getBigUint64(40, true));
  const found = Array.from({ length: view.getUint16(60, true) }, (_, n) => {
    const at = first + n * SECTION;
    const place = Number(view.getBigUint64(at + 24, true));
    return { name: view.getUint32(at, true), at: place, bytes: Number(view.getBigUint64(at + 32, true)) };
  });
  const names = found[view.getUint16(62, true)] ?? fail(`${input!}: its sections have no names`);
  const nameAt = (at: number): string =>
    core.toString('latin1', names.at + at, core.indexOf(0, names.at + at));
  return new Map(found.map((each) => [nameAt(each.name), each]));
}

const all = sections();
function section(name: string): Section {
  return all.get(name) ?? fail(`${input!}: it has no ${name}: it is no paravirtualized domain's`);
}

const pages = section('.xen_pages');
/** Where the page of a machine frame is in the file. */
const places = new Map<bigint, number>();
const p2m = section('.xen_p2m');
for (let n = 0; n * 16 < p2m.bytes; n++)
  places.set(view.getBigUint64(p2m.at + n * 16 + 8, true), pages.at + n * PAGE);

interface Mapped {
  readonly address: bigint;
  readonly at: number;
}

/** The pages that a table maps, from `address` on; a frame of somebody else's (Xen's, a device's) is none. */
function* mapped(table: number, level: number, address: bigint): Generator<Mapped> {
  for (let index = 0; index < ENTRIES; index++) {
    const entry = view.getBigUint64(table + index * 8, true);
    const at = places.get((entry & FRAME_MASK) >> 12n);
    if ((entry & PRESENT) === 0n || at === undefined) continue;
    let va = address | (BigInt(index) << BigInt(12 + 9 * (level - 1)));
    // Addresses are canonical.
    if (level === 4 && index >= ENTRIES / 2) va |= 0xffff_0000_0000_0000n;
    if (level === 1) yield { address: va, at };
    else yield* mapped(at, level - 1, va);
  }
}

const status = section('.xen_prstatus');
const contextBytes = vcpu_guest_context.size;
const vcpus = status.bytes / contextBytes;
const OFFSETS: Readonly<Record<string, number>> = vcpu_guest_context.offset;
/** A register of a vcpu: of its user_regs, or of the context itself. */
function register(vcpu: number, name: string): bigint {
  const within = OFFSETS[`user_regs.${name}`] ?? OFFSETS[name] ?? fail(`there is no register ${name}`);
  const at = status.at + vcpu * contextBytes + within;
  return SELECTORS.includes(name) ? BigInt(view.getUint16(at, true)) : view.getBigUint64(at, true);
}

const cr3 = view.getBigUint64(status.at + vcpu_guest_context.offset.ctrlreg + 3 * 8, true);
const root = places.get(cr3 >> 12n) ?? fail(`${input}: its page tables are not in it`);

/** Pages at addresses one behind the other are one segment, wherever in the file they are: a kernel that maps all memory has few. */
const segments: { readonly address: bigint; readonly pages: number[] }[] = [];
for (const { address, at } of mapped(root, 4, 0n)) {
  const last = segments.at(-1);
  if (last !== undefined && last.address + BigInt(last.pages.length * PAGE) === address) last.pages.push(at);
  else segments.push({ address, pages: [at] });
}

/** A note for each vcpu, as if it were a thread. */
function notes(): Buffer {
  return Buffer.concat(
    Array.from({ length: vcpus }, (_, vcpu) => {
      const note = Buffer.alloc(12 + 8 + PRSTATUS_BYTES);
      note.writeUInt32LE(5, 0);
      note.writeUInt32LE(PRSTATUS_BYTES, 4);
      note.writeUInt32LE(NT_PRSTATUS, 8);
      note.write('CORE', 12);
      note.writeUInt32LE(vcpu + 1, 20 + PRSTATUS_PID);
      REGISTERS.forEach((name, n) => {
        if (name !== null) note.writeBigUInt64LE(register(vcpu, name), 20 + PRSTATUS_REGISTERS + n * 8);
      });
      return note;
    }),
  );
}

const note = notes();
const headBytes = HEADER + SEGMENT * (segments.length + 1);
const head = Buffer.alloc(headBytes);
head.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
head.writeUInt16LE(ET_CORE, 16);
head.writeUInt16LE(EM_X86_64, 18);
head.writeUInt32LE(1, 20);
head.writeBigUInt64LE(BigInt(HEADER), 32);
head.writeUInt16LE(HEADER, 52);
head.writeUInt16LE(SEGMENT, 54);
if (segments.length >= 0xffff) fail(`${input}: its memory is in too many pieces`);
head.writeUInt16LE(segments.length + 1, 56);
let place = Math.ceil((headBytes + note.length) / PAGE) * PAGE;
const gap = place - headBytes - note.length;

function segment(n: number, type: number, at: number, address: bigint, bytes: number): void {
  const to = HEADER + n * SEGMENT;
  head.writeUInt32LE(type, to);
  head.writeUInt32LE(type === PT_LOAD ? 7 : 0, to + 4);
  head.writeBigUInt64LE(BigInt(at), to + 8);
  head.writeBigUInt64LE(address, to + 16);
  head.writeBigUInt64LE(BigInt(bytes), to + 32);
  head.writeBigUInt64LE(type === PT_LOAD ? BigInt(bytes) : 0n, to + 40);
  head.writeBigUInt64LE(type === PT_LOAD ? BigInt(PAGE) : 4n, to + 48);
}

segment(0, PT_NOTE, headBytes, 0n, note.length);
segments.forEach(({ address, pages }, n) => {
  const bytes = pages.length * PAGE;
  segment(n + 1, PT_LOAD, place, address, bytes);
  place += bytes;
});
writeFileSync(
  output,
  Buffer.concat([
    head,
    note,
    Buffer.alloc(gap),
    ...segments.flatMap(({ pages }) => pages.map((at) => core.subarray(at, at + PAGE))),
  ]),
);
process.stdout.write(`${output}: ${String(vcpus)} vcpus, ${String(segments.length)} pieces of memory\n`);
