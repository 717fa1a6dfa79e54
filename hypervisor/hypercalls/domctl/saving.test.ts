/** What a toolstack asks for when it saves a domain, and sets when it restores one. */
import { expect, test } from 'vitest';
import { XEN_DOMCTL_INTERFACE_VERSION } from '../../abi/control.ts';
import * as abi from '../../abi/domctl.ts';
import { E2BIG, EEXIST, EFAULT, EINVAL, ENOBUFS, EOPNOTSUPP, ERANGE, ESRCH } from '../../abi/errno.ts';
import { vcpu_info, vcpu_time_info } from '../../abi/shared-info.ts';
import { copyFromGuest, copyToGuest } from '../../memory/guest-access.ts';
import { GuestStruct } from '../../memory/guest-struct.ts';
import { ARGUMENTS, TestDomain, TEST_BASE, testHost } from '../../memory/testing.ts';
import { PGT_L1_PAGE_TABLE } from '../../memory/frame-table.ts';
import { setM2p } from '../../memory/m2p.ts';
import { getPageAndType, putPageAndType } from '../../memory/page-types.ts';
import { PAGE_BYTES } from '../../memory/pages.ts';
import { populateDomain } from '../../domain/create.ts';
import type { Composite } from '../../abi/layout.ts';
import { writeVcpuTime } from '../../time/areas.ts';
import { readTsc } from '../../time/tsc.ts';
import { domainCpuid, guestCpuid } from '../../traps/privop/cpuid.ts';
import { domctl } from '../domctl.ts';

/** Where lists of the caller's are. */
const LIST = TEST_BASE + 6 * PAGE_BYTES;

function host(): { dom0: TestDomain; domU: TestDomain } {
  const hypervisor = testHost(1024);
  return { domU: new TestDomain(hypervisor, 1, 32, 2), dom0: new TestDomain(hypervisor, 0, 32, 1, true) };
}

/** Makes a domctl of domain 0's for domain 1: its result, and what came back. */
function ask<F>(
  dom0: TestDomain,
  command: number,
  layout: Composite<F>,
  fill: (op: GuestStruct<F>) => void = () => undefined,
): { result: number; op: GuestStruct<F> } {
  const bytes = new Uint8Array(abi.xen_domctl.size);
  const head = new GuestStruct(abi.xen_domctl, 0, bytes);
  head.set('cmd', command);
  head.set('interface_version', XEN_DOMCTL_INTERFACE_VERSION);
  head.set('domain', 1);
  const op = new GuestStruct(layout, 0, bytes, abi.xen_domctl.offset.u);
  fill(op);
  const { frames } = dom0.hypervisor;
  copyToGuest(frames, dom0.vcpu, ARGUMENTS, bytes);
  const result = dom0.call(domctl, ARGUMENTS);
  copyFromGuest(frames, dom0.vcpu, ARGUMENTS, bytes);
  return { result, op };
}

function put(dom0: TestDomain, words: readonly number[]): void {
  copyToGuest(dom0.hypervisor.frames, dom0.vcpu, LIST, new Uint8Array(Uint32Array.from(words).buffer));
}
function list(dom0: TestDomain, count: number): number[] {
  const words = new Uint32Array(count);
  copyFromGuest(dom0.hypervisor.frames, dom0.vcpu, LIST, new Uint8Array(words.buffer));
  return [...words];
}

test('of XSAVE there is the header, and nothing in it', () => {
  const { dom0 } = host();
  const get = (size: number, buffer: number, vcpu = 0): ReturnType<typeof ask<typeof LAYOUT.fields>> =>
    ask(dom0, abi.XEN_DOMCTL_getvcpuextstate, LAYOUT, (op) => {
      op.set('vcpu', vcpu);
      op.set('size', size);
      op.set('buffer', buffer);
    });
  const LAYOUT = abi.xen_domctl_vcpuextstate;
  const asked = get(0, 0);
  expect([asked.result, asked.op.get('xfeature_mask'), asked.op.get('size')]).toEqual([0, 0, 16]);
  put(dom0, [1, 1, 1, 1, 1]);
  expect(get(16, LIST).result).toBe(0);
  expect(list(dom0, 5)).toEqual([0, 0, 0, 0, 1]);
  expect(get(15, LIST).result).toBe(-EINVAL);
  expect(get(16, 4096).result).toBe(-EFAULT);
  expect(get(0, 0, 2).result).toBe(-ESRCH);
  const set = (size: number): number =>
    ask(dom0, abi.XEN_DOMCTL_setvcpuextstate, LAYOUT, (op) => {
      op.set('size', size);
      op.set('buffer', LIST);
    }).result;
  expect([set(16), set(15), set(592)]).toEqual([0, -EINVAL, -EINVAL]);
  put(dom0, [3, 0, 0, 0]);
  expect(set(16)).toBe(-EINVAL);
});

