/**
 * Xen's boot parameters: one command line of `name=value` parts with blanks between. What is unknown or makes no sense is
 * passed over, and Xen's console says so in Xen's own words. Compare parse_params in common/kernel.c and
 * docs/misc/xen-command-line.pandoc.
 */
import { EINVAL } from '../abi/errno.ts';
import { pageNumber } from '../memory/pages.ts';

/** What a command line says; null: nothing, so that it is as it usually is. */
export interface BootParameters {
  readonly commandLine: string;
  /** Domain 0's memory and its bounds, in pages (`dom0_mem=SIZE,min:SIZE,max:SIZE`). */
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

/**
 * Taken, and without effect: there is one serial line, of no particular speed, and all messages go there; and a run ends with
 * its host, which is never rebooted.
 */
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
  com1: ignored,
  loglvl: ignored,
  guest_loglvl: ignored,
  noreboot: ignored,
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

const BOUNDS = { '': 'dom0Pages', 'min:': 'dom0MinPages', 'max:': 'dom0MaxPages' } as const;

/** All of it or nothing: a part that makes no sense leaves domain 0 as it usually is. */
function takeDom0Memory(told: Told, value: string): boolean {
  const wanted: Partial<Told> = {};
  for (const part of value.split(',')) {
    const match = /^(min:|max:|)(\d+)([bkmgt]?)$/i.exec(part);
    if (match === null) return false;
    const bytes = Number(match[2]) * 1024 ** UNITS[match[3]!.toLowerCase()]!;
    wanted[BOUNDS[match[1]!.toLowerCase() as keyof typeof BOUNDS]] = pageNumber(bytes);
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

/** What domain 0 gets where it would usually get `pages` and `vcpus` (dom0_compute_nr_pages, dom0_max_vcpus). */
export function dom0Resources(
  told: BootParameters,
  pages: number,
  vcpus: number,
): { readonly pages: number; readonly maxPages: number | null; readonly vcpus: number } {
  const within = (value: number, least: number | null, most: number | null): number =>
    Math.min(Math.max(value, least ?? 0), most ?? Infinity);
  return {
    pages: within(
      told.dom0Pages === null || told.dom0Pages === 0 ? pages : told.dom0Pages,
      told.dom0MinPages,
      told.dom0MaxPages,
    ),
    maxPages: told.dom0MaxPages,
    vcpus: within(vcpus, told.dom0MinVcpus, told.dom0MaxVcpus),
  };
}
