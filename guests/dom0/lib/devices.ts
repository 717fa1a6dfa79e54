/**
 * The devices of a domain, as its configuration names them: `disk = [ 'file:/images/a.img,xvda,w' ]`,
 * `vif = [ 'mac=00:16:3e:00:00:10, bridge=xenbr0, rate=10Mb/s' ]`.
 */
import { Stat } from 'programs/lib/calls';
import { number, bad } from 'programs/lib/text';
import { xendSetting } from './xend-config';

/** What was wrong with a device; empty: nothing. */
export let problem: string = '';

export class Disk {
  /** `phy`, `file` or `tap` (tap:aio:): what holds it; `tap:qcow`, `nbd` or others: what its script makes a disk of. */
  type: string = '';
  /** Who makes a disk of it; empty: it is one, or a file. */
  script: string = '';
  path: string = '';
  /** As the domain calls it, and its number. */
  device: string = '';
  number: u32 = 0;
  writable: bool = false;
  /** Whoever else uses what holds it. */
  isForced: bool = false;
}

export class Vif {
  mac: string = '';
  bridge: string = '';
  /** Its path, and arguments for it. */
  script: string = '';
  ip: string = '';
  /** What its interface in domain 0 is called; empty: as is usual. */
  vifname: string = '';
  /** BYTES,MICROSECONDS; empty: there is no limit. */
  rate: string = '';

  /** Takes a key of a configuration and its value. False: `problem`. */
  take(key: string, value: string): bool {
    if (key == 'mac') this.mac = value.toLowerCase();
    else if (key == 'bridge') this.bridge = value;
    else if (key == 'script') this.script = value;
    else if (key == 'ip') this.ip = value;
    else if (key == 'vifname') this.vifname = value;
    else if (key == 'rate') this.rate = rateOf(value);
    else problem = 'there is mac=, bridge=, ip=, script=, vifname=, rate=, backend=';
    if (key == 'rate' && this.rate == '') problem = 'a rate is as in 10Mb/s, 250KB/s or 1MB/s@20ms';
    if (key == 'vifname' && value.length > MOST_NAME) problem = 'a name has 15 characters at most';
    if (key == 'backend')
      problem = value == '0' || value == 'Domain-0' ? '' : 'cards are served by Domain-0 alone';
    if (key == 'type' || key == 'model')
      problem = value == 'netfront' || value == 'vif' ? '' : 'there are no emulated cards here';
    return problem == '';
  }
}

/** Of an interface. */
const MOST_NAME: i32 = 15;

/** TYPE:PATH,DEVICE,MODE; null: `problem`. */
export function parseDisk(text: string): Disk | null {
  problem = '';
  const parts = text.split(',');
  if (parts.length != 3) return failDisk("a disk is 'TYPE:PATH,DEVICE,MODE', as in 'file:/disk.img,xvda,w'");
  const disk = new Disk();
  const source = parts[0].trim();
  const colon = source.indexOf(':');
  disk.type = source.substring(0, max(colon, 0));
  disk.path = source.substring(colon + 1);
  if (disk.type == 'tap') {
    const second = disk.path.indexOf(':');
    const driver = disk.path.substring(0, max(second, 0));
    if (driver != 'aio' && !COPY_ON_WRITE.includes(driver))
      return failDisk(source + ': of tap: there are tap:aio:, tap:qcow:, tap:qcow2:');
    disk.path = disk.path.substring(second + 1);
    if (driver != 'aio') disk.type = 'tap:' + driver;
  }
  if (!KERNELS_OWN.includes(disk.type)) {
    disk.script = SCRIPTS + 'block-' + disk.type.split(':')[0];
    if (!isWord(disk.type) || new Stat().of(disk.script) < 0)
      return failDisk(
        source +
          ': it begins with none of phy:, file:, tap:aio:, tap:qcow:, nbd:, and there is no script ' +
          disk.script,
      );
  }
  if (disk.type == 'phy' && !disk.path.startsWith('/')) disk.path = '/dev/' + disk.path;
  const isPath = disk.script == '' || disk.type.startsWith('tap:');
  if (isPath && !disk.path.startsWith('/')) return failDisk(disk.path + ': the path is to begin with /');
  const device = parts[1].trim();
  const known = deviceNumber(device);
  if (known < 0)
    return failDisk(device + ': there is no such device; xvda to xvdp, sda, hda, sda1, 0x301 are');
  disk.number = <u32>known;
  disk.device = deviceName(disk.number);
  const mode = parts[2].trim();
  if (mode != 'r' && mode != 'w' && mode != 'w!')
    return failDisk(mode + ': the mode is r, w, or w! (whoever else uses it)');
  disk.writable = mode != 'r';
  disk.isForced = mode == 'w!';
  return disk;
}