test('MSRs that are not 0 go along', () => {
  const { dom0, domU } = host();
  const run = (command: number, count: number, at = LIST): [number, number] => {
    const { result, op } = ask(dom0, command, abi.xen_domctl_vcpu_msrs, (each) => {
      each.set('vcpu', 1);
      each.set('msr_count', count);
      each.set('msrs', at);
    });
    return [result, op.get('msr_count')];
  };
  expect(run(abi.XEN_DOMCTL_get_vcpu_msrs, 0, 0)).toEqual([0, 7]);
  expect(run(abi.XEN_DOMCTL_get_vcpu_msrs, 7)).toEqual([0, 0]);
  put(dom0, [0x140, 0, 1, 0]);
  expect(run(abi.XEN_DOMCTL_set_vcpu_msrs, 1)).toEqual([0, 1]);
  expect(domU.domain.vcpus.map(({ cpuidFaulting }) => cpuidFaulting)).toEqual([false, true]);
  expect(run(abi.XEN_DOMCTL_get_vcpu_msrs, 0)).toEqual([-ENOBUFS, 1]);
  put(dom0, [9, 9, 9, 9]);
  expect(run(abi.XEN_DOMCTL_get_vcpu_msrs, 1)).toEqual([0, 1]);
  expect(list(dom0, 4)).toEqual([0x140, 0, 1, 0]);
  // A value that it cannot have; one that is none of these; reserved bits; too many.
  put(dom0, [0x140, 0, 0, 0, 0x140, 0, 2, 0]);
  expect(run(abi.XEN_DOMCTL_set_vcpu_msrs, 2)).toEqual([-EINVAL, 1]);
  put(dom0, [0x10, 0, 0, 0]);
  expect(run(abi.XEN_DOMCTL_set_vcpu_msrs, 1)).toEqual([-EINVAL, 0]);
  put(dom0, [0x140, 1, 0, 0]);
  expect(run(abi.XEN_DOMCTL_set_vcpu_msrs, 1)).toEqual([-EINVAL, 0]);
  expect(run(abi.XEN_DOMCTL_set_vcpu_msrs, 8)[0]).toBe(-EINVAL);
});

interface Policy {
  readonly result: number;
  readonly leaves: number;
  readonly msrs: number;
  readonly wrong: readonly number[];
}

function policy(dom0: TestDomain, command: number, leaves: number, at: number, msrs = 0, msrsAt = 0): Policy {
  const { result, op } = ask(dom0, command, abi.xen_domctl_cpu_policy, (each) => {
    each.set('nr_leaves', leaves);
    each.set('leaves', at);
    each.set('nr_msrs', msrs);
    each.set('msrs', msrsAt);
  });
  const wrong = [op.get('err_leaf'), op.get('err_subleaf'), op.get('err_msr')];
  return { result, leaves: op.get('nr_leaves'), msrs: op.get('nr_msrs'), wrong };
}

const NO_SUBLEAF = abi.XEN_CPUID_NO_SUBLEAF;
const NONE = 0xffffffff;

test('what CPUID tells is a list of leaves, which another domain can be given', () => {
  const { dom0, domU } = host();
  const get = abi.XEN_DOMCTL_get_cpu_policy;
  const set = abi.XEN_DOMCTL_set_cpu_policy;
  expect(policy(dom0, get, 0, 0)).toMatchObject({ result: 0, leaves: 0x5d, msrs: 2 });
  expect(policy(dom0, get, 3, LIST).result).toBe(-ENOBUFS);
  const { leaves } = policy(dom0, get, 0x5d, LIST);
  const all = list(dom0, leaves * 6);
  const own = guestCpuid(domU.hypervisor, 1, 0).map((word) => word >>> 0);
  expect(all.slice(6, 12)).toEqual([1, NO_SUBLEAF, ...own]);
  // Another signature, a feature less, and one that the host does not have (AVX).
  put(dom0, [1, NO_SUBLEAF, 0x600, 0, (own[2]! & ~(1 << 23)) | (1 << 28), own[3]!]);
  expect(policy(dom0, set, 1, LIST).result).toBe(0);
  expect(domainCpuid(domU.hypervisor, domU.domain, 1, 0).map((word) => word >>> 0)).toEqual([
    0x600,
    0,
    (own[2]! & ~(1 << 23)) >>> 0,
    own[3],
  ]);
  expect(domainCpuid(domU.hypervisor, domU.domain, 0, 0)).toEqual(guestCpuid(domU.hypervisor, 0, 0));
  expect(domainCpuid(domU.hypervisor, dom0.domain, 1, 0)[0]).toBe(own[0]);
});

