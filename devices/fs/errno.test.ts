import { expect, test } from 'vitest';
import * as linux from '../../hypervisor/abi/errno.ts';
import * as ours from './errno.ts';

test('errors are numbered as Linux numbers them, and Xen after it', () => {
  const { OK, ...errors } = ours;
  expect(OK).toBe(0);
  const known: Readonly<Record<string, unknown>> = linux;
  const shared = Object.entries(errors).filter(([name]) => name in known);
  expect(shared.length).toBeGreaterThan(8);
  for (const [name, value] of shared) expect(value, name).toBe(known[name]);
});
