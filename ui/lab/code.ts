/**
 * The code that a domain runs and its sources: the kernel's, and that of the programs in its ramdisk. Which program a process
 * runs nobody tells the lab; it sees it by the code itself, which it compares with that of all programs.
 */
import { filesOf } from '../../guests/toolchain/cpio.ts';
import { addressesOf, functionAt } from '../../guests/toolchain/link/symbols.ts';
import type { Symbols } from '../../guests/toolchain/link/symbols.ts';
import type { ReadonlyMachine } from '../../core/machine.ts';
import type { WorldRequest } from './host.ts';
import { executableOf, hasSymbols, placeOf, readSymbols } from './symbols.ts';
import type { SourcePlace } from './symbols.ts';
import { PAGE_BYTES } from '../../hypervisor/memory/pages.ts';

const CPIO_MAGIC = '070701';

/** Virtual address of code, and the code. */
interface Text {
  readonly address: number;
  readonly text: Uint8Array;
}

/** A program of a ramdisk. Its symbols are read when somebody asks for them: who only runs it does not. */
class Program implements Text {
  /** Its path in the ramdisk. */
  readonly path: string;
  readonly address: number;
  readonly text: Uint8Array;
  private readonly file: Uint8Array;
  private known: Symbols | null | undefined;

  constructor(path: string, file: Uint8Array, { address, text }: Text) {
    this.path = path;
    this.address = address;
    this.text = text;
    this.file = file;
  }

  /** null: its file has none. */
  get symbols(): Symbols | null {
    if (this.known === undefined) this.known = readSymbols(this.file);
    return this.known;
  }
}

/** A line of a source. */
export interface Line {
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

/** A line that somebody wants to stop before. */
export interface WantedLine extends Line {
  /** Where it has no code, the next one that has may stand for it, up to this: the end of its function. */
  readonly last?: number;
}

/** Where a wanted line has its code, in every function and program that contains it. */
export interface Found {
  readonly line: Line;
  readonly addresses: readonly number[];
}

/** A kernel's file and that of its ramdisk, or where they come from. */
type Images = Pick<WorldRequest, 'kernel' | 'ramdisk'>;

export class Code {
  /** That of images that are not here. */
  static readonly UNKNOWN = new Code(new Uint8Array(0), undefined);

  /** The kernel's symbols; null: its file has none. */
  readonly kernel: Symbols | null;
  private readonly kernelText: Text | null;
  private readonly programs: readonly Program[];

  constructor(kernel: Uint8Array, ramdisk: Uint8Array | undefined) {
    this.kernel = readSymbols(kernel);
    this.kernelText = this.kernel === null ? null : executableOf(kernel);
    this.programs = this.kernel === null || ramdisk === undefined ? [] : programsOf(ramdisk);
  }

  /** The code of images that are here; null: they are elsewhere. */
  static ofImages({ kernel, ramdisk }: Images): Code | null {
    if (!(kernel instanceof Uint8Array)) return null;
    return ramdisk === undefined || ramdisk instanceof Uint8Array ? new Code(kernel, ramdisk) : null;
  }

  /** The code of images that are brought now, if they are not here. Rejects with a SnapshotError where they cannot be had. */
  static async bring(images: Images): Promise<Code> {
    const [kernel, ramdisk] = await Promise.all(
      [images.kernel, images.ramdisk].map((image) =>
        image === undefined || image instanceof Uint8Array ? image : image.load(),
      ),
    );
    return new Code(kernel!, ramdisk);
  }

  /** Whether the sources of anything that it runs are known by lines. */
  get hasLines(): boolean {
    return [this.kernel, ...this.programs.map(({ symbols }) => symbols)].some(
      (symbols) => symbols !== null && symbols.lines.length > 0,
    );
  }

  /** The symbols of the code at an address, as the machine has it mapped now; null: nothing is known of it. */
  symbolsAt(machine: ReadonlyMachine, address: number): Symbols | null {
    return this.symbolsIn((page) => {
      const at = machine.peek(page);
      return at < 0 ? null : machine.bytes.slice(at, at + PAGE_BYTES);
    }, address);
  }

