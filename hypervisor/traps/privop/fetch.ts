/** The bytes of the instruction that trapped, and its prefixes. One instruction at a time: state of the decoder below. */
import { ACCESS_EXECUTE } from '../../../core/machine.ts';
import type { Hypervisor } from '../../state/hypervisor.ts';
import { PAGE_BYTES, pageOffset } from '../../memory/pages.ts';

/** The longest instruction. */
const MAX_BYTES = 15;

/** The instruction being decoded. */
export class Instruction {
  readonly bytes = new Uint8Array(MAX_BYTES);
  /** Bytes that could be fetched, and bytes decoded. */
  available = 0;
  length = 0;
  /** 66, 67, REX (0 if none), F2 or F3 (0 if none), and the segment (layout.SEG_*) of an override, or -1. */
  operand16 = false;
  address32 = false;
  rex = 0;
  repeat = 0;
  segment = -1;
  opcode = 0;
  /** Breakpoints on ports that it has hit: bits of DR6. */
  breakpoints = 0;

  /** Fetches at RIP and takes the prefixes and the opcode; `opcode` is 0x0fxx for two-byte ones, -1 where bytes lack. */
  decode(hypervisor: Hypervisor): void {
    this.fetch(hypervisor);
    this.length = 0;
    this.operand16 = false;
    this.address32 = false;
    this.rex = 0;
    this.repeat = 0;
    this.segment = -1;
    this.breakpoints = 0;
    let byte = this.next();
    for (; this.prefix(byte); byte = this.next());
    if ((byte & 0xf0) === 0x40) {
      this.rex = byte;
      byte = this.next();
    }
    this.opcode = byte === 0x0f ? 0x0f00 | this.next() : byte;
    if (this.length > this.available) this.opcode = -1;
  }

  /** The byte that was taken last. */
  get last(): number {
    return this.bytes[this.length - 1] ?? 0;
  }

  /** The next byte; 0 beyond what could be fetched, which `length` shows. */
  next(): number {
    const byte = this.length < this.available ? this.bytes[this.length]! : 0;
    this.length++;
    return byte;
  }

  private prefix(byte: number): boolean {
    switch (byte) {
      case 0x66:
        this.operand16 = true;
        return true;
      case 0x67:
        this.address32 = true;
        return true;
      case 0xf2:
      case 0xf3:
        this.repeat = byte;
        return true;
      case 0x64:
        this.segment = 4;
        return true;
      case 0x65:
        this.segment = 5;
        return true;
      case 0x26:
      case 0x2e:
      case 0x36:
      case 0x3e:
        return true;
      default:
        return false;
    }
  }

  /** Copies the bytes at RIP, as far as they can be executed. */
  private fetch(hypervisor: Hypervisor): void {
    const { processor, machine } = hypervisor;
    const { rip } = processor;
    this.available = 0;
    while (this.available < MAX_BYTES) {
      const from = processor.translate(rip + this.available, ACCESS_EXECUTE);
      if (from < 0) return;
      const count = Math.min(MAX_BYTES - this.available, PAGE_BYTES - pageOffset(from));
      for (let index = 0; index < count; index++)
        this.bytes[this.available + index] = machine.bytes[from + index]!;
      this.available += count;
    }
  }
}
