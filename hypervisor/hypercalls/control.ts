/**
 * What domctl and sysctl have in common: a structure that begins with a command and the version of the interface, read
 * from the caller, and written back by the commands that answer in it.
 */
import { fromHalves, highHalf, lowHalf } from '../../core/machine.ts';
import { xen_control } from '../abi/control.ts';
import { EACCES, EFAULT } from '../abi/errno.ts';
import type { HypercallContext } from './hypercall.ts';

/** A control structure, and the part of it that is the command's own: `base` bytes in. Offsets are within that part. */
export class ControlBuffer {
  readonly words: Uint32Array;
  readonly bytes: Uint8Array;
  private readonly view: DataView;
  private readonly base: number;

  constructor(sizeBytes: number, base: number) {
    this.words = new Uint32Array(sizeBytes / 4);
    this.bytes = new Uint8Array(this.words.buffer, base);
    this.view = new DataView(this.words.buffer);
    this.base = base;
  }

  /** Reads the caller's: 0, or -EFAULT, or -EACCES for another version of the interface. */
  read(context: HypercallContext, argument: number, version: number): number {
    if (!context.read(argument, this.words)) return -EFAULT;
    return this.words[xen_control.offset.interface_version / 4] === version ? 0 : -EACCES;
  }

  get command(): number {
    return this.words[xen_control.offset.cmd / 4]!;
  }

  u8(at: number): number {
    return this.view.getUint8(this.base + at);
  }
  u16(at: number): number {
    return this.view.getUint16(this.base + at, true);
  }
  u32(at: number): number {
    return this.view.getUint32(this.base + at, true);
  }
  /** An address or a count of 64 bits: a signed number, exact below 2^53. */
  wide(at: number): number {
    return fromHalves(this.u32(at), this.u32(at + 4));
  }

  setU8(at: number, value: number): void {
    this.view.setUint8(this.base + at, value);
  }
  setU16(at: number, value: number): void {
    this.view.setUint16(this.base + at, value, true);
  }
  setU32(at: number, value: number): void {
    this.view.setUint32(this.base + at, value, true);
  }
  setWide(at: number, value: number): void {
    this.setU32(at, lowHalf(value));
    this.setU32(at + 4, highHalf(value));
  }
}
