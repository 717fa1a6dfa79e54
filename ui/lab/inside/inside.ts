/** What is inside the domains of a host, of kernels that are known: Mote, and Linux with its types. Looking changes nothing. */
import type { Domain } from '../../../hypervisor/state/domain.ts';
import type { Hypervisor } from '../../../hypervisor/state/hypervisor.ts';
import { findLinux, linuxProcesses } from './linux.ts';
import type { Linux } from './linux.ts';
import { KernelMemory, NotMapped } from './memory.ts';
import { findMote, insideMote } from './mote.ts';
import type { InsideView } from './view.ts';

/** What is known of a domain's kernel: where a Mote has its table, where a Linux has its tasks; null: it is neither. */
type Known = { readonly mote: number } | { readonly linux: Linux } | null;

export class Insides {
  private readonly hypervisor: Hypervisor;
  private readonly known = new WeakMap<Domain, Known>();

  constructor(hypervisor: Hypervisor) {
    this.hypervisor = hypervisor;
  }

  /** Null: nothing is known. `isHurried`: what takes long is left for another time. */
  of(domain: Domain, isHurried: boolean): InsideView | null {
    const memory = KernelMemory.of(this.hypervisor, domain);
    if (memory === null) return null;
    const known = this.known.get(domain) ?? this.find(domain, memory, isHurried);
    if (known === null) return null;
    // Of a process, the L4 table; Xen knows a kernel's and a program's by two names.
    const loaded = new Set(domain.vcpus.flatMap(({ kernelRoot, userRoot }) => [kernelRoot, userRoot]));
    try {
      if ('mote' in known) return insideMote(memory, known.mote, loaded, this.hypervisor.nowNs());
      return { processes: linuxProcesses(memory, known.linux, loaded), bridges: [] };
    } catch (error) {
      // A kernel is stopped anywhere, also where it is about to change a list: it has none that can be read then.
      if (error instanceof NotMapped) return null;
      throw error;
    }
  }

  private find(domain: Domain, memory: KernelMemory, isHurried: boolean): Known {
    const mote = findMote(memory);
    if (mote === null && isHurried) return null;
    const linux = mote === null ? findLinux(memory) : null;
    const known = mote !== null ? { mote } : linux !== null ? { linux } : null;
    if (known !== null) this.known.set(domain, known);
    return known;
  }
}