test('a processor that the host has not is refused, and said where', () => {
  const { dom0, domU } = host();
  const set = abi.XEN_DOMCTL_set_cpu_policy;
  const refused = (words: readonly number[]): readonly number[] => {
    put(dom0, words);
    const { result, wrong } = policy(dom0, set, words.length / 6, LIST);
    return [result, ...wrong];
  };
  expect(refused([0, NO_SUBLEAF, 0xd, 0, 0, 0])).toEqual([-EINVAL, 0, NO_SUBLEAF, NONE]);
  expect(refused([7, 0, 9, 0, 0, 0])).toEqual([-EINVAL, 7, 0, NONE]);
  expect(refused([0x80000000, NO_SUBLEAF, 0x8000001f, 0, 0, 0])).toEqual([
    -EINVAL,
    0x80000000,
    NO_SUBLEAF,
    NONE,
  ]);
  expect(refused([0x20, NO_SUBLEAF, 0, 0, 0, 0])).toEqual([-ERANGE, 0x20, NO_SUBLEAF, NONE]);
  expect(refused([1, 0, 0, 0, 0, 0])).toEqual([-ERANGE, 1, 0, NONE]);
  expect(domU.domain.cpuPolicy).toEqual([]);
  expect(policy(dom0, set, 0x5e, LIST).result).toBe(-E2BIG);
  put(dom0, [0x10, 0, 0, 0]);
  expect(policy(dom0, set, 0, 0, 1, LIST)).toMatchObject({ result: -ERANGE, wrong: [NONE, NONE, 0x10] });
  domU.domain.creationFinished = true;
  expect(policy(dom0, set, 0, 0).result).toBe(-EEXIST);
});

test('a TSC of another frequency is reckoned from system time, and pvclock says so', () => {
  const { dom0, domU } = host();
  const { hypervisor, domain, vcpu } = domU;
  const set = (mode: number, khz: number, elapsedNs: number): number =>
    ask(dom0, abi.XEN_DOMCTL_settscinfo, abi.xen_domctl_tsc_info, (op) => {
      op.set('tsc_mode', mode);
      op.set('gtsc_khz', khz);
      op.set('elapsed_nsec', elapsedNs);
      op.set('incarnation', 1);
    }).result;
  const own = Math.round(1_000_000 / hypervisor.clock.periodNs);
  hypervisor.processor.tscOffset = 1_000_000;
  expect(set(abi.TSC_MODE_DEFAULT, own, 5)).toBe(0);
  expect(readTsc(hypervisor, domain)).toBe(hypervisor.ticks());
  expect(set(abi.TSC_MODE_DEFAULT, 2_596_121, 3_000_000_000)).toBe(0);
  expect(readTsc(hypervisor, domain)).toBe(3 * 2_596_121_000);
  const told = ask(dom0, abi.XEN_DOMCTL_gettscinfo, abi.xen_domctl_tsc_info).op;
  expect([told.get('gtsc_khz'), told.get('elapsed_nsec'), told.get('incarnation')]).toEqual([
    2_596_121, 3_000_000_000, 2,
  ]);
  hypervisor.processor.tscOffset += 500_000_000;
  writeVcpuTime(hypervisor, vcpu);
  const time = new GuestStruct(vcpu_time_info, 0);
  const at = vcpu.info + vcpu_info.offset.time;
  time.bytes.set(hypervisor.machine.bytes.subarray(at, at + vcpu_time_info.size));
  const shift = time.get('tsc_shift');
  const later = readTsc(hypervisor, domain) + 2_596_121_000;
  const cycles = (later - time.get('tsc_timestamp')) * 2 ** shift;
  const ns = time.get('system_time') + Math.floor((cycles * time.get('tsc_to_system_mul')) / 2 ** 32);
  expect(Math.abs(ns - hypervisor.nowNs() - 1e9)).toBeLessThan(10);
  expect(set(abi.TSC_MODE_NEVER_EMULATE, 7, 7)).toBe(0);
  expect(readTsc(hypervisor, domain)).toBe(hypervisor.ticks());
  expect(set(abi.TSC_MODE_ALWAYS_EMULATE, 0, 0)).toBe(0);
  expect(readTsc(hypervisor, domain)).toBe(0);
  expect([set(3, 0, 0), set(0, 0, 2 ** 61)]).toEqual([-EINVAL, -EINVAL]);
});

