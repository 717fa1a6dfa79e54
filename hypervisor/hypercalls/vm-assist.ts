/** vm_assist(command, type): switches a domain's assists on and off. -EINVAL for one that does not exist, -ENOSYS. */
import { EINVAL, ENOSYS } from '../abi/errno.ts';
import { namesOf } from '../abi/names.ts';
import * as xen from '../abi/xen.ts';
import {
  HYPERVISOR_vm_assist,
  VMASST_CMD_disable,
  VMASST_CMD_enable,
  VMASST_TYPE_m2p_strict,
  VMASST_TYPE_runstate_update_flag,
} from '../abi/xen.ts';
import type { Hypercall } from './hypercall.ts';

export const vmAssist: Hypercall = {
  number: HYPERVISOR_vm_assist,
  name: 'vm_assist',
  args: [
    { name: 'command', kind: 'command', commands: namesOf(xen, 'VMASST_CMD_') },
    { name: 'type', kind: 'command', commands: namesOf(xen, 'VMASST_TYPE_') },
  ],
  handler({ domain }, command, type) {
    const known = (type >= 0 && type <= VMASST_TYPE_runstate_update_flag) || type === VMASST_TYPE_m2p_strict;
    if (!known) return -EINVAL;
    if (command !== VMASST_CMD_enable && command !== VMASST_CMD_disable) return -ENOSYS;
    const enable = command === VMASST_CMD_enable;
    if (type === VMASST_TYPE_m2p_strict) domain.m2pStrict = enable;
    else domain.vmAssist = enable ? domain.vmAssist | (1 << type) : domain.vmAssist & ~(1 << type);
    return 0;
  },
};
