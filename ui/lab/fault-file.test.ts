/** Faults as files have them. */
import { expect, test } from 'vitest';
import { checkFault, readFault } from './fault-file.ts';
import { describeFault } from './faults.ts';
import type { Fault } from './faults.ts';
import { Field } from './world/field.ts';

const FAULTS: readonly Fault[] = [
  { kind: 'crash domain', domain: 1, message: 'so' },
  { kind: 'destroy domain', domain: 1 },
  { kind: 'pause domain', domain: 1 },
  { kind: 'unpause domain', domain: 1 },
  { kind: 'stop vcpu', domain: 1, vcpu: 2 },
  { kind: 'start vcpu', domain: 1, vcpu: 2 },
  { kind: 'fail requests', disk: 0, count: 3 },
  { kind: 'delay requests', disk: 0, ns: 4 },
  { kind: 'lose frames', share: 0.5 },
  { kind: 'drop frames', count: 5 },
  { kind: 'delay frames', ns: 6 },
];

test('each kind comes back as it was', () => {
  for (const fault of FAULTS)
    expect(readFault(new Field('', JSON.parse(JSON.stringify(fault))))).toEqual(fault);
  expect(describeFault(FAULTS[4]!)).toBe('stop vcpu, domain 1, vcpu 2');
});

test('what cannot be is said', () => {
  const refused =
    (fault: object): (() => Fault) =>
    () =>
      checkFault(fault as Fault);
  expect(refused({ kind: 'burn' })).toThrow('there is no fault burn');
  expect(refused({ kind: 'constructor' })).toThrow('there is no fault constructor');
  expect(refused({ kind: 'drop frames', count: -1 })).toThrow('drop frames.count: it must be a whole number');
  expect(refused({ kind: 'drop frames' })).toThrow('drop frames.count');
  expect(refused({ kind: 'lose frames', share: Number.NaN })).toThrow('lose frames.share');
  expect(refused({ kind: 'delay frames', ns: 1, lan: 2 })).toThrow('there is no field lan');
  expect(() => readFault(new Field('', {}))).toThrow('it has no kind');
});
