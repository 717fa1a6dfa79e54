/** INT n: which vectors a guest may raise. */
import { describe, expect, test } from 'vitest';
import { address, asUser, load, start } from '../testing-guest.ts';
import type { Setup } from '../testing-guest.ts';

function boot(code: string, before: (setup: Setup) => void): Setup {
  const setup = load(code);
  start(setup, setup.guest.vcpu);
  before(setup);
  expect(setup.guest.hypervisor.run(10_000).kind).toBe('shutdown');
  return setup;
}

describe('a software interrupt', () => {
  test.each([3, 4, 0x80])('of vector %i reaches the guest, whatever its trap table allows', (vector) => {
    for (const who of [asUser, () => undefined]) {
      const { guest, labels } = boot(`db 0xcd, ${String(vector)}\n nop\nhandler:\n ud2`, (setup) => {
        who(setup);
        setup.guest.vcpu.traps.addresses[vector] = address(setup.labels, 'handler');
      });
      expect(guest.hypervisor.processor.rip).toBe(address(labels, 'handler'));
      expect(guest.domain.shutdown?.crash?.message).toContain('#6');
    }
  });

  test.each([0x81, 0x20])('of vector %i is #GP where the trap table does not allow it', (vector) => {
    const { guest } = boot(`db 0xcd, ${String(vector)}\nhandler:\n ud2`, ({ guest: { vcpu }, labels }) => {
      vcpu.traps.addresses[vector] = address(labels, 'handler');
    });
    expect(guest.domain.shutdown?.crash?.message).toContain(
      `#13, error code ${(vector * 8 + 2).toString(16)}`,
    );
  });
});
