/**
 * The devices of a domain, as its configuration names them: `disk = [ 'file:/images/a.img,xvda,w' ]`,
 * `vif = [ 'mac=00:16:3e:00:00:10, bridge=xenbr0' ]`.
 */
import { number, bad } from 'programs/lib/text';

/** What was wrong with a device; empty: nothing. */
export let problem: string = '';

export class Disk {
  /** `phy`, `file` or `tap`: what holds it. */
  type: string = '';
  path: string = '';
  /** As the domain calls it, and its number. */
  device: string = '';
  number: u32 = 0;
  writable: bool = false;
}

export class Vif {
  mac: string = '';
  bridge: string = 'xenbr0';
  script: string = 'vif-bridge';
  ip: string = '';
}

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
    if (!disk.path.startsWith('aio:')) return failDisk(source + ': of tap: there is tap:aio: alone');
    disk.path = disk.path.substring(4);
  }
  if (disk.type != 'phy' && disk.type != 'file' && disk.type != 'tap')
    return failDisk(source + ': it begins with none of phy:, file:, tap:aio:');
  if (disk.type == 'phy' && !disk.path.startsWith('/')) disk.path = '/dev/' + disk.path;
  if (!disk.path.startsWith('/')) return failDisk(disk.path + ': the path is to begin with /');
  disk.device = parts[1].trim();
  const known = deviceNumber(disk.device);
  if (known < 0) return failDisk(disk.device + ': there is no such device; xvda to xvdp, sda, hda are');
  disk.number = <u32>known;
  const mode = parts[2].trim();
  if (mode != 'r' && mode != 'w') return failDisk(mode + ': the mode is r or w');
  disk.writable = mode == 'w';
  return disk;
}

function failDisk(what: string): Disk | null {
  problem = what;
  return null;
}

/** Minor numbers that each disk of a kind has, and where its kind begins. */
const XVD: u32 = 202 << 8;
const SD: u32 = 8 << 8;
const HD: u32 = 3 << 8;
const HD_SECOND: u32 = 22 << 8;

/** The number that Linux's major and minor make of a name: xvda is 51712; -1: it is no such name. */
export function deviceNumber(name: string): i32 {
  const isXvd = name.startsWith('xvd');
  const letterAt = isXvd ? 3 : 2;
  if (name.length <= letterAt) return -1;
  const which = name.charCodeAt(letterAt) - 97;
  const rest = name.substring(letterAt + 1);
  let part: i64 = 0;
  if (rest != '') {
    part = number(rest);
    if (bad || part == 0) return -1;
  }
  const isHd = name.startsWith('hd');
  if (which < 0 || which > (isHd ? 3 : 15) || part > (isHd ? 63 : 15)) return -1;
  if (isXvd) return <i32>(XVD + which * 16) + <i32>part;
  if (name.startsWith('sd')) return <i32>(SD + which * 16) + <i32>part;
  return isHd ? <i32>((which < 2 ? HD : HD_SECOND) + (which & 1) * 64) + <i32>part : -1;
}

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
    const value = part.substring(equals + 1).trim();
    if (key == 'mac') vif.mac = value.toLowerCase();
    else if (key == 'bridge') vif.bridge = value;
    else if (key == 'script') vif.script = value;
    else if (key == 'ip') vif.ip = value;
    else return failVif(part + ': there is mac=, bridge=, ip=, script=');
  }
  if (!isMac(vif.mac))
    return failVif(vif.mac + ': an address is six pairs of digits, as in 00:16:3e:00:00:10');
  if (vif.bridge != 'xenbr0') return failVif(vif.bridge + ': there is no such bridge; xenbr0 is');
  return vif;
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
