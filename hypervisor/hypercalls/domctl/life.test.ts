/** domctl: a domain is created, made to run, paused as often as it is unpaused, told of, and destroyed. */
import { beforeEach, expect, test } from 'vitest';
import { XEN_DOMCTL_INTERFACE_VERSION } from '../../abi/control.ts';
import * as abi from '../../abi/domctl.ts';
import { EACCES, EEXIST, EFAULT, EINVAL, ENOSYS, EOPNOTSUPP, EPERM, ESRCH } from '../../abi/errno.ts';
import type { Composite } from '../../abi/layout.ts';
import { copyFromGuest, copyToGuest } from '../../memory/guest-access.ts';
import { GuestStruct } from '../../memory/guest-struct.ts';
import { ARGUMENTS, TEST_BASE, TestDomain, testHost } from '../../memory/testing.ts';
import type { Xen } from '../../xen.ts';
import { domctl } from '../domctl.ts';

const PAGES = 32;
const NOWHERE = TEST_BASE + PAGES * 4096;
const { offset, size } = abi.xen_domctl;

let hypervisor: Xen;
let domain0: TestDomain;
let domain1: TestDomain;
beforeEach(() => {
  hypervisor = testHost(2048);
  domain1 = new TestDomain(hypervisor, 1, PAGES);
  domain0 = new TestDomain(hypervisor, 0, PAGES, 1, true);
});

interface Answer<F> {
  readonly result: number;
  readonly domain: number;
  readonly op: GuestStruct<F>;
}

/** A command for a domain, with what `fill` puts into its part. */
function ask<F>(
  caller: TestDomain,
  command: number,
  domain: number,
  layout: Composite<F>,
  fill: (op: GuestStruct<F>) => void = () => undefined,
  version = XEN_DOMCTL_INTERFACE_VERSION,
): Answer<F> {
  const bytes = new Uint8Array(size);
  const whole = new GuestStruct(abi.xen_domctl, 0, bytes);
  whole.set('cmd', command);
  whole.set('interface_version', version);
  whole.set('domain', domain);
  const op = new GuestStruct(layout, 0, bytes, offset.u);
  fill(op);
  caller.enter();
  expect(copyToGuest(hypervisor.frames, caller.vcpu, ARGUMENTS, bytes)).toBe(true);
  const result = caller.call(domctl, ARGUMENTS);
  expect(copyFromGuest(hypervisor.frames, caller.vcpu, ARGUMENTS, bytes)).toBe(true);
  return { result, domain: whole.get('domain'), op };
}
const tell = (command: number, domain: number, caller = domain0): number =>
  ask(caller, command, domain, abi.xen_domctl_max_vcpus).result;
const info = (domain: number): Answer<(typeof abi.xen_domctl_getdomaininfo)['fields']> =>
  ask(domain0, abi.XEN_DOMCTL_getdomaininfo, domain, abi.xen_domctl_getdomaininfo);
const flags = (domain: number): number => info(domain).op.get('flags');

type Creation = GuestStruct<(typeof abi.xen_domctl_createdomain)['fields']>;

/** A domain as toolstacks create it, but for what `change` does. */
function create(
  wanted: number,
  change: (op: Creation) => void = () => undefined,
): { result: number; domain: number } {
  return ask(domain0, abi.XEN_DOMCTL_createdomain, wanted, abi.xen_domctl_createdomain, (op) => {
    op.set('max_vcpus', 2);
    op.set('max_evtchn_port', 1023);
    op.set('max_grant_frames', 32);
    op.set('max_maptrack_frames', 64);
    op.set('grant_opts', 2);
    change(op);
  });
}

test('another version, no such domain, nobody to ask, no such command, no structure', () => {
  const pause = abi.XEN_DOMCTL_pausedomain;
  expect(ask(domain0, pause, 1, abi.xen_domctl_max_vcpus, undefined, 1).result).toBe(-EACCES);
  expect(tell(pause, 9)).toBe(-ESRCH);
  expect(tell(pause, 0, domain1)).toBe(-EPERM);
  expect(tell(999, 1)).toBe(-ENOSYS);
  expect(domain0.call(domctl, NOWHERE)).toBe(-EFAULT);
  expect(domain1.domain.controllerPauseCount).toBe(0);
});

test('what is created has the id that was asked for, or the next one, is paused, and has no vcpus yet', () => {
  expect(create(5)).toMatchObject({ result: 0, domain: 5 });
  expect(create(5).result).toBe(-EEXIST);
  // Domain 1 is there.
  const next = create(0);
  expect(next).toMatchObject({ result: 0, domain: 2 });
  expect(create(0x7ff0).domain).toBe(3);
  expect(flags(2) & abi.XEN_DOMINF_paused).toBe(abi.XEN_DOMINF_paused);
  expect(info(2).op.get('max_vcpu_id')).toBe(abi.XEN_INVALID_MAX_VCPU_ID);
  const makeVcpus = (domain: number, max: number): number =>
    ask(domain0, abi.XEN_DOMCTL_max_vcpus, domain, abi.xen_domctl_max_vcpus, (op) => {
      op.set('max', max);
    }).result;
  expect(makeVcpus(2, 3)).toBe(-EINVAL);
  expect(makeVcpus(2, 2)).toBe(0);
  expect(makeVcpus(0, 1)).toBe(-EINVAL);
  expect(info(2).op.get('max_vcpu_id')).toBe(1);
});

