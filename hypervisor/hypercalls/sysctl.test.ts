/** sysctl: the machine as a toolstack sees it. Its schedulers are in domctl/scheduler.test.ts. */
import { beforeEach, expect, test } from 'vitest';
import { xen_domctl_getdomaininfo } from '../abi/domctl.ts';
import { E2BIG, EACCES, EFAULT, ENOSYS, EPERM } from '../abi/errno.ts';
import * as abi from '../abi/sysctl.ts';
import { copyFromGuest, copyToGuest } from '../memory/guest-access.ts';
import { GuestStruct } from '../memory/guest-struct.ts';
import { TEST_BASE, TestDomain, testHost } from '../memory/testing.ts';
import type { Xen } from '../xen.ts';
import { ask } from './testing.ts';

const FRAMES = 1024;
const PAGES = 32;
const BUFFER = TEST_BASE + 8 * 4096;
const NOWHERE = TEST_BASE + PAGES * 4096;

let hypervisor: Xen;
let domain0: TestDomain;
beforeEach(() => {
  hypervisor = testHost(FRAMES, { pcpus: 2, periodNs: 2 });
  new TestDomain(hypervisor, 3, PAGES);
  new TestDomain(hypervisor, 7, PAGES);
  domain0 = new TestDomain(hypervisor, 0, PAGES, 1, true);
});

function buffer(count: number): Uint8Array {
  const bytes = new Uint8Array(count);
  expect(copyFromGuest(hypervisor.frames, domain0.vcpu, BUFFER, bytes)).toBe(true);
  return bytes;
}
const words = (count: number): number[] => [...new Uint32Array(buffer(4 * count).buffer)];

test('another version, nobody to ask, no such command', () => {
  const command = abi.XEN_SYSCTL_physinfo;
  expect(ask(domain0, 'sysctl', command, abi.xen_sysctl_physinfo, undefined, 1).result).toBe(-EACCES);
  expect(ask(domain0, 'sysctl', 255, abi.xen_sysctl_physinfo).result).toBe(-ENOSYS);
  const guest = new TestDomain(hypervisor, 9, PAGES);
  const { result, op } = ask(guest, 'sysctl', command, abi.xen_sysctl_physinfo);
  expect([result, op.get('nr_cpus')]).toEqual([-EPERM, 0]);
});

test('physinfo: each processor a socket, memory in pages, the clock that all of them share', () => {
  const { result, op } = ask(domain0, 'sysctl', abi.XEN_SYSCTL_physinfo, abi.xen_sysctl_physinfo, (given) =>
    given.bytes.fill(0xff, 0, 16),
  );
  expect(result).toBe(0);
  const { frames } = hypervisor;
  const told = { threads_per_core: 1, cores_per_socket: 1, nr_cpus: 2, max_cpu_id: 1, nr_nodes: 1 } as const;
  for (const [name, value] of Object.entries(told))
    expect(op.get(name as keyof typeof told), name).toBe(value);
  expect(op.get('max_node_id')).toBe(0);
  expect(op.get('total_pages')).toBe(FRAMES);
  expect(op.get('free_pages')).toBe(frames.freeFrames);
  expect(op.get('max_mfn')).toBe(FRAMES - 1);
  // 2 ns for each of two processors that take turns: one instruction a ns.
  expect(op.get('cpu_khz')).toBe(1_000_000);
  const heap = ask(domain0, 'sysctl', abi.XEN_SYSCTL_availheap, abi.xen_sysctl_availheap);
  expect([heap.result, heap.op.get('avail_bytes')]).toEqual([0, frames.freeFrames * 4096]);
});

test('getdomaininfolist: domains by id from one on, as many as there is room for', () => {
  const { size } = xen_domctl_getdomaininfo;
  const list = (first: number, most: number, at = BUFFER): { result: number; ids: number[] } => {
    const command = abi.XEN_SYSCTL_getdomaininfolist;
    const { result, op } = ask(domain0, 'sysctl', command, abi.xen_sysctl_getdomaininfolist, (given) => {
      given.set('first_domain', first);
      given.set('max_domains', most);
      given.set('buffer', at);
    });
    if (result !== 0) return { result, ids: [] };
    const bytes = buffer(size * op.get('num_domains'));
    const ids = Array.from({ length: op.get('num_domains') }, (_, n) =>
      new GuestStruct(xen_domctl_getdomaininfo, 0, bytes, n * size).get('domain'),
    );
    return { result, ids };
  };
  expect(list(0, 10)).toEqual({ result: 0, ids: [0, 3, 7] });
  expect(list(0, 2)).toEqual({ result: 0, ids: [0, 3] });
  expect(list(4, 10)).toEqual({ result: 0, ids: [7] });
  expect(list(8, 10)).toEqual({ result: 0, ids: [] });
  expect(list(0, 1, NOWHERE).result).toBe(-EFAULT);
  expect(list(0, 0, NOWHERE)).toEqual({ result: 0, ids: [] });
});

