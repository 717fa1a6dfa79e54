/** platform_op: what domain 0 hears of the machine, and may change. */
import { beforeEach, describe, expect, test } from 'vitest';
import { PM1_CONTROL, SLEEP_ENABLE } from '../../devices/firmware/power.ts';
import { SHUTDOWN_poweroff } from '../abi/sched.ts';
import { writePort } from '../traps/privop/ports.ts';
import { EACCES, EFAULT, EINVAL, ENOSYS, EOPNOTSUPP, EPERM, ESRCH } from '../abi/errno.ts';
import * as abi from '../abi/platform.ts';
import { guestCpuid } from '../traps/privop/cpuid.ts';
import { TestDomain, testHost } from '../memory/testing.ts';
import { platformOp, readSignature } from './platform-op.ts';
import { ask } from './testing.ts';

const PCPUS = 2;

let dom0: TestDomain;

beforeEach(() => {
  dom0 = new TestDomain(testHost(1024, { pcpus: PCPUS }), 0, 32, 1, true);
});

describe('refused', () => {
  const { xenpf_settime64: time } = abi;

  test('of another version, of another domain, without a structure, or when there is no such command', () => {
    expect(ask(dom0, 'platform_op', abi.XENPF_settime64, time, undefined, 7).result).toBe(-EACCES);
    expect(ask(dom0, 'platform_op', 1000, time).result).toBe(-ENOSYS);
    expect(dom0.call(platformOp, 0x5000)).toBe(-EFAULT);
    const domU = new TestDomain(dom0.hypervisor, 1, 32);
    expect(ask(domU, 'platform_op', abi.XENPF_settime64, time).result).toBe(-EPERM);
  });

  test.each([
    ['memory types', abi.XENPF_add_memtype, EOPNOTSUPP],
    ['memory types', abi.XENPF_del_memtype, EINVAL],
    ['memory types', abi.XENPF_read_memtype, EINVAL],
    ['microcode', abi.XENPF_microcode_update, EINVAL],
    ['EFI', abi.XENPF_efi_runtime_call, ENOSYS],
    ['frequencies', abi.XENPF_change_freq, ENOSYS],
    ['idle times', abi.XENPF_getidletime, ENOSYS],
    ['more processors', abi.XENPF_cpu_hotadd, EINVAL],
    ['more memory', abi.XENPF_mem_hotadd, EINVAL],
    ['what is not here at all', abi.XENPF_resource_op, ENOSYS],
  ])('%s (%i)', (_, command, errno) => {
    expect(ask(dom0, 'platform_op', command, time).result).toBe(-errno);
  });
});

describe('sleep', () => {
  const enter = (state: number, flags = 0, type = 5): number =>
    ask(dom0, 'platform_op', abi.XENPF_enter_acpi_sleep, abi.xenpf_enter_acpi_sleep, (op) => {
      op.set('val_a', type << 10);
      op.set('sleep_state', state);
      op.set('flags', flags);
    }).result;

  test('is S5 alone, which is the machine’s end', () => {
    expect([enter(0), enter(6), enter(5, 1)]).toEqual([-EINVAL, -EINVAL, -EINVAL]);
    expect([enter(1), enter(3)]).toEqual([-EOPNOTSUPP, -EOPNOTSUPP]);
    expect([enter(5, 0, 1), dom0.domain.shutdown]).toEqual([0, null]);
    expect(enter(5)).toBe(0);
    expect(dom0.domain.shutdown?.reason).toBe(SHUTDOWN_poweroff);
    expect(dom0.hypervisor.stop?.kind).toBe('shutdown');
  });

  test('is entered by the register, too', () => {
    writePort(dom0.hypervisor, dom0.domain, PM1_CONTROL, 2, SLEEP_ENABLE | (5 << 10));
    expect(dom0.domain.shutdown?.reason).toBe(SHUTDOWN_poweroff);
  });
});

