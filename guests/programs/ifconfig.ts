/** ifconfig [INTERFACE [ADDRESS] [netmask MASK] [up|down]]: shows interfaces, or changes one. */
import * as abi from 'mote/abi';
import { ifreq, sockaddr_in } from 'mote/abi';
import { control } from 'programs/lib/calls';
import { complain, complainOf, print, readFile } from 'programs/lib/io';
import { address, addressText, badAddress, socket } from 'programs/lib/sockets';
import { hex } from 'programs/lib/text';

const USAGE = 'usage: ifconfig [INTERFACE [ADDRESS] [netmask MASK] [up|down]]';
const FLAGS: StaticArray<string> = ['UP', 'BROADCAST', '', 'LOOPBACK', '', '', 'RUNNING'];
const LOOPBACK: u32 = 8;
const UP: u16 = 1;

const request = new StaticArray<u8>(<i32>ifreq.SIZE);
let fd = -1;

/** Puts the name into the request, and makes it: its result. */
function ask(command: i32, name: string): i32 {
  const at = changetype<usize>(request);
  memory.fill(at, 0, ifreq.ifr_addr);
  String.UTF8.encodeUnsafe(changetype<usize>(name), min(name.length, 15), at);
  return control(fd, command, at);
}
function askFor(command: i32, name: string): u32 {
  ask(command, name);
  return bswap<u32>(load<u32>(changetype<usize>(request), ifreq.ifr_addr + sockaddr_in.sin_addr));
}

export function main(args: string[]): i32 {
  fd = socket(abi.SOCK_DGRAM);
  if (fd < 0) return complainOf('socket', fd);
  if (args.length > 2) return change(args);
  const devices = readFile('/proc/net/dev');
  if (devices == null) return complainOf('/proc/net/dev', -2);
  const lines = devices.split('\n');
  let shown = 0;
  for (let n = 2; n < lines.length; n++) {
    const name = lines[n].split(':')[0].trim();
    if (name == '' || (args.length == 2 && args[1] != name)) continue;
    show(name, words(lines[n].substring(lines[n].indexOf(':') + 1)));
    shown++;
  }
  if (shown > 0 || args.length == 1) return 0;
  complain(args[1] + ': there is no such interface');
  return 1;
}

function words(text: string): string[] {
  const all = text.split(' ');
  const list: string[] = [];
  for (let n = 0; n < all.length; n++) if (all[n] != '') list.push(all[n]);
  return list;
}

function show(name: string, counts: string[]): void {
  ask(abi.SIOCGIFFLAGS, name);
  const flags = <u32>load<u16>(changetype<usize>(request), ifreq.ifr_flags);
  ask(abi.SIOCGIFMTU, name);
  const mtu = load<u32>(changetype<usize>(request), ifreq.ifr_mtu);
  let names = '';
  for (let bit = 0; bit < FLAGS.length; bit++)
    if ((flags >> bit) & 1 && FLAGS[bit] != '') names += (names == '' ? '' : ',') + FLAGS[bit];
  print(name + ': flags=' + flags.toString() + '<' + names + '>  mtu ' + mtu.toString() + '\n');
  const inet = askFor(abi.SIOCGIFADDR, name);
  const mask = askFor(abi.SIOCGIFNETMASK, name);
  if (inet != 0) print('        inet ' + addressText(inet) + '  netmask ' + addressText(mask) + '\n');
  if ((flags & LOOPBACK) == 0) showHardware(name);
  print('        RX packets ' + counts[1] + '  bytes ' + counts[0] + '  dropped ' + counts[3] + '\n');
  print('        TX packets ' + counts[9] + '  bytes ' + counts[8] + '\n');
}

function showHardware(name: string): void {
  ask(abi.SIOCGIFHWADDR, name);
  let text = '';
  for (let n: usize = 0; n < 6; n++)
    text += (n > 0 ? ':' : '') + hex(load<u8>(changetype<usize>(request) + ifreq.ifr_hwaddr + n), 2);
  print('        ether ' + text + '\n');
}

function change(args: string[]): i32 {
  const name = args[1];
  for (let n = 2; n < args.length; n++) {
    const word = args[n];
    let failed = 0;
    if (word == 'up' || word == 'down') failed = setFlags(name, word == 'up');
    else if (word == 'netmask' && n + 1 < args.length)
      failed = setAddress(abi.SIOCSIFNETMASK, name, args[++n]);
    else failed = setAddress(abi.SIOCSIFADDR, name, word);
    if (badAddress) {
      complain(args[n] + ': no address; ' + USAGE);
      return 2;
    }
    if (failed < 0) return complainOf(name, failed);
  }
  return 0;
}

function setAddress(command: i32, name: string, text: string): i32 {
  const value = address(text);
  if (badAddress) return 0;
  const at = changetype<usize>(request) + ifreq.ifr_addr;
  store<u16>(at, <u16>abi.AF_INET);
  store<u32>(at + sockaddr_in.sin_addr, bswap<u32>(value));
  return ask(command, name);
}

function setFlags(name: string, up: bool): i32 {
  store<u16>(changetype<usize>(request), up ? UP : 0, ifreq.ifr_flags);
  return ask(abi.SIOCSIFFLAGS, name);
}