test.each<[string, (op: Creation) => void, number]>([
  [
    'no vcpus',
    (op) => {
      op.set('max_vcpus', 0);
    },
    EINVAL,
  ],
  [
    'an HVM domain',
    (op) => {
      op.set('flags', abi.XEN_DOMCTL_CDF_hvm);
    },
    EINVAL,
  ],
  [
    'what no Xen knows',
    (op) => {
      op.set('flags', 0x8000_0000);
    },
    EINVAL,
  ],
  [
    'an IOMMU',
    (op) => {
      op.set('flags', abi.XEN_DOMCTL_CDF_iommu);
    },
    EINVAL,
  ],
  [
    'grants of version 0',
    (op) => {
      op.set('grant_opts', 0);
    },
    EINVAL,
  ],
  [
    'grants of version 3',
    (op) => {
      op.set('grant_opts', 3);
    },
    EINVAL,
  ],
  [
    'no grant frames',
    (op) => {
      op.set('max_grant_frames', 0);
    },
    EINVAL,
  ],
  [
    'a trace of its processor',
    (op) => {
      op.set('vmtrace_size', 4096);
    },
    EINVAL,
  ],
  [
    'a device of HVM domains',
    (op) => {
      op.set('arch.emulation_flags', 1);
    },
    EOPNOTSUPP,
  ],
])('what cannot be is not created: %s', (_, change, errno) => {
  expect(create(4, change).result).toBe(-errno);
  expect(hypervisor.domains.has(4)).toBe(false);
});

test('a domain runs when it was unpaused as often as it was paused, and no oftener', () => {
  const [pause, unpause] = [abi.XEN_DOMCTL_pausedomain, abi.XEN_DOMCTL_unpausedomain];
  expect([tell(pause, 1), tell(pause, 1)]).toEqual([0, 0]);
  expect(tell(unpause, 1)).toBe(0);
  expect(flags(1) & abi.XEN_DOMINF_paused).toBe(abi.XEN_DOMINF_paused);
  expect(tell(unpause, 1)).toBe(0);
  expect(flags(1) & abi.XEN_DOMINF_paused).toBe(0);
  expect(tell(unpause, 1)).toBe(-EINVAL);
  expect(tell(pause, 0)).toBe(-EINVAL);
});

test('getdomaininfo tells of the next domain that there is; max_mem of what it may have', () => {
  expect(create(5).result).toBe(0);
  const found = info(2);
  expect([found.result, found.domain, found.op.get('domain')]).toEqual([0, 5, 5]);
  expect(info(6).result).toBe(-ESRCH);
  expect(info(0x7ff0).result).toBe(-EINVAL);
  const setMaximum = (kib: number): number =>
    ask(domain0, abi.XEN_DOMCTL_max_mem, 1, abi.xen_domctl_max_mem, (op) => {
      op.set('max_memkb', kib);
    }).result;
  // Whole pages; less than it has is no error.
  expect(setMaximum(4099)).toBe(0);
  expect(info(1).op.get('max_pages')).toBe(1024);
  expect(setMaximum(8)).toBe(0);
  expect(info(1).op.get('max_pages')).toBe(2);
  expect(info(1).op.get('tot_pages')).toBe(PAGES);
});

test('what is destroyed is gone with its memory; nobody destroys himself', () => {
  const free = hypervisor.frames.freeFrames;
  expect(tell(abi.XEN_DOMCTL_destroydomain, 0)).toBe(-EINVAL);
  expect(tell(abi.XEN_DOMCTL_destroydomain, 1)).toBe(0);
  expect(hypervisor.domains.has(1)).toBe(false);
  expect(tell(abi.XEN_DOMCTL_destroydomain, 1)).toBe(-ESRCH);
  expect(hypervisor.frames.freeFrames).toBeGreaterThanOrEqual(free + PAGES);
  expect(domain0.check()).toEqual([]);
});

test('nodes that a domain is to have memory of: the one that there is', () => {
  const map = ARGUMENTS + 2048;
  const ofNodes = (command: number, bitmap = map): number =>
    ask(domain0, command, 1, abi.xen_domctl_nodeaffinity, (op) => {
      op.set('nodemap.bitmap', bitmap);
      op.set('nodemap.nr_bits', 8);
    }).result;
  domain0.poke(map, 3);
  expect(ofNodes(abi.XEN_DOMCTL_setnodeaffinity)).toBe(0);
  expect(ofNodes(abi.XEN_DOMCTL_getnodeaffinity)).toBe(0);
  expect(domain0.peek(map)).toBe(1n);
  domain0.poke(map, 2);
  expect(ofNodes(abi.XEN_DOMCTL_setnodeaffinity)).toBe(-EINVAL);
  expect(ofNodes(abi.XEN_DOMCTL_setnodeaffinity, NOWHERE)).toBe(-EFAULT);
});

test('an NMI comes to a vcpu, whoever is blocked wakes; buttons are for HVM domains', () => {
  const trigger = (kind: number, vcpu = 0): number =>
    ask(domain0, abi.XEN_DOMCTL_sendtrigger, 1, abi.xen_domctl_sendtrigger, (op) => {
      op.set('trigger', kind);
      op.set('vcpu', vcpu);
    }).result;
  domain1.vcpu.blocked = true;
  expect(trigger(abi.XEN_DOMCTL_SENDTRIGGER_POWER)).toBe(-EINVAL);
  expect(trigger(abi.XEN_DOMCTL_SENDTRIGGER_SLEEP)).toBe(-EINVAL);
  expect(trigger(5)).toBe(-ENOSYS);
  expect(trigger(abi.XEN_DOMCTL_SENDTRIGGER_NMI, 1)).toBe(-ESRCH);
  expect([domain1.vcpu.nmiPending, domain1.vcpu.blocked]).toEqual([false, true]);
  expect(trigger(abi.XEN_DOMCTL_SENDTRIGGER_NMI)).toBe(0);
  expect([domain1.vcpu.nmiPending, domain1.vcpu.blocked]).toEqual([true, false]);
});