/** What the kernel serves as it is. */
const KERNELS_OWN: string[] = ['phy', 'file', 'tap'];
const COPY_ON_WRITE: string[] = ['qcow', 'qcow2'];

/** Letters, and what may stand between them: it becomes part of a script's path. */
function isWord(text: string): bool {
  for (let n = 0; n < text.length; n++) {
    const code = text.charCodeAt(n);
    const isLetter = code >= 97 && code <= 122;
    if (!isLetter && !(code >= 48 && code <= 58) && code != 45) return false;
  }
  return text != '';
}

function failDisk(what: string): Disk | null {
  problem = what;
  return null;
}

/** Disks whose numbers have a major of their own: how their names begin, numbers for each, and the first and last letter. */
class Family {
  constructor(
    public name: string,
    public major: u32,
    public numbers: u32,
    public first: i32,
    public count: i32,
  ) {}
}

const FAMILIES: Family[] = [
  new Family('xvd', 202, 16, 0, 16),
  new Family('sd', 8, 16, 0, 16),
  new Family('hd', 3, 64, 0, 2),
  // hdc and hdd.
  new Family('hd', 22, 64, 2, 2),
];

const LETTER_A: i32 = 97;

/** The number that Linux's major and minor make of a name, with /dev/ or without, or of a number: xvda is 51712; -1: none. */
export function deviceNumber(text: string): i32 {
  const name = text.startsWith('/dev/') ? text.substring(5) : text;
  const value = numberIn(name);
  if (value >= 0) return deviceName(<u32>value) == '' ? -1 : <i32>value;
  for (let n = 0; n < FAMILIES.length; n++) {
    const family = FAMILIES[n];
    const at = family.name.length;
    if (!name.startsWith(family.name) || name.length <= at) continue;
    const which = name.charCodeAt(at) - LETTER_A - family.first;
    if (which < 0 || which >= family.count) continue;
    const rest = name.substring(at + 1);
    const part = rest == '' ? 0 : number(rest);
    if (rest != '' && (bad || part <= 0 || part >= <i64>family.numbers)) return -1;
    return <i32>((family.major << 8) + <u32>which * family.numbers) + <i32>part;
  }
  return -1;
}

/** What a device number is called: 51713 is xvda1; empty: nobody has a name for it. */
export function deviceName(value: u32): string {
  for (let n = 0; n < FAMILIES.length; n++) {
    const family = FAMILIES[n];
    const which = <i32>((value & 0xff) / family.numbers);
    if (value >> 8 != family.major || which >= family.count) continue;
    const part = (value & 0xff) % family.numbers;
    const letter = String.fromCharCode(LETTER_A + family.first + which);
    return family.name + letter + (part == 0 ? '' : part.toString());
  }
  return '';
}

/** A decimal or hexadecimal number (0x301); -1: it is none. */
function numberIn(text: string): i64 {
  const isHex = text.startsWith('0x');
  const digits = isHex ? text.substring(2) : text;
  if (digits == '' || digits.length > 5) return -1;
  for (let n = 0; n < digits.length; n++) {
    const code = digits.charCodeAt(n);
    const isDigit = code >= 48 && code <= 57;
    if (!isDigit && !(isHex && (code | 32) >= 97 && (code | 32) <= 102)) return -1;
  }
  return <i64>parseInt(digits, isHex ? 16 : 10);
}

