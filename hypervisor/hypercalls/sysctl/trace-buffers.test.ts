/** The trace buffers as xentrace sets them up, and what comes to be in them. */
import { beforeEach, expect, test } from 'vitest';
import { EFAULT, EINVAL } from '../../abi/errno.ts';
import * as abi from '../../abi/sysctl.ts';
import { xenctl_bitmap } from '../../abi/xen.ts';
import { TestDomain, testHost } from '../../memory/testing.ts';
import type { Xen } from '../../xen.ts';
import { ask } from '../testing.ts';

let host: Xen;
let dom0: TestDomain;
beforeEach(() => {
  host = testHost(2048, { pcpus: 2 });
  dom0 = new TestDomain(host, 0, 32, 1, true);
});

function tbuf(
  cmd: number,
  given: { readonly size?: number; readonly mask?: number; readonly cpus?: number } = {},
) {
  return ask(dom0, 'sysctl', abi.XEN_SYSCTL_tbuf_op, abi.xen_sysctl_tbuf_op, (op) => {
    op.set('cmd', cmd);
    op.set('size', given.size ?? 0);
    op.set('evt_mask', given.mask ?? 0);
    const cpus = op.part('cpu_mask', xenctl_bitmap);
    cpus.set('bitmap', given.cpus ?? 0);
    cpus.set('nr_bits', 8);
  });
}

test('there are none until somebody has said how large, which is said once', () => {
  const info = tbuf(abi.XEN_SYSCTL_TBUFOP_get_info);
  expect([info.result, info.op.get('size'), info.op.get('buffer_mfn')]).toEqual([0, 0, 0]);
  expect(info.op.get('evt_mask')).toBe(0x0fff_f000);
  expect(tbuf(abi.XEN_SYSCTL_TBUFOP_enable).result).toBe(-EINVAL);
  expect(tbuf(abi.XEN_SYSCTL_TBUFOP_set_size).result).toBe(-EINVAL);
  expect(tbuf(abi.XEN_SYSCTL_TBUFOP_set_size, { size: 4 }).result).toBe(0);
  expect(tbuf(abi.XEN_SYSCTL_TBUFOP_set_size, { size: 4 }).result).toBe(-EINVAL);
  const { op } = tbuf(abi.XEN_SYSCTL_TBUFOP_get_info);
  expect([op.get('size'), op.get('buffer_mfn')]).toEqual([4096, host.traceBuffers.infoMfn]);
  expect(dom0.check()).toEqual([]);
});

test('they are in use from when that is asked for until it is ended', () => {
  tbuf(abi.XEN_SYSCTL_TBUFOP_set_size, { size: 4 });
  expect(tbuf(abi.XEN_SYSCTL_TBUFOP_enable).result).toBe(0);
  expect(host.traceBuffers.isEnabled).toBe(true);
  host.traceBuffers.lost[1] = 7;
  expect(tbuf(abi.XEN_SYSCTL_TBUFOP_disable).result).toBe(0);
  expect(host.traceBuffers).toMatchObject({ isEnabled: false, lost: [0, 0] });
  expect(tbuf(6).result).toBe(-EINVAL);
});

test('which events and processors are wanted is theirs to say', () => {
  expect(tbuf(abi.XEN_SYSCTL_TBUFOP_set_evt_mask, { mask: 0x0002_f000 }).result).toBe(0);
  expect(tbuf(abi.XEN_SYSCTL_TBUFOP_get_info).op.get('evt_mask')).toBe(0x0002_f000);
  expect(tbuf(abi.XEN_SYSCTL_TBUFOP_set_cpu_mask, { cpus: 0x10 }).result).toBe(-EFAULT);
});
