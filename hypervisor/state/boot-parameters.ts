/**
 * Xen's boot parameters: one command line of `name=value` parts with blanks between. What is unknown or makes no sense is
 * passed over, and Xen's console says so in Xen's own words. Compare parse_params in common/kernel.c and
 * docs/misc/xen-command-line.pandoc.
 */
import { EINVAL } from '../abi/errno.ts';
import type { LineSettings } from '../console/serial.ts';
import { pageNumber } from '../memory/pages.ts';

/** What a command line says; null: nothing, so that it is as it usually is. */
export interface BootParameters {
  readonly commandLine: string;
  /** Domain 0's memory and its bounds, in pages (`dom0_mem=SIZE,min:SIZE,max:SIZE`); below 0: all but so many. */
  readonly dom0Pages: number | null;
  readonly dom0MinPages: number | null;
  readonly dom0MaxPages: number | null;
  /** Bounds of domain 0's vcpus (`dom0_max_vcpus=N`, `N-M`, `N-`, `-M`). */
  readonly dom0MinVcpus: number | null;
  readonly dom0MaxVcpus: number | null;
  /** The scheduler's name (`sched=`). */
  readonly scheduler: string | null;
  /** Whether the serial line is Xen's console, too (`console=com1`): what it says as it boots is there then. */
  readonly isOnLine: boolean;
  /** How Xen sets the line up (`com1=BAUD,DPS`). */
  readonly line: LineSettings;
  /**
   * Whether the machine starts anew when domain 0 has crashed: `noreboot=0`. The real Xen does unless `noreboot` is said; here a crash is
   * what somebody wants to look at.
   */
  readonly rebootsAfterCrash: boolean;
  /** What Xen's console is to say of the line. */
  readonly complaints: readonly string[];
}

type Told = { -readonly [name in keyof BootParameters]: BootParameters[name] } & { complaints: string[] };
/** Takes a parameter's value. False: it makes no sense. */
type Take = (told: Told, value: string) => boolean;

/** Powers of 1024; a size without a unit is in KiB (parse_size_and_unit). */
const UNITS: Readonly<Record<string, number>> = { b: 0, '': 1, k: 1, m: 2, g: 3, t: 4 };
/** Where Xen can have its console; here all of it is on the one serial line. */
const CONSOLES = ['com1', 'com2', 'vga', 'none'];

/** Taken, and without effect: all messages go to the console. */
const ignored: Take = () => true;

const PARAMETERS: Readonly<Record<string, Take>> = {
  dom0_mem: takeDom0Memory,
  dom0_max_vcpus: takeDom0Vcpus,
  sched(told, value) {
    told.scheduler = value;
    return value !== '';
  },
  console(told, value) {
    told.isOnLine = value.split(',').includes('com1');
    for (const each of value.split(','))
      if (!CONSOLES.includes(each)) told.complaints.push(`Bad console= option '${each}'`);
    return true;
  },
  com1: takeLine,
  loglvl: ignored,
  guest_loglvl: ignored,
  noreboot(told, value) {
    const isSaid = booleanOf(value);
    if (isSaid !== null) told.rebootsAfterCrash = !isSaid;
    return isSaid !== null;
  },
};

/** Reads a command line. */
export function parseBootParameters(commandLine: string): BootParameters {
  const told: Told = {
    commandLine,
    dom0Pages: null,
    dom0MinPages: null,
    dom0MaxPages: null,
    dom0MinVcpus: null,
    dom0MaxVcpus: null,
    scheduler: null,
    isOnLine: false,
    line: { divisor: 1, lcr: LCR_8N1 },
    rebootsAfterCrash: false,
    complaints: [],
  };
  for (const part of commandLine.split(/\s+/)) {
    if (part === '') continue;
    const at = part.indexOf('=');
    const name = at < 0 ? part : part.slice(0, at);
    const value = at < 0 ? '' : part.slice(at + 1);
    const take = Object.hasOwn(PARAMETERS, name) ? PARAMETERS[name] : undefined;
    if (take === undefined) told.complaints.push(`parameter "${name}" unknown!`);
    else if (!take(told, value))
      told.complaints.push(`parameter "${name}" has invalid value "${value}", rc=${String(-EINVAL)}!`);
  }
  return told;
}

/** parse_bool; null: it is none. */
function booleanOf(value: string): boolean | null {
  if (/^(|yes|on|true|enable|1)$/.test(value)) return true;
  return /^(no|off|false|disable|0)$/.test(value) ? false : null;
}

