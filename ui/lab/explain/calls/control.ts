/** What a toolstack does with domains and the machine: domctl, sysctl, platform_op. */
import { row } from '../explanation.ts';
import type { HypercallRows } from '../explanation.ts';
import { DOMCTL_COMMANDS } from './domctl.ts';
import { PLATFORM_COMMANDS } from './platform-op.ts';
import { SYSCTL_COMMANDS } from './sysctl.ts';

const DOMCTL = 'hypercalls/domctl.ts';
const SYSCTL = 'hypercalls/sysctl.ts';
const PLATFORM = 'hypercalls/platform-op.ts';

const CONTROL_ERRORS = {
  EFAULT: 'the structure cannot be read or written at that address',
  EACCES: 'another version of this interface: toolstack and Xen do not fit',
  EPERM: 'that is for a privileged domain',
  ENOSYS: 'there is no such command here',
  EINVAL: 'the values do not fit the command',
};

export const controlCalls: Readonly<Record<string, HypercallRows>> = {
  domctl: {
    header: 'domctl.h',
    row: row(
      'gives an unknown order about {domain:dom}',
      'What a toolstack does with domains: make, fill, run, watch, save and destroy them.',
      DOMCTL,
      'domctl',
    ),
    commands: DOMCTL_COMMANDS,
    errors: { ...CONTROL_ERRORS, ESRCH: 'there is no such domain' },
  },
  sysctl: {
    header: 'sysctl.h',
    row: row(
      'gives an unknown order about the machine',
      'What a toolstack asks of the whole machine.',
      SYSCTL,
      'sysctl',
    ),
    commands: SYSCTL_COMMANDS,
    errors: { ...CONTROL_ERRORS, ESRCH: 'there is no such pool of processors' },
  },
  platform_op: {
    header: 'platform.h',
    row: row(
      'gives an unknown order about the hardware',
      'The machine’s own affairs, which domain 0 knows more of than Xen.',
      PLATFORM,
      'platformOp',
    ),
    commands: PLATFORM_COMMANDS,
    errors: { ...CONTROL_ERRORS, EOPNOTSUPP: 'not on this machine' },
  },
};