  /** The symbols of the code at an address of an address space, which `read` gives by pages; null: nothing is known of it. */
  symbolsIn(read: (page: number) => Uint8Array | null, address: number): Symbols | null {
    const page = Math.floor(address / PAGE_BYTES) * PAGE_BYTES;
    const bytes = read(page);
    if (bytes === null) return null;
    if (address < 0) return this.isKernel(page, bytes) ? this.kernel : null;
    return this.programs.find((program) => hasPage(program, page, bytes))?.symbols ?? null;
  }

  /** Other domains may run other kernels. */
  private isKernel(page: number, bytes: Uint8Array): boolean {
    return this.kernelText !== null && hasPage(this.kernelText, page, bytes);
  }

  /** The path of the program whose code an address space maps, which `read` gives by pages; null: none that is known. */
  programIn(read: (page: number) => Uint8Array | null): string | null {
    const found = this.programs.find((program) => {
      const bytes = read(program.address);
      return bytes !== null && hasPage(program, program.address, bytes);
    });
    return found?.path ?? null;
  }

  /** Where in the sources the code at an address is. */
  placeAt(machine: ReadonlyMachine, address: number): SourcePlace | null {
    const symbols = this.symbolsAt(machine, address);
    return symbols === null ? null : placeOf(symbols, address);
  }

  /** Where a wanted line begins; text: why it has no such place. A file may be named by the end of its path, if it is its alone. */
  find({ file: name, line, last = line }: WantedLine): Found | string {
    const all = [this.kernel, ...this.programs.map(({ symbols }) => symbols)].filter(
      (symbols) => symbols !== null,
    );
    const file = fileNamed(new Set(all.flatMap(({ files }) => files)), name);
    if (file === null) return `no code of ${name} is there`;
    const tables = all.filter(({ files }) => files.includes(file));
    const lines = tables.flatMap((symbols) => linesOf(symbols, file)).filter((each) => each >= line);
    const found = lines.reduce((a, b) => Math.min(a, b), Infinity);
    if (found === Infinity) return `no code is there, nor behind it in ${file}`;
    if (found > last) return `no code is there: the next line of ${file} that has some is ${String(found)}`;
    const addresses = new Set(tables.flatMap((symbols) => beginnings(symbols, file, found)));
    return { line: { file, line: found }, addresses: [...addresses] };
  }
}

/** The file of this name, or else the one whose path ends with the name, or the name with its path; null: none, or several. */
function fileNamed(files: ReadonlySet<string>, name: string): string | null {
  if (files.has(name)) return name;
  const alike = [...files].filter((file) => file.endsWith(`/${name}`) || name.endsWith(`/${file}`));
  return alike.length === 1 ? alike[0]! : null;
}

function linesOf(symbols: Symbols, file: string): number[] {
  const index = symbols.files.indexOf(file);
  return symbols.lines.filter((entry) => entry.file === index).map(({ line }) => line);
}

/** The first address of a line in each function that has it. */
function beginnings(symbols: Symbols, file: string, line: number): number[] {
  const first = new Map<number, number>();
  for (const address of addressesOf(symbols, file, line)) {
    const within = functionAt(symbols, address)?.start;
    if (within !== undefined && !first.has(within)) first.set(within, address);
  }
  return [...first.values()];
}

function hasPage({ address, text }: Text, page: number, bytes: Uint8Array): boolean {
  const offset = page - address;
  if (offset < 0 || offset >= text.length) return false;
  const end = Math.min(PAGE_BYTES, text.length - offset);
  for (let n = 0; n < end; n++) if (text[offset + n] !== bytes[n]) return false;
  return true;
}

function programsOf(ramdisk: Uint8Array): Program[] {
  if (new TextDecoder('latin1').decode(ramdisk.subarray(0, CPIO_MAGIC.length)) !== CPIO_MAGIC) return [];
  return [...filesOf(ramdisk)].flatMap(([path, file]) => {
    const text = hasSymbols(file) ? executableOf(file) : null;
    return text === null ? [] : [new Program(path, file, text)];
  });
}
