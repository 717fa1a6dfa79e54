/** Whose request the hypervisor serves: a vcpu, its domain, and its memory as that vcpu sees it. */
import { hex64 } from '../../core/machine.ts';
import { EFAULT } from '../abi/errno.ts';
import type { Composite, Path } from '../abi/layout.ts';
import { copyFromGuest, copyToGuest, readGuestWords, writeGuestWords } from '../memory/guest-access.ts';
import { GuestStruct } from '../memory/guest-struct.ts';
import type { Domain } from './domain.ts';
import type { Hypervisor } from './hypervisor.ts';
import type { Vcpu } from './vcpu.ts';

/** How many units of work (entries of a batch, pages) a hypercall does before it lets others in. */
export const PREEMPT_UNITS = 512;

export class Caller {
  readonly hypervisor: Hypervisor;
  vcpu!: Vcpu;
  domain!: Domain;

  constructor(hypervisor: Hypervisor) {
    this.hypervisor = hypervisor;
  }

  /** A structure of the calling vcpu's, or null where it faults: -EFAULT. */
  readStruct<F>(layout: Composite<F>, address: number): GuestStruct<F> | null {
    const bytes = new Uint8Array(layout.size);
    return this.readBytes(address, bytes) ? new GuestStruct(layout, address, bytes) : null;
  }
  /** Copies a structure back, or one member of it as Xen's copy_field_to_guest; false where it faults: -EFAULT. */
  writeStruct<F>(struct: GuestStruct<F>): boolean {
    return this.writeBytes(struct.address, struct.bytes);
  }
  writeField<F>(struct: GuestStruct<F>, path: Path<F>): boolean {
    return this.writeBytes(struct.address + struct.layout.offset[path], struct.bytesOf(path));
  }

  /** Copies from and to the calling vcpu's memory; false where it faults: -EFAULT. */
  read(va: number, words: Uint32Array): boolean {
    return readGuestWords(this.hypervisor.frames, this.vcpu, va, words) || this.faults(va, 'read');
  }
  write(va: number, words: Uint32Array): boolean {
    return writeGuestWords(this.hypervisor.frames, this.vcpu, va, words) || this.faults(va, 'written');
  }
  readBytes(va: number, bytes: Uint8Array): boolean {
    return copyFromGuest(this.hypervisor.frames, this.vcpu, va, bytes) || this.faults(va, 'read');
  }
  writeBytes(va: number, bytes: Uint8Array): boolean {
    return copyToGuest(this.hypervisor.frames, this.vcpu, va, bytes) || this.faults(va, 'written');
  }

  private faults(va: number, how: 'read' | 'written'): false {
    const { trace } = this.hypervisor;
    if (trace.on) trace.refuse(-EFAULT, 'what is at {} cannot be {}', hex64(va), how);
    return false;
  }
}
