/** What `xl info -n` and `xl cpupool-list` ask; answers as on the reference. */
import { beforeEach, expect, test } from 'vitest';
import { EFAULT, EINVAL, ENODEV, ENOENT, EOPNOTSUPP } from '../../abi/errno.ts';
import * as abi from '../../abi/sysctl.ts';
import { copyFromGuest, copyToGuest } from '../../memory/guest-access.ts';
import { PAGE_BYTES } from '../../memory/pages.ts';
import { TEST_BASE, TestDomain, testHost } from '../../memory/testing.ts';
import { ask } from '../testing.ts';

const FRAMES = 1024;
const BUFFER = TEST_BASE + 8 * PAGE_BYTES;
const ANSWERS = TEST_BASE + 9 * PAGE_BYTES;
const NOWHERE = TEST_BASE + 40 * PAGE_BYTES;

let dom0: TestDomain;
beforeEach(() => {
  dom0 = new TestDomain(testHost(FRAMES, { pcpus: 2 }), 0, 32, 1, true);
});

function words(va: number, count: number): number[] {
  const bytes = new Uint8Array(count * 4);
  expect(copyFromGuest(dom0.hypervisor.frames, dom0.vcpu, va, bytes)).toBe(true);
  return [...new Uint32Array(bytes.buffer)];
}

test('one node with all memory, as far from itself as ACPI says', () => {
  const nodes = (count: number, meminfo: number, distance: number): [number, number] => {
    const { result, op } = ask(dom0, 'sysctl', abi.XEN_SYSCTL_numainfo, abi.xen_sysctl_numainfo, (given) => {
      given.set('num_nodes', count);
      given.set('meminfo', meminfo);
      given.set('distance', distance);
    });
    return [result, op.get('num_nodes')];
  };
  expect(nodes(0, 0, 0)).toEqual([0, 1]);
  expect(nodes(4, BUFFER, ANSWERS)).toEqual([0, 1]);
  const { freeFrames } = dom0.hypervisor.frames;
  expect(words(BUFFER, 5)).toEqual([FRAMES * PAGE_BYTES, 0, freeFrames * PAGE_BYTES, 0, 0]);
  expect(words(ANSWERS, 2)).toEqual([10, 0]);
  expect(nodes(1, NOWHERE, 0)[0]).toBe(-EFAULT);
  expect(nodes(0, NOWHERE, 0)).toEqual([0, 1]);
});

test('one pool, which has all processors and domains', () => {
  const pool = (command: number, id: number, bitmap = BUFFER) =>
    ask(dom0, 'sysctl', abi.XEN_SYSCTL_cpupool_op, abi.xen_sysctl_cpupool_op, (given) => {
      given.set('op', command);
      given.set('cpupool_id', id);
      given.set('cpumap.bitmap', bitmap);
      given.set('cpumap.nr_bits', 64);
    });
  const { result, op } = pool(abi.XEN_SYSCTL_CPUPOOL_OP_INFO, 0);
  expect([result, op.get('cpupool_id'), op.get('sched_id'), op.get('n_dom')]).toEqual([0, 0, 5, 1]);
  expect(words(BUFFER, 2)).toEqual([3, 0]);
  expect(pool(abi.XEN_SYSCTL_CPUPOOL_OP_INFO, 1).result).toBe(-ENOENT);
  expect(pool(abi.XEN_SYSCTL_CPUPOOL_OP_INFO, 0xffff_ffff).result).toBe(-ENOENT);
  expect(pool(abi.XEN_SYSCTL_CPUPOOL_OP_FREEINFO, 0).result).toBe(0);
  expect(words(BUFFER, 2)).toEqual([0, 0]);
  expect(pool(abi.XEN_SYSCTL_CPUPOOL_OP_INFO, 0, NOWHERE).result).toBe(-EFAULT);
  expect(pool(abi.XEN_SYSCTL_CPUPOOL_OP_CREATE, 1).result).toBe(-EOPNOTSUPP);
});

test('PCI functions are of no node, or none', () => {
  const where = (devices: number, answers: number, count = 2) =>
    ask(dom0, 'sysctl', abi.XEN_SYSCTL_pcitopoinfo, abi.xen_sysctl_pcitopoinfo, (given) => {
      given.set('num_devs', count);
      given.set('devs', devices);
      given.set('nodes', answers);
    });
  // 0000:00:00.0, the host bridge, and 0000:07:1f.3.
  copyToGuest(dom0.hypervisor.frames, dom0.vcpu, BUFFER, Uint8Array.of(0, 0, 0, 0, 0, 0, 7, 0xfb));
  const { result, op } = where(BUFFER, ANSWERS);
  expect([result, op.get('num_devs')]).toEqual([0, 2]);
  expect(words(ANSWERS, 2)).toEqual([abi.XEN_INVALID_NODE_ID, abi.XEN_INVALID_DEV]);
  expect(where(0, ANSWERS).result).toBe(-EINVAL);
  expect(where(NOWHERE, ANSWERS).result).toBe(-EFAULT);
});

test('what this machine has not', () => {
  const nothing = (command: number): number => ask(dom0, 'sysctl', command, abi.xen_sysctl_meminfo).result;
  expect(nothing(abi.XEN_SYSCTL_get_pmstat)).toBe(-ENODEV);
  expect(nothing(abi.XEN_SYSCTL_psr_cmt_op)).toBe(-ENODEV);
  expect(nothing(abi.XEN_SYSCTL_psr_alloc)).toBe(-ENODEV);
  expect(nothing(abi.XEN_SYSCTL_coverage_op)).toBe(-EOPNOTSUPP);
});
