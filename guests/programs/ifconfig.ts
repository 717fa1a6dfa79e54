/** ifconfig [-a] [INTERFACE [ADDRESS] [netmask MASK] [up|down]]: shows interfaces, or changes one. */
import * as abi from 'mote/abi';
import { ifreq } from 'mote/abi';
import { answer, answeredAddress, ask, setAddress, setUp } from 'programs/lib/interfaces';
import { complain, complainOf, print, readFile } from 'programs/lib/io';
import { address, addressText, badAddress, socket } from 'programs/lib/sockets';
import { hex } from 'programs/lib/text';
import { takeOptions } from 'programs/lib/options';

const USAGE = 'ifconfig [-a] [INTERFACE [ADDRESS] [netmask MASK] [up|down]]';
const FLAGS: StaticArray<string> = ['UP', 'BROADCAST', '', 'LOOPBACK', '', '', 'RUNNING'];
const LOOPBACK: u32 = 8;

let fd = -1;

function askFor(command: i32, name: string): u32 {
  ask(fd, command, name);
  return answeredAddress();
}

export function main(args: string[]): i32 {
  // All are shown anyhow, those that are down too.
  if (takeOptions(args, 'a', USAGE) == null) return 2;
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
  ask(fd, abi.SIOCGIFFLAGS, name);
  const flags = <u32>load<u16>(answer(), ifreq.ifr_flags);
  ask(fd, abi.SIOCGIFMTU, name);
  const mtu = load<u32>(answer(), ifreq.ifr_mtu);
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
  ask(fd, abi.SIOCGIFHWADDR, name);
  let text = '';
  for (let n: usize = 0; n < 6; n++)
    text += (n > 0 ? ':' : '') + hex(load<u8>(answer() + ifreq.ifr_hwaddr + n), 2);
  print('        ether ' + text + '\n');
}

function change(args: string[]): i32 {
  const name = args[1];
  for (let n = 2; n < args.length; n++) {
    const word = args[n];
    let failed = 0;
    if (word == 'up' || word == 'down') failed = setUp(fd, name, word == 'up');
    else if (word == 'netmask' && n + 1 < args.length) failed = setText(abi.SIOCSIFNETMASK, name, args[++n]);
    else failed = setText(abi.SIOCSIFADDR, name, word);
    if (badAddress) {
      complain(args[n] + ': no address; usage: ' + USAGE);
      return 2;
    }
    if (failed < 0) return complainOf(name, failed);
  }
  return 0;
}

function setText(command: i32, name: string, text: string): i32 {
  const value = address(text);
  return badAddress ? 0 : setAddress(fd, command, name, value);
}
