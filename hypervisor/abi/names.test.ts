import { expect, it } from 'vitest';
import * as errno from './errno.ts';
import { namesOf } from './names.ts';
import * as sched from './sched.ts';
import * as version from './version.ts';
import * as xen from './xen.ts';

it('indexes the names of a family by value', () => {
  expect(namesOf(sched, 'SCHEDOP_')[2]).toBe('SCHEDOP_shutdown');
  expect(namesOf(xen, 'HYPERVISOR_')[26]).toBe('HYPERVISOR_mmuext_op');
  expect(namesOf(xen, 'HYPERVISOR_')[11]).toBeUndefined();
  expect(namesOf(errno, 'E')[38]).toBe('ENOSYS');
});

it('leaves bounds out', () => {
  expect(namesOf(sched, 'SHUTDOWN_')[5]).toBe('SHUTDOWN_soft_reset');
  expect(namesOf(version, 'XENFEAT_')[1]).toBe('XENFEAT_writable_descriptor_tables');
});
