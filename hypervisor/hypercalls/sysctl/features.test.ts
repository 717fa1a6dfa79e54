/** Features of processors as `xen-cpuid` and libxl ask for them. */
import { beforeEach, expect, test } from 'vitest';
import { EFAULT, EINVAL, ENOBUFS, EOPNOTSUPP } from '../../abi/errno.ts';
import * as abi from '../../abi/sysctl.ts';
import { copyFromGuest } from '../../memory/guest-access.ts';
import { PAGE_BYTES } from '../../memory/pages.ts';
import { TEST_BASE, TestDomain, testHost } from '../../memory/testing.ts';
import { ask } from '../testing.ts';
import { hostFeatures } from './features.ts';

const BUFFER = TEST_BASE + 8 * PAGE_BYTES;
const MSRS = TEST_BASE + 9 * PAGE_BYTES;
const NOWHERE = TEST_BASE + 40 * PAGE_BYTES;
/** Leaf 1 EDX, the first word: the TSC and the FPU are paravirtualized domains', too; what else is here is not. */
const [FPU, VME, PSE, TSC, PGE] = [1 << 0, 1 << 1, 1 << 3, 1 << 4, 1 << 13];

let dom0: TestDomain;
beforeEach(() => {
  dom0 = new TestDomain(testHost(), 0, 32, 1, true);
});

function words(va: number, count: number): number[] {
  const bytes = new Uint8Array(count * 4);
  expect(copyFromGuest(dom0.hypervisor.frames, dom0.vcpu, va, bytes)).toBe(true);
  return [...new Uint32Array(bytes.buffer)];
}

test('sets of features: the processor’s, and what domains can have', () => {
  const get = (index: number, count: number, buffer = BUFFER): [number, number] => {
    const command = abi.XEN_SYSCTL_get_cpu_featureset;
    const { result, op } = ask(dom0, 'sysctl', command, abi.xen_sysctl_cpu_featureset, (given) => {
      given.set('index', index);
      given.set('nr_features', count);
      given.set('features', buffer);
    });
    return [result, op.get('nr_features')];
  };
  expect(get(0, 0, 0)).toEqual([0, 19]);
  expect(get(1, 19)).toEqual([0, 19]);
  expect(words(BUFFER, 19)).toEqual([...hostFeatures(dom0.hypervisor)]);
  expect(words(BUFFER, 1)[0]! & (PGE | TSC)).toBe(PGE | TSC);
  expect(get(2, 19)).toEqual([0, 19]);
  expect(words(BUFFER, 1)[0]! & (PGE | TSC)).toBe(TSC);
  expect([get(3, 19)[0], get(5, 19)[0], get(6, 19)[0]]).toEqual([-EOPNOTSUPP, -EOPNOTSUPP, -EINVAL]);
  expect(get(2, 3)[0]).toBe(-ENOBUFS);
  expect(get(2, 19, NOWHERE)[0]).toBe(-EFAULT);
});

test('physinfo has the first words of the processor’s, and what Xen keeps of them: libvirt wants FPU, VME and PSE of any', () => {
  const { op } = ask(dom0, 'sysctl', abi.XEN_SYSCTL_physinfo, abi.xen_sysctl_physinfo);
  const told = new Uint32Array(Uint8Array.from(op.bytesOf('hw_cap')).buffer);
  const [first, ...rest] = hostFeatures(dom0.hypervisor).slice(0, 8);
  expect(told[0]! & (FPU | VME | PSE)).toBe(FPU | VME | PSE);
  expect([(told[0]! & first!) >>> 0, ...told.slice(1)]).toEqual([first, ...rest]);
});

test('policies, and how large they are', () => {
  const get = (index: number, leaves: number, msrs: number, reserved = 0): [number, number, number] => {
    const command = abi.XEN_SYSCTL_get_cpu_policy;
    const { result, op } = ask(dom0, 'sysctl', command, abi.xen_sysctl_cpu_policy, (given) => {
      given.set('index', index);
      given.set('nr_leaves', 93);
      given.set('nr_msrs', 2);
      given.set('_rsvd', reserved);
      given.set('leaves', leaves);
      given.set('msrs', msrs);
    });
    return [result, op.get('nr_leaves'), op.get('nr_msrs')];
  };
  expect(get(4, 0, 0)).toEqual([0, 0x5d, 2]);
  const [result, leaves, msrs] = get(4, BUFFER, MSRS);
  expect([result, msrs]).toEqual([0, 2]);
  expect(leaves).toBeGreaterThan(8);
  expect(words(BUFFER, 2)).toEqual([0, 0xffff_ffff]);
  expect(words(MSRS, 1)).toEqual([0xce]);
  expect([get(3, 0, 0)[0], get(9, 0, 0)[0], get(4, 0, 0, 1)[0]]).toEqual([-EOPNOTSUPP, -EINVAL, -EINVAL]);
});

test('what domains are told is chosen by letting CPUID fault', () => {
  const command = abi.XEN_SYSCTL_get_cpu_levelling_caps;
  const { result, op } = ask(dom0, 'sysctl', command, abi.xen_sysctl_cpu_levelling_caps);
  expect([result, op.get('caps')]).toEqual([0, abi.XEN_SYSCTL_CPU_LEVELCAP_faulting]);
});
