/** For tests of the toolchain: an image on a bare core, without Xen, so that its functions can be called as Node calls them. */
import { hex64 } from '../../../core/machine.ts';
import type { Machine } from '../../../core/machine.ts';
import { CODE_64, DATA_SEGMENT, MachineAgain, writeEntry } from '../../../core/testing.ts';
import * as layout from '../../../core/wasm/layout.ts';
import type { Image, AssemblerSource } from '../link/link.ts';
import { link } from '../link/link.ts';
import { PAGE_BYTES, PROGRAM_TEXT } from '../link/layout.ts';
import runtime from '../runtime-source.ts';
import { isFloat } from '../translate/values.ts';
import { F32, F64, I32, parseModule } from '../wasm/module.ts';
import type { FunctionType, WasmModule } from '../wasm/module.ts';
import { typeOfFunction } from '../wasm/module.ts';

const MIB = 1 << 20;
/** Linear memory can grow to this. */
const LINEAR_BYTES = 16 * MIB;
const TABLES = PROGRAM_TEXT - MIB;
const STACK = 0x7000_0000;
const STACK_BYTES = MIB;
/** Virtual address, bytes, machine address of what is mapped. */
const REGIONS = [
  [0, LINEAR_BYTES, 0],
  [TABLES, MIB, LINEAR_BYTES],
  [PROGRAM_TEXT, 6 * MIB, LINEAR_BYTES + MIB],
  [STACK, STACK_BYTES, LINEAR_BYTES + 7 * MIB],
] as const;
const PAGE_TABLES = LINEAR_BYTES + 8 * MIB;
const MACHINE_BYTES = PAGE_TABLES + MIB;
const PRESENT_WRITABLE_USER = 7n;
const ARGUMENTS = [layout.RDI, layout.RSI, layout.RDX, layout.RCX, 8, 9];

/** Where a called function returns to: nothing is mapped there. */
const RETURN = 0x7fff_f000;

const SUPPORT: AssemblerSource = {
  name: 'support.asm',
  text: `
entry: ud2
memory_grow:
    mov eax, [MEMORY_PAGES]
    mov edi, edi
    lea rcx, [rax + rdi]
    cmp rcx, ${String(LINEAR_BYTES / 65536)}
    ja .full
    mov [MEMORY_PAGES], ecx
    ret
.full:
    mov eax, -1
    ret
abort:
    ud2
    db 0xff
`,
};

export type Outcome =
  | { readonly kind: 'value'; readonly bits: bigint | undefined }
  | { readonly kind: 'trap'; readonly vector: number; readonly rip: string };

let machine: MachineAgain | undefined;
/** The page tables, which are the same for each: made with the first. */
let tables: Uint8Array | undefined;

/** A module translated and loaded; calls go on in the same memory. It is over when the next one is made. */
export class FlatProgram {
  readonly module: WasmModule;
  readonly image: Image;
  readonly machine: Machine;

  constructor(wasm: Uint8Array, sourceMap = '{"version":3,"sources":[],"mappings":""}') {
    this.machine = (machine ??= new MachineAgain(MACHINE_BYTES)).asMade();
    this.module = parseModule(wasm);
    const assembler = [{ name: 'runtime', text: runtime }, SUPPORT];
    this.image = link({ wasm, sourceMap }, assembler, 'program');
    this.machine.write(PAGE_TABLES, (tables ??= pageTables(this.machine)));
    for (const { address, bytes } of this.image.segments) this.machine.write(physical(address), bytes);
    const { processor } = this.machine;
    processor.loadAddressSpace(PAGE_TABLES, 0, false);
    processor.cpl = 3;
    processor.setSegment(layout.SEG_CS, 0x33, 0, 0xffffffff, CODE_64);
    for (const segment of [layout.SEG_ES, layout.SEG_SS, layout.SEG_DS, layout.SEG_FS, layout.SEG_GS])
      processor.setSegment(segment, 0x2b, 0, 0xffffffff, DATA_SEGMENT);
    processor.stateChanged();
  }

  /** Instructions retired so far. */
  get retired(): number {
    return this.machine.processor.retired;
  }

