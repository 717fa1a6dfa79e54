/** Whose request the hypervisor serves: a vcpu, its domain, and its memory as that vcpu sees it. */
import { copyFromGuest, copyToGuest, readGuestWords, writeGuestWords } from '../memory/guest-access.ts';
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

  /** Copies from and to the calling vcpu's memory; false where it faults: -EFAULT. */
  read(va: number, words: Uint32Array): boolean {
    return readGuestWords(this.hypervisor.frames, this.vcpu, va, words);
  }
  write(va: number, words: Uint32Array): boolean {
    return writeGuestWords(this.hypervisor.frames, this.vcpu, va, words);
  }
  readBytes(va: number, bytes: Uint8Array): boolean {
    return copyFromGuest(this.hypervisor.frames, this.vcpu, va, bytes);
  }
  writeBytes(va: number, bytes: Uint8Array): boolean {
    return copyToGuest(this.hypervisor.frames, this.vcpu, va, bytes);
  }
}
