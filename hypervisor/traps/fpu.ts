/** CR0.TS of a guest: with it set, the next FPU instruction raises #NM, once. */
import { CR0 } from '../../core/wasm/layout.ts';
import type { Vcpu } from '../state/vcpu.ts';
import type { Hypervisor } from '../state/hypervisor.ts';

const TS = 8;

/** do_fpu_taskswitch: the vcpu must be the current one. */
export function setTaskSwitched(hypervisor: Hypervisor, vcpu: Vcpu, set: boolean): void {
  const { processor } = hypervisor;
  vcpu.taskSwitched = set;
  const cr0 = processor.word(CR0);
  processor.setWord(CR0, set ? cr0 | TS : cr0 & ~TS);
  processor.stateChanged();
}
