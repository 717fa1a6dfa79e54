/** The names that Debian's kernel brings: found in its memory, right, and no harm where a guest has put something else there. */
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { Guest, images } from '../debian-testing.ts';
import { findKallsyms } from './kallsyms.ts';
import { KernelNames } from './kernel-names.ts';
import { vcpuView } from '../views.ts';

describe.skipIf(images === undefined)("Debian's cloud kernel", () => {
  it('is named: who idles, and who called that', async () => {
    const { lab } = await Guest.booted(images!.cloud, 1);
    const names = new KernelNames(lab.hypervisor);
    const vcpu = lab.domain.vcpus[0]!;
    while (!lab.hypervisor.idle) lab.runTo(lab.place.ticks + 1_000_000);
    const { registers, stack } = vcpuView(lab.hypervisor, vcpu, lab.code);
    const [rip, rsp] = [registers['rip'], registers['rsp']].map((hex) => signed(hex!));
    expect(stack).toEqual([]);
    // It has asked Xen to wait for events.
    const callers = names.callers(vcpu, rip!, rsp!).map((name) => name.replace(/\+.*/, ''));
    expect(callers[0]).toMatch(/^xen_hypercall_/);
    expect(callers.join(' ')).toMatch(/xen_safe_halt.* default_idle.* do_idle.* cpu_startup_entry/);
    expect(names.nameOf(vcpu, rip! + 2 ** 20)).not.toBe(callers[0]);
    expect(names.nameOf(vcpu, 0x400000)).toBe(null);
  });
});

function signed(hex: string): number {
  return Number(BigInt.asIntN(64, BigInt(`0x${hex}`)));
}

test('what is no table of names is none, whatever it is', () => {
  const digits = new TextEncoder().encode('0\x001\x002\x003\x004\x005\x006\x007\x008\x009\x00');
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 4096 }), fc.nat(4096), (bytes, at) => {
      const image = new Uint8Array(8192);
      image.set(bytes, at);
      image.set(digits, 4000);
      expect(findKallsyms(image)).toBe(null);
    }),
    { seed: 4, numRuns: 200 },
  );
});
