/** xen_version, vm_assist and console_io: what Xen says of itself, what a domain switches on, and what it says on Xen's console. */
import { beforeEach, describe, expect, test } from 'vitest';
import { E2BIG, EFAULT, EINVAL, ENOSYS, EPERM } from '../abi/errno.ts';
import * as abi from '../abi/version.ts';
import * as xen from '../abi/xen.ts';
import { ARGUMENTS, TEST_BASE, TestDomain, testHost } from '../memory/testing.ts';
import { parseBootParameters } from '../state/boot-parameters.ts';
import { consoleIo } from './console-io.ts';
import { vmAssist } from './vm-assist.ts';
import { xenVersion } from './xen-version.ts';

const NOWHERE = TEST_BASE + 40 * 4096;
const COMMAND_LINE = 'dom0_mem=64M';

let guest: TestDomain;
let dom0: TestDomain;

beforeEach(() => {
  const host = testHost(1024, { parameters: parseBootParameters(COMMAND_LINE) });
  guest = new TestDomain(host, 1, 32);
  dom0 = new TestDomain(host, 0, 32, 1, true);
});

function ask(by: TestDomain, command: number, argument = ARGUMENTS): number {
  by.enter();
  return by.call(xenVersion, command, argument);
}

function text(by: TestDomain, length: number, at = ARGUMENTS): string {
  const bytes = new Uint8Array(length);
  for (let n = 0; n < length; n += 8) new DataView(bytes.buffer).setBigUint64(n, by.peek(at + n), true);
  return new TextDecoder('latin1').decode(bytes);
}

describe('xen_version', () => {
  test('numbers come as results, whatever the argument', () => {
    expect(ask(guest, abi.XENVER_version, NOWHERE)).toBe(0x40011);
    expect(ask(guest, abi.XENVER_pagesize, NOWHERE)).toBe(4096);
    expect(ask(guest, abi.XENVER_build_id, 0)).toBe(-EPERM);
    expect(ask(guest, 99)).toBe(-ENOSYS);
  });

  test.each([
    abi.XENVER_extraversion,
    abi.XENVER_compile_info,
    abi.XENVER_capabilities,
    abi.XENVER_changeset,
    abi.XENVER_platform_parameters,
    abi.XENVER_get_features,
    abi.XENVER_guest_handle,
    abi.XENVER_commandline,
  ])('command %i answers in memory, or -EFAULT', (command) => {
    expect(ask(guest, command, NOWHERE)).toBe(-EFAULT);
    expect(ask(guest, command)).toBe(0);
  });

  test('texts end with a zero and fill their field', () => {
    guest.enter();
    guest.poke(ARGUMENTS, -1, -1, -1);
    expect(ask(guest, abi.XENVER_extraversion)).toBe(0);
    expect(text(guest, 24)).toBe(`.7${'\0'.repeat(14)}${'\xff'.repeat(8)}`);
  });

  test('the command line is domain 0’s to know', () => {
    ask(guest, abi.XENVER_commandline);
    expect(text(guest, 16)).toBe('<denied>\0\0\0\0\0\0\0\0');
    ask(dom0, abi.XENVER_commandline);
    expect(text(dom0, 16)).toBe(`${COMMAND_LINE}\0\0\0\0`);
  });

  test('features: one word of them; domain 0 has one more', () => {
    const features = (by: TestDomain, index: number): number => {
      by.enter();
      by.poke(ARGUMENTS, index);
      const result = ask(by, abi.XENVER_get_features);
      return result < 0 ? result : Number(by.peek(ARGUMENTS) >> 32n);
    };
    expect(features(guest, abi.XENFEAT_NR_SUBMAPS)).toBe(-EINVAL);
    const own = features(guest, 0);
    expect(features(dom0, 0)).toBe(own | (1 << abi.XENFEAT_dom0));
    expect(own & (1 << abi.XENFEAT_pae_pgdir_above_4gb)).toBe(0);
    guest.domain.vmAssist = 1 << xen.VMASST_TYPE_pae_extended_cr3;
    expect(features(guest, 0)).toBe(own | (1 << abi.XENFEAT_pae_pgdir_above_4gb));
  });
});

describe('vm_assist', () => {
  const { VMASST_CMD_enable: enable, VMASST_CMD_disable: disable } = xen;
  const assist = (command: number, type: number): number => guest.call(vmAssist, command, type);

  test('assists go on and off, each for itself', () => {
    expect(assist(enable, 1)).toBe(0);
    expect(assist(enable, xen.VMASST_TYPE_runstate_update_flag)).toBe(0);
    expect(guest.domain.vmAssist).toBe(2 | (1 << xen.VMASST_TYPE_runstate_update_flag));
    expect(assist(disable, 1)).toBe(0);
    expect(guest.domain.vmAssist).toBe(1 << xen.VMASST_TYPE_runstate_update_flag);
    expect(assist(enable, xen.VMASST_TYPE_m2p_strict)).toBe(0);
    expect(guest.domain.m2pStrict).toBe(true);
    expect(assist(disable, xen.VMASST_TYPE_m2p_strict)).toBe(0);
    expect(guest.domain.m2pStrict).toBe(false);
  });

  test('what is not there: types first, then commands', () => {
    const last = xen.VMASST_TYPE_runstate_update_flag;
    for (const type of [-1, last + 1, xen.VMASST_TYPE_m2p_strict + 1, 64])
      expect(assist(enable, type)).toBe(-EINVAL);
    expect([assist(2, 0), assist(2, last + 1)]).toEqual([-ENOSYS, -EINVAL]);
    expect(guest.domain.vmAssist).toBe(0);
  });
});

describe('console_io', () => {
  const io = (by: TestDomain, command: number, count: number | bigint, buffer = ARGUMENTS): number => {
    by.enter();
    return by.call(consoleIo, command, count, buffer);
  };

  test('what is not there, or too much', () => {
    expect(io(dom0, 2, 1)).toBe(-ENOSYS);
    expect(io(dom0, xen.CONSOLEIO_write, 0x8000_0000)).toBe(-E2BIG);
    expect(io(dom0, xen.CONSOLEIO_write, 1, NOWHERE)).toBe(-EFAULT);
    expect(io(guest, xen.CONSOLEIO_read, 1)).toBe(-EPERM);
  });

  test('lines of a domain are kept until they end, and no longer than they may be', () => {
    const say = (words: string): void => {
      guest.enter();
      guest.poke(
        ARGUMENTS,
        new DataView(new TextEncoder().encode(words.padEnd(8)).buffer).getBigUint64(0, true),
      );
      expect(io(guest, xen.CONSOLEIO_write, words.length)).toBe(0);
    };
    say('ab\x01\tc');
    expect(guest.domain.consoleLine).toBe('ab\tc');
    say('d\ne');
    expect(guest.domain.consoleLine).toBe('e');
    for (let n = 0; n < 128; n++) say('12345678');
    expect(guest.domain.consoleLine).toBe('8');
  });

  test('domain 0 reads what was typed, as much as it asks for', () => {
    dom0.hypervisor.console.input.push(0x61, 0x62, 0x63);
    expect(io(dom0, xen.CONSOLEIO_read, 2)).toBe(2);
    expect(text(dom0, 8).slice(0, 2)).toBe('ab');
    expect([io(dom0, xen.CONSOLEIO_read, 2), io(dom0, xen.CONSOLEIO_read, 2)]).toEqual([1, 0]);
  });
});
