/**
 * ACPI's fixed registers (ACPI 6.4, section 4.8.3): PM1a's status, enable and control, and the power management timer. There is
 * no button, no timer's interrupt and no sleep but the last: what is enabled never happens.
 */
import { allOnes, nowNs } from '../machine.ts';
import type { MachineClock } from '../machine.ts';
import { NS_PER_SECOND } from '../nanoseconds.ts';

/** Ports of the registers, and how many bytes each has. */
export const PM1_EVENT = 0x600;
export const PM1_EVENT_BYTES = 4;
export const PM1_CONTROL = 0x604;
export const PM1_CONTROL_BYTES = 2;
export const PM_TIMER = 0x608;
export const PM_TIMER_BYTES = 4;
const END = PM_TIMER + PM_TIMER_BYTES;

/** Its frequency, and how many bits it has: FADT's TMR_VAL_EXT is clear. */
const TIMER_HZ = 3_579_545;
const TIMER_PERIOD = 2 ** 24;
/** Of PM1 control: ACPI's mode is on, and always is; the type of sleep; sleep now. */
const SCI_EN = 1;
const SLEEP_TYPE_SHIFT = 10;
export const SLEEP_ENABLE = 1 << 13;
const WRITABLE_CONTROL = 7 << SLEEP_TYPE_SHIFT;
/** What the tables say of S5, soft off. */
export const SLEEP_TYPE_S5 = 5;

export class PowerRegisters {
  private readonly clock: MachineClock;
  private enable = 0;
  private control = SCI_EN;
  /** It has been switched off. */
  isOff = false;

  constructor(clock: MachineClock) {
    this.clock = clock;
  }

  has(port: number): boolean {
    return port >= PM1_EVENT && port < END;
  }

  read(port: number, bytes: number): number {
    if (port === PM_TIMER && bytes === PM_TIMER_BYTES) return this.timer();
    let value = 0;
    for (let index = bytes - 1; index >= 0; index--) value = value * 256 + this.byte(port + index);
    return value;
  }

  /** Status bits would be cleared by ones: none is ever set. */
  write(port: number, bytes: number, value: number): void {
    const whole = bytes === 4 && port === PM1_EVENT ? value >>> 16 : value;
    if (port === PM1_EVENT + 2 || (port === PM1_EVENT && bytes === 4)) this.enable = whole & 0xffff;
    if (port !== PM1_CONTROL || bytes < 2) return;
    this.control = SCI_EN | (value & WRITABLE_CONTROL);
    const type = (value >>> SLEEP_TYPE_SHIFT) & 7;
    if ((value & SLEEP_ENABLE) !== 0 && type === SLEEP_TYPE_S5) this.isOff = true;
  }

  private timer(): number {
    return Math.floor((nowNs(this.clock) * TIMER_HZ) / NS_PER_SECOND) % TIMER_PERIOD;
  }

  private byte(port: number): number {
    if (port >= PM1_EVENT && port < PM1_EVENT + 2) return 0;
    if (port >= PM1_EVENT + 2 && port < PM1_CONTROL) return (this.enable >>> ((port & 1) * 8)) & 0xff;
    if (port >= PM1_CONTROL && port < PM1_CONTROL + PM1_CONTROL_BYTES)
      return (this.control >>> ((port & 1) * 8)) & 0xff;
    if (port >= PM_TIMER && port < END) return (this.timer() >>> ((port & 3) * 8)) & 0xff;
    return allOnes(1);
  }
}
