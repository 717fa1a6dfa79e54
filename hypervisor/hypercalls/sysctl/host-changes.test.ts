/** What `xen-hptool`, `xenpm` and `xen-livepatch` ask for; answers as on the reference, for its processor that booted. */
import { beforeEach, expect, test } from 'vitest';
import { E2BIG, EINVAL, ENOENT, ENOSYS, EOPNOTSUPP } from '../../abi/errno.ts';
import * as abi from '../../abi/sysctl.ts';
import { TestDomain, testHost } from '../../memory/testing.ts';
import { ask } from '../testing.ts';

let dom0: TestDomain;
beforeEach(() => {
  dom0 = new TestDomain(testHost(1024, { pcpus: 2 }), 0, 32, 1, true);
});

test('processors stay: the first must, the others do', () => {
  const hotplug = (cpu: number, command: number): number =>
    ask(dom0, 'sysctl', abi.XEN_SYSCTL_cpu_hotplug, abi.xen_sysctl_cpu_hotplug, (op) => {
      op.set('cpu', cpu);
      op.set('op', command);
    }).result;
  const { XEN_SYSCTL_CPU_HOTPLUG_ONLINE: online, XEN_SYSCTL_CPU_HOTPLUG_OFFLINE: offline } = abi;
  for (const cpu of [0, 1, 2]) expect(hotplug(cpu, online)).toBe(-EINVAL);
  expect([0, 1, 2].map((cpu) => hotplug(cpu, offline))).toEqual([-EINVAL, -EOPNOTSUPP, -EINVAL]);
  expect(hotplug(0, 2)).toBe(-EOPNOTSUPP);
});

test('nothing is known of processors’ frequencies', () => {
  const power = (cpu: number, command: number): number =>
    ask(dom0, 'sysctl', abi.XEN_SYSCTL_pm_op, abi.xen_sysctl_pm_op, (op) => {
      op.set('cpuid', cpu);
      op.set('cmd', command);
    }).result;
  expect(power(0, abi.CPUFREQ_PARA | 2)).toBe(-EINVAL);
  expect(power(1, 0x26)).toBe(-ENOSYS);
  expect(power(2, 0x26)).toBe(-EINVAL);
});

test('no patch has come, and none can', () => {
  const patch = (cmd: number, nr = 0, pad = 0, listPad = 0) =>
    ask(dom0, 'sysctl', abi.XEN_SYSCTL_livepatch_op, abi.xen_sysctl_livepatch_op, (op) => {
      op.set('cmd', cmd);
      op.set('pad', pad);
      op.set('u.list.nr', nr);
      op.set('u.list.pad', listPad);
      op.set('u.list.metadata_total_size', 9);
    });
  const { result, op } = patch(abi.XEN_SYSCTL_LIVEPATCH_LIST, 5);
  expect(result).toBe(0);
  expect([op.get('u.list.nr'), op.get('u.list.version'), op.get('u.list.metadata_total_size')]).toEqual([
    0, 1, 0,
  ]);
  expect(patch(abi.XEN_SYSCTL_LIVEPATCH_LIST, 1025).result).toBe(-E2BIG);
  expect(patch(abi.XEN_SYSCTL_LIVEPATCH_LIST, 0, 1).result).toBe(-EINVAL);
  expect(patch(abi.XEN_SYSCTL_LIVEPATCH_LIST, 0, 0, 1).result).toBe(-EINVAL);
  expect(patch(abi.XEN_SYSCTL_LIVEPATCH_GET).result).toBe(-ENOENT);
  expect(patch(abi.XEN_SYSCTL_LIVEPATCH_ACTION).result).toBe(-ENOENT);
  expect(patch(abi.XEN_SYSCTL_LIVEPATCH_UPLOAD).result).toBe(-EOPNOTSUPP);
  expect(patch(9).result).toBe(-EOPNOTSUPP);
});