describe('the wall clock', () => {
  test('is set by 64 bits of seconds', () => {
    const { result } = ask(dom0, 'platform_op', abi.XENPF_settime64, abi.xenpf_settime64, (op) => {
      op.set('secs', 5_000_000_000);
      op.set('nsecs', 600);
      op.set('system_time', 2_000_000_700);
    });
    expect(result).toBe(0);
    expect(dom0.hypervisor.wallClock).toEqual({ seconds: 4_999_999_997, ns: 999_999_900 });
  });

  test('is set by 32 bits of seconds', () => {
    const { result } = ask(dom0, 'platform_op', abi.XENPF_settime32, abi.xenpf_settime32, (op) => {
      op.set('secs', 4_000_000_000);
      op.set('nsecs', 7);
      op.set('system_time', 1_000_000_000);
    });
    expect(result).toBe(0);
    expect(dom0.hypervisor.wallClock).toEqual({ seconds: 3_999_999_999, ns: 7 });
  });

  test('stays as it is when what must be zero is not', () => {
    const before = { ...dom0.hypervisor.wallClock };
    const { result } = ask(dom0, 'platform_op', abi.XENPF_settime64, abi.xenpf_settime64, (op) => {
      op.set('secs', 1);
      op.set('mbz', 1);
    });
    expect([result, dom0.hypervisor.wallClock]).toEqual([-EINVAL, before]);
  });
});

describe('the firmware', () => {
  const { xenpf_firmware_info: layout } = abi;

  test.each([
    [abi.XEN_FW_DISK_INFO, 0, -ESRCH],
    [abi.XEN_FW_DISK_MBR_SIGNATURE, 0, -ESRCH],
    [abi.XEN_FW_VBEDDC_INFO, 0, -ESRCH],
    [abi.XEN_FW_EFI_INFO, 0, -ENOSYS],
    [abi.XEN_FW_KBD_SHIFT_FLAGS, 0, 0],
    [abi.XEN_FW_KBD_SHIFT_FLAGS, 1, -ESRCH],
    [0, 0, -EINVAL],
    [6, 0, -EINVAL],
  ])('type %i, index %i: %i', (type, index, wanted) => {
    const { result } = ask(dom0, 'platform_op', abi.XENPF_firmware_info, layout, (op) => {
      op.set('type', type);
      op.set('index', index);
    });
    expect(result).toBe(wanted);
  });

  test('told of no shift key, and nothing beside that byte changes', () => {
    const { op } = ask(dom0, 'platform_op', abi.XENPF_firmware_info, layout, (asked) => {
      asked.set('type', abi.XEN_FW_KBD_SHIFT_FLAGS);
      asked.bytesOf('u').fill(0xff);
    });
    expect([...op.bytesOf('u').subarray(0, 3)]).toEqual([0, 0xff, 0xff]);
  });

  test.each([
    [0, -EINVAL],
    [abi.QUIRK_NOIRQBALANCING, 0],
    [abi.QUIRK_IOAPIC_BAD_REGSEL, 0],
    [abi.QUIRK_IOAPIC_GOOD_REGSEL, 0],
    [4, -EINVAL],
  ])('quirk %i: %i', (id, wanted) => {
    const { result } = ask(dom0, 'platform_op', abi.XENPF_platform_quirk, abi.xenpf_platform_quirk, (op) => {
      op.set('quirk_id', id);
    });
    expect(result).toBe(wanted);
  });
});