test('cputopoinfo and getcpuinfo: as many as there are, or as there is room for', () => {
  const topology = (count: number, at: number): [number, number] => {
    const command = abi.XEN_SYSCTL_cputopoinfo;
    const { result, op } = ask(domain0, 'sysctl', command, abi.xen_sysctl_cputopoinfo, (given) => {
      given.set('num_cpus', count);
      given.set('cputopo', at);
    });
    return [result, op.get('num_cpus')];
  };
  expect(topology(0, 0)).toEqual([0, 2]);
  expect(topology(8, BUFFER)).toEqual([0, 2]);
  expect(words(6)).toEqual([0, 0, 0, 0, 1, 0]);
  expect(topology(1, BUFFER)).toEqual([0, 1]);
  expect(topology(1, NOWHERE)[0]).toBe(-EFAULT);
  const idle = (most: number, at: number): [number, number] => {
    const command = abi.XEN_SYSCTL_getcpuinfo;
    const { result, op } = ask(domain0, 'sysctl', command, abi.xen_sysctl_getcpuinfo, (given) => {
      given.set('max_cpus', most);
      given.set('info', at);
    });
    return [result, op.get('nr_cpus')];
  };
  expect(idle(8, BUFFER)).toEqual([0, 2]);
  expect(idle(1, BUFFER)).toEqual([0, 1]);
  expect(idle(1, NOWHERE)[0]).toBe(-EFAULT);
});

test('readconsole: all of the ring, what is new, and nothing after it was cleared', () => {
  const read = (
    incremental: number,
    index: number,
    clear = 0,
    count = 100,
    at = BUFFER,
  ): [number, string, number] => {
    const command = abi.XEN_SYSCTL_readconsole;
    const { result, op } = ask(domain0, 'sysctl', command, abi.xen_sysctl_readconsole, (given) => {
      given.set('incremental', incremental);
      given.set('index', index);
      given.set('clear', clear);
      given.set('count', count);
      given.set('buffer', at);
    });
    return [result, result === 0 ? new TextDecoder().decode(buffer(op.get('count'))) : '', op.get('index')];
  };
  // What it said as it booted is gone.
  const { next } = hypervisor.console.readRing(0, 16384, true);
  hypervisor.console.print('one');
  expect(read(0, 0)).toEqual([0, 'one\n', next + 4]);
  hypervisor.console.print('two');
  expect(read(1, next + 4)).toEqual([0, 'two\n', next + 8]);
  expect(read(0, next + 4)).toEqual([0, 'one\ntwo\n', next + 8]);
  expect(read(0, 0, 0, 5)).toEqual([0, 'one\nt', next + 5]);
  expect(read(0, 0, 0, 100, NOWHERE)[0]).toBe(-EFAULT);
  expect(read(0, 0, 1)).toEqual([0, 'one\ntwo\n', next + 8]);
  expect(read(0, 0)).toEqual([0, '', next + 8]);
});

test('debug_keys: as if they were typed, up to one that cannot be read', () => {
  const keys = (count: number, at: number): number =>
    ask(domain0, 'sysctl', abi.XEN_SYSCTL_debug_keys, abi.xen_sysctl_debug_keys, (given) => {
      given.set('keys', at);
      given.set('nr_keys', count);
    }).result;
  const printed = (): string => new TextDecoder().decode(hypervisor.console.readRing(0, 16384, true).bytes);
  expect(copyToGuest(hypervisor.frames, domain0.vcpu, BUFFER, new TextEncoder().encode('h'))).toBe(true);
  expect(keys(1, BUFFER)).toBe(0);
  expect(printed()).toMatch(/'h' pressed -> showing installed handlers/);
  expect(keys(0, NOWHERE)).toBe(0);
  expect(keys(1, NOWHERE)).toBe(-EFAULT);
  expect(keys(257, BUFFER)).toBe(-E2BIG);
  expect(printed()).toBe('');
});
