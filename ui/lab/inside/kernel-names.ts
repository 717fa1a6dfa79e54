/** The names of functions of kernels that bring their own (kallsyms.ts): of each domain's, as soon as somebody asks. */
import type { Domain } from '../../../hypervisor/state/domain.ts';
import type { Hypervisor } from '../../../hypervisor/state/hypervisor.ts';
import type { Vcpu } from '../../../hypervisor/state/vcpu.ts';
import { linuxImage } from './linux-image.ts';
import { KernelMemory } from './memory.ts';
import { findMote } from './mote.ts';
import { findKallsyms } from './kallsyms.ts';
import type { Kallsyms } from './kallsyms.ts';
import { bytesAt, readerOf } from '../views.ts';
import type { ReadPage } from '../views.ts';

/** How much of a stack is looked through for return addresses. */
const STACK_WORDS = 512;
const MOST_FRAMES = 24;

export class KernelNames {
  private readonly hypervisor: Hypervisor;
  private readonly known = new WeakMap<Domain, Kallsyms | null>();

  constructor(hypervisor: Hypervisor) {
    this.hypervisor = hypervisor;
  }

  /** `schedule+0x1f`; null: nothing is known of the code there. */
  nameOf(vcpu: Vcpu, address: number): string | null {
    if (address >= 0) return null;
    const found = this.of(vcpu)?.at(address);
    return found === undefined || found === null ? null : `${found.name}+0x${found.offset.toString(16)}`;
  }

  /**
   * Who may have called whom: the function at `rip`, and the functions that return addresses on the stack are in. Without sizes
   * of frames, what is left of earlier calls cannot be told from those that are under way.
   */
  callers(vcpu: Vcpu, rip: number, rsp: number): readonly string[] {
    const here = this.nameOf(vcpu, rip);
    if (here === null) return [];
    const read = readerOf(this.hypervisor, vcpu);
    const callers: string[] = [];
    for (let n = 0; n < STACK_WORDS && callers.length < MOST_FRAMES; n++) {
      const word = bytesAt(read, rsp + 8 * n, 8);
      if (word.length < 8) break;
      const value = Number(new DataView(word.buffer, word.byteOffset).getBigInt64(0, true));
      const name = value < 0 && followsCall(read, value) ? this.nameOf(vcpu, value) : null;
      if (name !== null && !name.endsWith('+0x0')) callers.push(name);
    }
    return [here, ...callers];
  }

  private of(vcpu: Vcpu): Kallsyms | null {
    const known = this.known.get(vcpu.domain);
    if (known !== undefined) return known;
    const memory = KernelMemory.of(this.hypervisor, vcpu.domain);
    const isMote = memory !== null && findMote(memory) !== null;
    const found = memory === null || isMote ? null : findKallsyms(linuxImage(memory));
    // A kernel that still unpacks itself has none yet; Mote never has.
    if (found !== null || isMote) this.known.set(vcpu.domain, found);
    return found;
  }
}

const CALL_RELATIVE = 0xe8;
const CALL_RELATIVE_BYTES = 5;
const CALL_INDIRECT = 0xff;
const CALL_INDIRECT_BYTES = 2;

/** Whether what is before an address is a call. */
function followsCall(read: ReadPage, address: number): boolean {
  const [opcode] = bytesAt(read, address - CALL_RELATIVE_BYTES, 1);
  if (opcode === CALL_RELATIVE) return true;
  const [indirect, modrm = 0] = bytesAt(read, address - CALL_INDIRECT_BYTES, 2);
  return indirect === CALL_INDIRECT && (modrm & 0x38) === 0x10;
}