describe('processors', () => {
  function info(cpu: number): Record<'flags' | 'apic_id' | 'acpi_id' | 'max_present', number> {
    const { result, op } = ask(dom0, 'platform_op', abi.XENPF_get_cpuinfo, abi.xenpf_pcpuinfo, (asked) => {
      asked.set('xen_cpuid', cpu);
      asked.set('apic_id', 99);
      asked.set('acpi_id', 99);
    });
    expect(result).toBe(0);
    const [flags, max_present] = [op.get('flags'), op.get('max_present')];
    return { flags, apic_id: op.get('apic_id'), acpi_id: op.get('acpi_id'), max_present };
  }

  test('are told by their numbers; of one that is not there nothing is told', () => {
    const flags = abi.XEN_PCPU_FLAGS_ONLINE;
    expect(info(0)).toEqual({ flags, apic_id: 0, acpi_id: 0, max_present: 1 });
    expect(info(1)).toEqual({ flags, apic_id: 1, acpi_id: 1, max_present: 1 });
    const none = { flags: abi.XEN_PCPU_FLAGS_INVALID, apic_id: 99, acpi_id: 99, max_present: 1 };
    expect(info(2)).toEqual(none);
  });

  function version(cpu: number): [vendor: string, numbers: number[]] {
    const { result, op } = ask(
      dom0,
      'platform_op',
      abi.XENPF_get_cpu_version,
      abi.xenpf_pcpu_version,
      (asked) => {
        asked.set('xen_cpuid', cpu);
        asked.set('family', 99);
      },
    );
    expect(result).toBe(0);
    const vendor = new TextDecoder().decode(op.bytesOf('vendor_id'));
    return [vendor, [op.get('family'), op.get('model'), op.get('stepping'), op.get('max_present')]];
  }

  test('have the vendor, family, model and stepping that CPUID tells', () => {
    const [, ebx, ecx, edx] = guestCpuid(dom0.hypervisor, 0, 0);
    const vendor = new TextDecoder().decode(Uint32Array.of(ebx, edx, ecx));
    const { family, model, stepping } = readSignature(guestCpuid(dom0.hypervisor, 1, 0)[0]);
    expect(version(1)).toEqual([vendor, [family, model, stepping, 1]]);
    expect(version(2)).toEqual(['\0'.repeat(12), [0, 0, 0, 1]]);
  });

  // Of an 80486, a Core 2, a Coffee Lake, a Zen, and one with bits of a model that its family has no use for.
  test.each([
    [0x0000_0480, 4, 8, 0],
    [0x0000_06fb, 6, 15, 11],
    [0x0009_06ea, 6, 0x9e, 10],
    [0x0080_0f12, 0x17, 0x01, 2],
    [0x0ff1_0543, 5, 4, 3],
  ])('signature %i is family %i, model %i, stepping %i', (signature, family, model, stepping) => {
    expect(readSignature(signature)).toEqual({ family, model, stepping });
  });

  test.each([
    ['online', abi.XENPF_cpu_online, 0],
    ['offline', abi.XENPF_cpu_offline, -EOPNOTSUPP],
  ])('can be brought %s, if they are there', (_, command, wanted) => {
    const bring = (cpu: number): number =>
      ask(dom0, 'platform_op', command, abi.xenpf_cpu_ol, (op) => {
        op.set('cpuid', cpu);
      }).result;
    expect([0, 1, 2].map(bring)).toEqual([wanted, wanted, -EINVAL]);
  });

  test('are never parked', () => {
    const park = (type: number): [number, number] => {
      const { result, op } = ask(
        dom0,
        'platform_op',
        abi.XENPF_core_parking,
        abi.xenpf_core_parking,
        (asked) => {
          asked.set('type', type);
          asked.set('idle_nums', 5);
        },
      );
      return [result, op.get('idle_nums')];
    };
    expect(park(abi.XEN_CORE_PARKING_GET)).toEqual([0, 0]);
    expect(park(abi.XEN_CORE_PARKING_SET)).toEqual([0, 5]);
    expect(park(3)).toEqual([-EINVAL, 5]);
  });

  test('have power states that Xen does not use', () => {
    const tell = (type: number): number =>
      ask(dom0, 'platform_op', abi.XENPF_set_processor_pminfo, abi.xenpf_set_processor_pminfo, (op) => {
        op.set('type', type);
      }).result;
    expect([1, abi.XEN_PM_TX, 3].map(tell)).toEqual([-EINVAL, -ENOSYS, -EINVAL]);
  });
});