/** LCR of 8 data bits, no parity, 1 stop bit; the clock that the divisor divides; the speeds that Xen takes (drivers/char/ns16550.c). */
const LCR_8N1 = 3;
const CLOCK_BAUD = 115_200;
const LEAST_BAUD = 1200;
/** LCR's bits for stop bits and parity (parse_parity_char). */
const LCR_TWO_STOP_BITS = 4;
const PARITIES: Readonly<Record<string, number>> = { n: 0, o: 0x08, e: 0x18, m: 0x28, s: 0x38 };

/** ns16550_parse_port_config, as far as there is one port, which is where it is. Nothing is sent slower for it. */
function takeLine(told: Told, value: string): boolean {
  const match = /^(\d+|auto)(?:\/\d+)?(?:,(\d)([noems])(\d))?(?:,.*)?$/.exec(value);
  if (match === null) return false;
  const [, speed, data = '8', parity = 'n', stop = '1'] = match;
  const baud = speed === 'auto' ? CLOCK_BAUD : Number(speed);
  const complain = (text: string): true => {
    told.complaints.push(`ERROR: ${text}`);
    return true;
  };
  if (baud < LEAST_BAUD || baud > CLOCK_BAUD)
    return complain(`Baud rate ${String(baud)} outside supported range.`);
  if (data < '5' || data > '8') return complain(`${data} data bits are unsupported.`);
  if (stop !== '1' && stop !== '2') return complain(`${stop} stop bits are unsupported.`);
  const lcr = Number(data) - 5 + (stop === '2' ? LCR_TWO_STOP_BITS : 0) + PARITIES[parity]!;
  told.line = { divisor: Math.round(CLOCK_BAUD / baud), lcr };
  return true;
}

const BOUNDS = { '': 'dom0Pages', 'min:': 'dom0MinPages', 'max:': 'dom0MaxPages' } as const;

/** All of it or nothing: a part that makes no sense leaves domain 0 as it usually is. */
function takeDom0Memory(told: Told, value: string): boolean {
  const wanted: Partial<Told> = {};
  for (const part of value.split(',')) {
    const match = /^(min:|max:|)(-?)(\d+)([bkmgt]?)$/i.exec(part);
    if (match === null) return false;
    const [, bound, minus, size, unit] = match;
    const pages = pageNumber(Number(size) * 1024 ** UNITS[unit!.toLowerCase()]!);
    wanted[BOUNDS[bound!.toLowerCase() as keyof typeof BOUNDS]] = minus === '' ? pages : -pages;
  }
  Object.assign(told, wanted);
  return true;
}

function takeDom0Vcpus(told: Told, value: string): boolean {
  const match = /^(\d*)(-?)(\d*)$/.exec(value);
  if (match === null || (match[1] === '' && match[3] === '')) return false;
  const [, least, dash, most] = match;
  if (least !== '') told.dom0MinVcpus = Math.max(Number(least), 1);
  if (most !== '') told.dom0MaxVcpus = Number(most);
  else if (dash === '') told.dom0MaxVcpus = told.dom0MinVcpus;
  return true;
}

/** Of its memory Xen keeps such a part for what is to be in low memory, but no more than 128 MiB, where nobody says what domain 0 gets. */
const KEPT_PART = 16;
const MOST_KEPT_PAGES = pageNumber(128 * 2 ** 20);

/**
 * What domain 0 gets on a host with `free` pages: what the line says, else `usual` pages, null: all but what Xen keeps
 * (dom0_compute_nr_pages of x86/dom0_build.c); and vcpus (dom0_max_vcpus).
 */
export function dom0Resources(
  told: BootParameters,
  usual: { readonly pages: number | null; readonly vcpus: number },
  free: number,
): { readonly pages: number; readonly maxPages: number | null; readonly vcpus: number } {
  const within = (value: number, least: number | null, most: number | null): number =>
    Math.min(Math.max(value, least ?? 0), most ?? Infinity);
  const sizeOf = (pages: number | null): number | null =>
    pages !== null && pages < 0 ? Math.max(free + pages, 0) : pages;
  const all = free - Math.min(Math.floor(free / KEPT_PART), MOST_KEPT_PAGES);
  const maxPages = sizeOf(told.dom0MaxPages);
  return {
    // Of 0 is nothing said.
    pages: within(
      sizeOf(told.dom0Pages === 0 ? usual.pages : (told.dom0Pages ?? usual.pages)) ?? all,
      sizeOf(told.dom0MinPages),
      maxPages,
    ),
    maxPages,
    vcpus: within(usual.vcpus, told.dom0MinVcpus, told.dom0MaxVcpus),
  };
}