  /** Linear memory: as many bytes as it has pages now. */
  memory(): Uint8Array {
    const at = this.image.segments[1]!.address + this.module.globals.length * 8;
    return this.machine.bytes.subarray(0, this.machine.words[physical(at) / 4]! * 65536);
  }

  /** Gives linear memory more pages of 64 KiB, without asking the program. */
  grow(pages: number): void {
    const at = this.image.segments[1]!.address + this.module.globals.length * 8;
    this.machine.words[physical(at) / 4]! += pages;
  }

  /** Calls an exported function with the bits of its arguments. */
  call(name: string, ...args: readonly bigint[]): Outcome {
    const { processor } = this.machine;
    const type: FunctionType = typeOfFunction(this.module, this.module.exportedFunctions.get(name)!);
    processor.set(layout.RSP, STACK + STACK_BYTES - 8 - 16 * PAGE_BYTES);
    this.passArguments(type, args);
    this.machine.words[physical(processor.get(layout.RSP)) / 4] = RETURN;
    this.machine.words[physical(processor.get(layout.RSP)) / 4 + 1] = 0;
    processor.rip = this.image.labels.get(name)!;
    processor.flags = 0x202;
    let exit = layout.EXIT_BUDGET;
    for (let slice = 0; slice < 64 && exit === layout.EXIT_BUDGET; slice++) exit = processor.run(0x7fffffff);
    if (processor.rip !== RETURN)
      return { kind: 'trap', vector: processor.exitVector, rip: hex64(processor.rip) };
    return { kind: 'value', bits: this.result(type) };
  }

  private passArguments(type: FunctionType, args: readonly bigint[]): void {
    const { processor } = this.machine;
    let integers = 0;
    let floats = 0;
    let place = processor.get(layout.RSP) + 8;
    type.params.forEach((kind, n) => {
      const low = Number(args[n]! & 0xffff_ffffn);
      const high = Number((args[n]! >> 32n) & 0xffff_ffffn);
      const words = new Uint32Array([low, kind === I32 || kind === F32 ? 0 : high]);
      if (isFloat(kind) && floats < 8)
        processor.rawBytes(layout.XMM + 16 * floats++, 8).set(new Uint8Array(words.buffer));
      else if (!isFloat(kind) && integers < ARGUMENTS.length)
        processor.setHalves(ARGUMENTS[integers++]!, words[0]!, words[1]!);
      else {
        this.machine.words.set(words, physical(place) / 4);
        place += 8;
      }
    });
  }

  private result({ results: [type] }: FunctionType): bigint | undefined {
    if (type === undefined) return undefined;
    const { processor } = this.machine;
    const bytes = processor.rawBytes(layout.XMM, 8).slice();
    const float = new BigUint64Array(bytes.buffer)[0]!;
    const bits = isFloat(type) ? float : processor.big(layout.RAX);
    return type === F64 || (!isFloat(type) && type !== I32) ? bits : bits & 0xffff_ffffn;
  }
}

function physical(va: number): number {
  const region = REGIONS.find(([start, bytes]) => va >= start && va < start + bytes);
  if (region === undefined) throw new RangeError(`nothing is mapped at ${hex64(va)}`);
  return va - region[0] + region[2];
}

/** Page tables that map REGIONS, made in a machine of zeroes: their bytes from PAGE_TABLES on. */
function pageTables(machine: Machine): Uint8Array {
  let next = PAGE_TABLES + PAGE_BYTES;
  const map = (va: number, address: number): void => {
    let table = PAGE_TABLES;
    for (const shift of [39, 30, 21]) {
      const index = Math.floor(va / 2 ** shift) % 512;
      const word = table / 4 + index * 2;
      if ((machine.words[word]! & 1) === 0) {
        writeEntry(machine, table, index, BigInt(next) | PRESENT_WRITABLE_USER);
        next += PAGE_BYTES;
      }
      table = machine.words[word]! & ~0xfff;
    }
    writeEntry(machine, table, Math.floor(va / PAGE_BYTES) % 512, BigInt(address) | PRESENT_WRITABLE_USER);
  };
  for (const [va, bytes, address] of REGIONS)
    for (let at = 0; at < bytes; at += PAGE_BYTES) map(va + at, address + at);
  return machine.bytes.slice(PAGE_TABLES, next);
}