test('log-dirty tells which pages were written, by whom ever, and begins anew when it is cleaned', () => {
  const { dom0, domU } = host();
  const LAYOUT = abi.xen_domctl_shadow_op;
  const shadow = (op: number, pages = 0, mode = 0): [number, number, number] => {
    dom0.enter();
    const asked = ask(dom0, abi.XEN_DOMCTL_shadow_op, LAYOUT, (each) => {
      each.set('op', op);
      each.set('mode', mode);
      each.set('dirty_bitmap', pages === 0 ? 0 : LIST);
      each.set('pages', pages);
    });
    return [asked.result, asked.op.get('stats.dirty_count'), asked.op.get('pages')];
  };
  const { ENABLE_LOGDIRTY, CLEAN, PEEK, OFF } = {
    ENABLE_LOGDIRTY: abi.XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY,
    CLEAN: abi.XEN_DOMCTL_SHADOW_OP_CLEAN,
    PEEK: abi.XEN_DOMCTL_SHADOW_OP_PEEK,
    OFF: abi.XEN_DOMCTL_SHADOW_OP_OFF,
  };
  const write = (pfn: number): void => {
    domU.enter();
    domU.poke(TEST_BASE + pfn * PAGE_BYTES, 7);
  };
  write(9);
  expect(shadow(ENABLE_LOGDIRTY)[0]).toBe(0);
  expect(shadow(ENABLE_LOGDIRTY)[0]).toBe(-EINVAL);
  expect(shadow(CLEAN, 32)).toEqual([0, 0, 32]);
  write(10);
  write(31);
  write(10);
  expect(shadow(PEEK, 32)).toEqual([0, 2, 32]);
  expect(list(dom0, 1)).toEqual([((1 << 10) | (1 << 31)) >>> 0]);
  expect(shadow(CLEAN, 16)).toEqual([0, 2, 16]);
  expect(list(dom0, 1)[0]! & 0xffff).toBe(1 << 10);
  expect(shadow(CLEAN, 32)).toEqual([0, 0, 32]);
  expect(list(dom0, 1)).toEqual([0]);
  // A page-table entry that Xen writes is a write, too.
  domU.hypervisor.frames.writeEntry(domU.mfns[4]!, 500, 0, 0);
  expect(shadow(PEEK, 32)[1]).toBe(1);
  expect(list(dom0, 1)).toEqual([1 << 4]);
  expect(shadow(CLEAN)[0]).toBe(0);
  // And a page that becomes a page table, or is none any more, though nobody writes to it.
  const { frames } = domU.hypervisor;
  const mfn = populateDomain(frames, domU.domain, 1)![0]!;
  setM2p(frames, mfn, 20, 0);
  expect(shadow(CLEAN)[0]).toBe(0);
  expect(getPageAndType(frames, mfn, domU.domain.id, PGT_L1_PAGE_TABLE)).toBe(0);
  expect(shadow(CLEAN, 32)[1]).toBe(1);
  expect(list(dom0, 1)).toEqual([1 << 20]);
  putPageAndType(frames, mfn);
  expect(shadow(CLEAN, 32)[1]).toBe(1);
  expect(list(dom0, 1)).toEqual([1 << 20]);
  expect(shadow(PEEK, 32)[1]).toBe(0);
  expect([shadow(PEEK, 8, 2)[0], shadow(99)[0]]).toEqual([-EINVAL, -EOPNOTSUPP]);
  expect([shadow(OFF)[0], shadow(OFF)[0]]).toEqual([0, 0]);
  write(10);
  expect(shadow(PEEK, 32)).toEqual([0, 0, 32]);
  expect(list(dom0, 1)).toEqual([0]);
});
