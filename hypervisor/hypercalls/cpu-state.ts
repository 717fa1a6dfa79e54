/**
 * What a ring 3 kernel cannot do to its processor itself: stack_switch(ss, esp), set_segment_base(which, base),
 * fpu_taskswitch(set), set_debugreg(register, value), get_debugreg(register).
 */
import { isCanonical } from '../../core/machine.ts';
import { SEG_FS, SEG_GS } from '../../core/wasm/layout.ts';
import * as arch from '../abi/arch-x86.ts';
import { SEGBASE_FS, SEGBASE_GS_KERNEL, SEGBASE_GS_USER, SEGBASE_GS_USER_SEL } from '../abi/arch-x86.ts';
import { EINVAL, ENODEV } from '../abi/errno.ts';
import { namesOf } from '../abi/names.ts';
import {
  HYPERVISOR_fpu_taskswitch,
  HYPERVISOR_get_debugreg,
  HYPERVISOR_set_debugreg,
  HYPERVISOR_set_segment_base,
  HYPERVISOR_stack_switch,
} from '../abi/xen.ts';
import { readDebugRegister, writeDebugRegister } from '../domain/debug-registers.ts';
import { setTaskSwitched } from '../traps/fpu.ts';
import { toggleGuestMode } from '../traps/mode.ts';
import { loadData } from '../traps/segments.ts';
import type { Hypercall } from './hypercall.ts';

export const stackSwitch: Hypercall = {
  number: HYPERVISOR_stack_switch,
  name: 'stack_switch',
  args: [
    { name: 'ss', kind: 'flags' },
    { name: 'esp', kind: 'va' },
  ],
  handler({ vcpu }, ss, stack) {
    vcpu.kernelSs = (ss & 0xffff) | 3;
    vcpu.kernelSp = stack;
    return 0;
  },
};

export const setSegmentBase: Hypercall = {
  number: HYPERVISOR_set_segment_base,
  name: 'set_segment_base',
  args: [
    { name: 'which', kind: 'command', commands: namesOf(arch, 'SEGBASE_') },
    { name: 'base', kind: 'va' },
  ],
  handler({ hypervisor, vcpu }, which, base) {
    const { processor } = hypervisor;
    if (which === SEGBASE_GS_USER_SEL) {
      // The selector is loaded as the user's: its base becomes the user's GS base, the kernel's stays in use.
      toggleGuestMode(hypervisor, vcpu);
      loadData(hypervisor, SEG_GS, base & 0xffff);
      toggleGuestMode(hypervisor, vcpu);
      processor.stateChanged();
      return 0;
    }
    if (!isCanonical(base)) return -EINVAL;
    switch (which) {
      case SEGBASE_FS:
        vcpu.fsBase = base;
        processor.setSegmentBase(SEG_FS, base);
        return 0;
      case SEGBASE_GS_USER:
        vcpu.gsBaseUser = base;
        return 0;
      case SEGBASE_GS_KERNEL:
        vcpu.gsBaseKernel = base;
        processor.setSegmentBase(SEG_GS, base);
        return 0;
      default:
        return -EINVAL;
    }
  },
};

export const fpuTaskswitch: Hypercall = {
  number: HYPERVISOR_fpu_taskswitch,
  name: 'fpu_taskswitch',
  args: [{ name: 'set', kind: 'int' }],
  handler({ hypervisor, vcpu }, set) {
    setTaskSwitched(hypervisor, vcpu, set !== 0);
    return 0;
  },
};

export const setDebugreg: Hypercall = {
  number: HYPERVISOR_set_debugreg,
  name: 'set_debugreg',
  args: [
    { name: 'register', kind: 'unsigned' },
    { name: 'value', kind: 'va' },
  ],
  handler: ({ hypervisor, vcpu }, register, value) => writeDebugRegister(hypervisor, vcpu, register, value),
};

export const getDebugreg: Hypercall = {
  number: HYPERVISOR_get_debugreg,
  name: 'get_debugreg',
  args: [{ name: 'register', kind: 'unsigned' }],
  handler: ({ vcpu }, register) => readDebugRegister(vcpu, register) ?? -ENODEV,
};
