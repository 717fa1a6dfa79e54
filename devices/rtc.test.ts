import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Rtc, RTC_DATA, RTC_INDEX } from './rtc.ts';
import { TestClock } from './testing.ts';

/** 2026-02-28T23:59:58Z, a Saturday. */
const START = 1_772_323_198;

function setup(epochSeconds = START): {
  clock: TestClock;
  read: (i: number) => number;
  write: (i: number, v: number) => void;
} {
  const clock = new TestClock();
  const rtc = new Rtc(clock, epochSeconds);
  return {
    clock,
    read: (index) => {
      rtc.write(RTC_INDEX, index);
      return rtc.read(RTC_DATA);
    },
    write: (index, value) => {
      rtc.write(RTC_INDEX, index);
      rtc.write(RTC_DATA, value);
    },
  };
}
/** Century, year, month, day, hours, minutes, seconds. */
const ALL = [0x32, 9, 8, 7, 4, 2, 0];

test('the time in BCD, going on with the machine’s clock', () => {
  const { clock, read } = setup();
  expect(ALL.map(read)).toEqual([0x20, 0x26, 2, 0x28, 0x23, 0x59, 0x58]);
  expect(read(6)).toBe(7);
  clock.ns = 1_999_999_999;
  expect(read(0)).toBe(0x59);
  clock.ns = 2_000_000_000;
  expect(ALL.map(read)).toEqual([0x20, 0x26, 3, 1, 0, 0, 0]);
  expect([read(10) & 0x80, read(11), read(13)]).toEqual([0, 2, 0x80]);
});

test('binary, and hours of twelve', () => {
  const { read, write } = setup();
  write(11, 4);
  expect([read(0), read(4)]).toEqual([58, 11 | 0x80]);
  write(4, 12);
  expect(read(4)).toBe(12);
  write(11, 6);
  expect(read(4)).toBe(0);
});

test('noon and midnight in hours of twelve', () => {
  const { read, write } = setup();
  write(11, 0);
  for (const [written, hours] of [
    [0x12, 0],
    [0x11, 0x11],
    [0x92, 0x12],
    [0x81, 0x13],
    [0x91, 0x23],
  ] as const) {
    write(11, 0);
    write(4, written);
    expect(read(4)).toBe(written);
    write(11, 2);
    expect(read(4)).toBe(hours);
  }
});

test('the time that is set while SET stops the clock is the time from then on', () => {
  const { clock, read, write } = setup();
  write(11, 0x82);
  for (const [index, value] of [
    [0x32, 0x19],
    [9, 0x99],
    [8, 0x12],
    [7, 0x31],
    [4, 0x23],
    [2, 0x59],
    [0, 0x59],
  ] as const)
    write(index, value);
  clock.ns = 10e9;
  expect(read(0)).toBe(0x59);
  write(11, 2);
  clock.ns = 11e9;
  expect(ALL.map(read)).toEqual([0x20, 0, 1, 1, 0, 0, 0]);
});

test.each([
  ['seconds', 0, 0x60, 0],
  ['seconds', 0, 0x59, 0x59],
  ['minutes', 2, 0x60, 0],
  ['minutes', 2, 0x59, 0x59],
  ['hours', 4, 0x24, 0],
  ['hours', 4, 0x23, 0x23],
  ['days', 7, 0, 1],
  ['days', 7, 0x32, 0x31],
  ['months', 8, 0, 1],
  ['months', 8, 0x13, 0x12],
  ['years', 9, 0xa0, 0],
  ['centuries', 0x32, 0xa0, 0],
])('%s that there are none of are taken for some: register %i, %i is %i', (_, register, value, kept) => {
  const { read, write } = setup();
  // In a month that has 31 days.
  write(8, 1);
  const others = ALL.filter((each) => each !== register);
  const before = others.map(read);
  write(register, value);
  expect(read(register)).toBe(kept);
  expect(others.map(read)).toEqual(before);
});

test('the weekday is the date’s, whatever is written', () => {
  const { read, write } = setup();
  write(6, 3);
  expect(read(6)).toBe(7);
});

test('CMOS memory keeps what is written, and nothing enables an interrupt', () => {
  const { read, write } = setup();
  write(0x40, 0xab);
  expect(read(0x40)).toBe(0xab);
  write(11, 0x72);
  expect([read(11), read(12)]).toEqual([2, 0]);
});

function expectCalendar(time: number): void {
  const { read } = setup(time);
  // eslint-disable-next-line no-restricted-globals -- it is told the time: the calendar to compare with.
  const date = new Date(time * 1000);
  const bcd = (value: number): number => Math.floor(value / 10) * 16 + (value % 10);
  const year = date.getUTCFullYear();
  expect([...ALL, 6].map(read)).toEqual(
    [
      Math.floor(year / 100),
      year % 100,
      date.getUTCMonth() + 1,
      date.getUTCDate(),
      date.getUTCHours(),
      date.getUTCMinutes(),
      date.getUTCSeconds(),
      date.getUTCDay() + 1,
    ].map(bcd),
  );
}

test('the calendar is the Gregorian one', () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 253_402_300_799 }), expectCalendar), {
    numRuns: 500,
    seed: 3,
  });
});

test('the last days of February and of the year, in leap years and others', () => {
  const DAY = 86_400;
  // The ends of February of 1972, 1999, 2000, 2024, 2100 and 2400, and of those years.
  for (const end of [68_169_600, 920_160_000, 951_782_400, 1_709_164_800, 4_107_456_000, 13_574_476_800])
    for (const days of [-1, 0, 1, 2, 305, 306, 307, 308]) expectCalendar(end + days * DAY);
});

test('whatever is written, registers are bytes', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(255), fc.nat(255))), (writes) => {
      const { read, write } = setup();
      for (const [index, value] of writes) {
        write(index, value);
        const got = read(index);
        expect(Number.isInteger(got) && got >= 0 && got <= 255).toBe(true);
      }
    }),
    { seed: 4 },
  );
});
