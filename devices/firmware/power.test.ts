import { expect, test } from 'vitest';
import { TestClock } from '../testing.ts';
import { PM1_CONTROL, PM1_EVENT, PM_TIMER, PowerRegisters, SLEEP_ENABLE } from './power.ts';

const S5 = 5 << 10;

test('the timer has 24 bits of 3.579545 MHz, by any width', () => {
  const clock = new TestClock();
  const power = new PowerRegisters(clock);
  clock.ns = 1_000_000_000;
  expect(power.read(PM_TIMER, 4)).toBe(3_579_545);
  expect(power.read(PM_TIMER, 1)).toBe(3_579_545 & 0xff);
  clock.ns = 5_000_000_000;
  expect(power.read(PM_TIMER, 4)).toBe((3_579_545 * 5) % 2 ** 24);
});

test('ACPI is on, nothing has happened, and what is enabled can be read again', () => {
  const power = new PowerRegisters(new TestClock());
  expect(power.read(PM1_CONTROL, 2)).toBe(1);
  power.write(PM1_EVENT + 2, 2, 0x120);
  power.write(PM1_EVENT, 2, 0xffff);
  expect(power.read(PM1_EVENT, 4)).toBe(0x120_0000);
});

test('S5 is off, and nothing else is', () => {
  const power = new PowerRegisters(new TestClock());
  power.write(PM1_CONTROL, 2, S5);
  power.write(PM1_CONTROL, 2, SLEEP_ENABLE | (1 << 10));
  expect([power.isOff, power.read(PM1_CONTROL, 2)]).toEqual([false, 1 | (1 << 10)]);
  power.write(PM1_CONTROL, 2, S5 | SLEEP_ENABLE);
  expect(power.isOff).toBe(true);
});
