/**
 * The real-time clock and its CMOS memory: Motorola's MC146818 at ports 0x70 and 0x71. Its time is where it started plus
 * system time, and what was set since. It makes no interrupts: the hypervisor has the machine's timers.
 */
import { nowNs } from './machine.ts';
import type { MachineClock } from './machine.ts';
import { NS_PER_SECOND } from './nanoseconds.ts';

export const RTC_INDEX = 0x70;
export const RTC_DATA = 0x71;

const SECONDS = 0;
const MINUTES = 2;
const HOURS = 4;
const WEEKDAY = 6;
const DAY = 7;
const MONTH = 8;
const YEAR = 9;
const A = 10;
const B = 11;
const C = 12;
const D = 13;
/** Where a PC keeps the century, in BCD. */
const CENTURY = 0x32;

const B_24_HOURS = 2;
const B_BINARY = 4;
const B_SET = 0x80;
/** A's divider and rate as a PC has them: 32,768 Hz. */
const A_DIVIDER = 0x26;
const D_VALID = 0x80;
const PM = 0x80;
const CMOS_BYTES = 128;

const SECONDS_PER_DAY = 86_400;

/** A date of the Gregorian calendar, and a time of the day. */
interface Calendar {
  seconds: number;
  minutes: number;
  hours: number;
  day: number;
  month: number;
  year: number;
}

/** Days since 1970-01-01 of a date: years begin in March, so that the day that may be missing is the last. */
function daysOf({ year, month, day }: Calendar): number {
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const ofEra = shifted - era * 400;
  const ofYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
  return era * 146_097 + ofEra * 365 + Math.floor(ofEra / 4) - Math.floor(ofEra / 100) + ofYear - 719_468;
}

function secondsOf(calendar: Calendar): number {
  return (
    daysOf(calendar) * SECONDS_PER_DAY + calendar.hours * 3600 + calendar.minutes * 60 + calendar.seconds
  );
}

/** The calendar of a count of seconds since 1970. */
function calendarOf(time: number): Calendar {
  const days = Math.floor(time / SECONDS_PER_DAY);
  const rest = time - days * SECONDS_PER_DAY;
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const ofEra = shifted - era * 146_097;
  const leaps = Math.floor(ofEra / 1460) - Math.floor(ofEra / 36_524) + Math.floor(ofEra / 146_096);
  const yearOfEra = Math.floor((ofEra - leaps) / 365);
  const ofYear = ofEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * ofYear + 2) / 153);
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  return {
    seconds: rest % 60,
    minutes: Math.floor(rest / 60) % 60,
    hours: Math.floor(rest / 3600),
    day: ofYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1,
    month,
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
  };
}

export class Rtc {
  private readonly clock: MachineClock;
  /** Seconds since 1970 when system time was 0, as far as this clock is concerned. */
  private epochSeconds: number;
  private index = 0;
  private readonly cmos = new Uint8Array(CMOS_BYTES);
  /** The date while register B's SET bit stops it; null while it runs. */
  private stopped: Calendar | null = null;

  constructor(clock: MachineClock, epochSeconds: number) {
    this.clock = clock;
    this.epochSeconds = epochSeconds;
    this.cmos[A] = A_DIVIDER;
    this.cmos[B] = B_24_HOURS;
  }

  /** Seconds since 1970 when system time was 0, as it goes now: it goes on while the machine starts anew. */
  get origin(): number {
    return this.epochSeconds;
  }

  private get upSeconds(): number {
    return Math.floor(nowNs(this.clock) / NS_PER_SECOND);
  }

  /** Reads one of the two ports; the index cannot be read back. */
  read(port: number): number {
    if (port === RTC_INDEX) return 0xff;
    const { index } = this;
    if (index === C) return 0;
    if (index === D) return D_VALID;
    const time = this.stopped ?? calendarOf(this.epochSeconds + this.upSeconds);
    const value = this.field(time, index);
    return value === null ? this.cmos[index]! : value;
  }

  /** A register of the time as the format in B has it, or null when the index is none. */
  private field(time: Calendar, index: number): number | null {
    switch (index) {
      case SECONDS:
        return this.encode(time.seconds);
      case MINUTES:
        return this.encode(time.minutes);
      case HOURS:
        return this.encodeHours(time.hours);
      case WEEKDAY:
        // Sunday is 1; 1970 began on a Thursday.
        return this.encode(((((daysOf(time) + 4) % 7) + 7) % 7) + 1);
      case DAY:
        return this.encode(time.day);
      case MONTH:
        return this.encode(time.month);
      case YEAR:
        return this.encode(time.year % 100);
      case CENTURY:
        return toBcd(Math.floor(time.year / 100));
      default:
        return null;
    }
  }

  write(port: number, value: number): void {
    if (port === RTC_INDEX) this.index = value & (CMOS_BYTES - 1);
    else if (this.index === B) this.control(value);
    else if (!this.setField(this.index, value) && this.index !== C && this.index !== D)
      this.cmos[this.index] = value;
  }

  /** Format, and SET: the time that was written while it was set is the time from then on. No interrupt can be enabled. */
  private control(value: number): void {
    this.cmos[B] = value & (B_24_HOURS | B_BINARY | B_SET);
    if ((value & B_SET) !== 0) this.stopped ??= calendarOf(this.epochSeconds + this.upSeconds);
    else if (this.stopped !== null) {
      this.epochSeconds = secondsOf(this.stopped) - this.upSeconds;
      this.stopped = null;
    }
  }

  /** Writes a register of the time; at once, or when SET is cleared. False when the index is none. */
  private setField(index: number, value: number): boolean {
    const time = this.stopped ?? calendarOf(this.epochSeconds + this.upSeconds);
    if (!this.assign(time, index, value)) return false;
    if (this.stopped === null) this.epochSeconds = secondsOf(time) - this.upSeconds;
    return true;
  }

  private assign(time: Calendar, index: number, value: number): boolean {
    const number = this.decode(value);
    switch (index) {
      case SECONDS:
        time.seconds = number % 60;
        return true;
      case MINUTES:
        time.minutes = number % 60;
        return true;
      case HOURS:
        time.hours = this.decodeHours(value);
        return true;
      case WEEKDAY:
        // It follows from the date.
        return true;
      case DAY:
        time.day = Math.min(Math.max(number, 1), 31);
        return true;
      case MONTH:
        time.month = Math.min(Math.max(number, 1), 12);
        return true;
      case YEAR:
        time.year = time.year - (time.year % 100) + (number % 100);
        return true;
      case CENTURY:
        time.year = (fromBcd(value) % 100) * 100 + (time.year % 100);
        return true;
      default:
        return false;
    }
  }

  private get binary(): boolean {
    return (this.cmos[B]! & B_BINARY) !== 0;
  }
  private encode(value: number): number {
    return this.binary ? value : toBcd(value);
  }
  private decode(value: number): number {
    return this.binary ? value : fromBcd(value);
  }
  private encodeHours(hours: number): number {
    if ((this.cmos[B]! & B_24_HOURS) !== 0) return this.encode(hours);
    return this.encode(hours % 12 === 0 ? 12 : hours % 12) | (hours >= 12 ? PM : 0);
  }
  private decodeHours(value: number): number {
    if ((this.cmos[B]! & B_24_HOURS) !== 0) return this.decode(value) % 24;
    return (this.decode(value & ~PM) % 12) + ((value & PM) !== 0 ? 12 : 0);
  }
}

function toBcd(value: number): number {
  return (Math.floor(value / 10) << 4) | (value % 10);
}
function fromBcd(value: number): number {
  return (value >>> 4) * 10 + (value & 15);
}