const SCRIPTS: string = '/etc/xen/scripts/';
const BRIDGING: string = 'vif-bridge';
const USUAL_BRIDGE: string = 'xenbr0';

/** KEY=VALUE, ...; null: `problem`. Without an address the card gets `mac`. */
export function parseVif(text: string, mac: string): Vif | null {
  problem = '';
  const vif = new Vif();
  vif.mac = mac;
  const parts = text.split(',');
  for (let n = 0; n < parts.length; n++) {
    const part = parts[n].trim();
    if (part == '') continue;
    const equals = part.indexOf('=');
    const key = part.substring(0, max(equals, 0)).trim();
    if (!vif.take(key, part.substring(equals + 1).trim())) return failVif(part + ': ' + problem);
  }
  if (!isMac(vif.mac))
    return failVif(vif.mac + ': an address is six pairs of digits, as in 00:16:3e:00:00:10');
  if (vif.script == '') vif.script = xendSetting('vif-script', BRIDGING);
  const words = vif.script.split(' ');
  if (!words[0].startsWith('/')) words[0] = SCRIPTS + words[0];
  vif.script = words.join(' ');
  if (new Stat().of(words[0]) < 0) return failVif(words[0] + ': there is no such script');
  if (vif.bridge == '' && words[0].endsWith('/' + BRIDGING)) vif.bridge = USUAL_BRIDGE;
  return vif;
}

/** What xend made of `10Mb/s@50ms`: BYTES,MICROSECONDS for each interval, 50 ms unless said otherwise; empty: it is none. */
export function rateOf(text: string): string {
  const parts = text.split('@');
  const intervalUs = parts.length == 1 ? USUAL_INTERVAL_US : microseconds(parts[1]);
  let amount = parts[0];
  if (parts.length > 2 || intervalUs <= 0 || !amount.endsWith('/s')) return '';
  amount = amount.substring(0, amount.length - 2);
  const isBits = amount.endsWith('b');
  if (!isBits && !amount.endsWith('B')) return '';
  amount = amount.substring(0, amount.length - 1);
  const scale = 'KMG'.indexOf(amount.charAt(amount.length - 1));
  if (amount != '' && scale >= 0) amount = amount.substring(0, amount.length - 1);
  let perSecond = number(amount);
  if (bad || amount.startsWith('0x') || perSecond < 0 || perSecond > MOST_BYTES) return '';
  for (let n = 0; n <= scale; n++) perSecond *= 1000;
  const bytes = ((isBits ? perSecond / 8 : perSecond) * intervalUs) / 1_000_000;
  return bytes > 0 && bytes <= MOST_BYTES ? bytes.toString() + ',' + intervalUs.toString() : '';
}

const USUAL_INTERVAL_US: i64 = 50_000;
const MOST_BYTES: i64 = 0xffff_ffff;
const MOST_US: i64 = 60_000_000;

/** Of `50ms`, `50us` or `1s`; 0: it is none. */
function microseconds(text: string): i64 {
  const digits = text.replace('us', '').replace('ms', '').replace('s', '');
  const unit = text.substring(digits.length);
  const value = number(digits);
  const scale: i64 = unit == 'us' ? 1 : unit == 'ms' ? 1000 : unit == 's' ? 1_000_000 : 0;
  return bad || value <= 0 || value > MOST_US || value * scale > MOST_US ? 0 : value * scale;
}

function failVif(what: string): Vif | null {
  problem = what;
  return null;
}

function isMac(text: string): bool {
  if (text.length != 17) return false;
  for (let n = 0; n < 17; n++) {
    const code = text.charCodeAt(n);
    const isDigit = (code >= 48 && code <= 57) || (code >= 97 && code <= 102);
    if (n % 3 == 2 ? code != 58 : !isDigit) return false;
  }
  // An address of a group is no card's.
  return (text.charCodeAt(1) & 1) == (text.charCodeAt(1) > 57 ? 1 : 0);
}
