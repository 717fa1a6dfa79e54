/** ip addr|link|route [show|add|del|set] ...: interfaces, their addresses and where packets go, as iproute2 has it. */
import * as abi from 'mote/abi';
import { ifreq } from 'mote/abi';
import {
  answer,
  answeredAddress,
  ask,
  changeRoute,
  changeVlan,
  indexOf,
  setAddress,
  setName,
  setUp,
} from 'programs/lib/interfaces';
import { complain, complainOf, print, readFile } from 'programs/lib/io';
import { Network, networkOf, routes } from 'programs/lib/networks';
import { address, addressText, badAddress, socket } from 'programs/lib/sockets';
import { bad, hex, number } from 'programs/lib/text';

const USAGE =
  'usage: ip addr [show [dev INTERFACE] | add|del ADDRESS/BITS dev INTERFACE]\n' +
  '       ip link [show [INTERFACE] | set INTERFACE up|down|name NAME]\n' +
  '       ip link add NAME type dummy | add link INTERFACE [name INTERFACE.ID] type vlan id ID | del NAME\n' +
  '       ip route [show | add|del NETWORK [via GATEWAY] [dev INTERFACE]]';
const LOOPBACK: u32 = 8;
const EINVAL: i32 = 22;
const FLAGS: StaticArray<string> = ['UP', 'BROADCAST', '', 'LOOPBACK', '', '', 'LOWER_UP'];

let fd = -1;

export function main(args: string[]): i32 {
  fd = socket(abi.SOCK_DGRAM);
  const what = args.length > 1 ? args[1] : '';
  const verb = args.length > 2 ? args[2] : 'show';
  const rest = args.slice(min(3, args.length));
  if (isShort(what, 'address')) return addresses(verb, rest);
  if (isShort(what, 'link')) return links(verb, rest);
  if (isShort(what, 'route')) return routing(verb, rest);
  return wrong();
}

/** Words may be cut short. */
function isShort(text: string, word: string): bool {
  return text != '' && word.startsWith(text);
}

function wrong(): i32 {
  complain(USAGE);
  return 2;
}

/** The word behind another one; empty: it is not there. */
function behind(words: string[], name: string): string {
  const at = words.indexOf(name);
  return at < 0 || at + 1 >= words.length ? '' : words[at + 1];
}

/** Of all interfaces. */
function names(): string[] {
  const text = readFile('/proc/net/dev');
  const lines = (text == null ? '' : text).split('\n');
  const found: string[] = [];
  for (let n = 2; n < lines.length; n++) if (lines[n] != '') found.push(lines[n].split(':')[0].trim());
  return found;
}

/** Those that are to be shown; null: there is none of this name, and that has been said. */
function chosen(words: string[]): string[] | null {
  const said = words.length == 1 ? words[0] : behind(words, 'dev');
  if (said == '') return names();
  if (indexOf(fd, said) >= 0) return [said];
  complain('Device "' + said + '" does not exist.');
  return null;
}

function show(words: string[], withAddresses: bool): i32 {
  const found = chosen(words);
  if (found == null) return 1;
  for (let n = 0; n < found.length; n++) {
    showLink(found[n]);
    if (withAddresses) showAddress(found[n]);
  }
  return 0;
}

function showLink(name: string): void {
  const index = indexOf(fd, name);
  ask(fd, abi.SIOCGIFFLAGS, name);
  const flags = <u32>load<u16>(answer(), ifreq.ifr_flags);
  ask(fd, abi.SIOCGIFMTU, name);
  const mtu = load<u32>(answer(), ifreq.ifr_mtu);
  const said: string[] = [];
  for (let bit = 0; bit < FLAGS.length; bit++)
    if ((flags >> bit) & 1 && FLAGS[bit] != '') said.push(FLAGS[bit]);
  const isLoopback = (flags & LOOPBACK) != 0;
  const state = isLoopback ? 'UNKNOWN' : (flags & 1) != 0 ? 'UP' : 'DOWN';
  print(
    index.toString() +
      ': ' +
      name +
      ': <' +
      said.join(',') +
      '> mtu ' +
      mtu.toString() +
      ' state ' +
      state +
      '\n',
  );
  let hardware = '';
  if (!isLoopback) ask(fd, abi.SIOCGIFHWADDR, name);
  for (let n: usize = 0; n < 6; n++)
    hardware += (n > 0 ? ':' : '') + (isLoopback ? '00' : hex(load<u8>(answer() + ifreq.ifr_hwaddr + n), 2));
  const broadcast = isLoopback ? '00:00:00:00:00:00' : 'ff:ff:ff:ff:ff:ff';
  print('    link/' + (isLoopback ? 'loopback ' : 'ether ') + hardware + ' brd ' + broadcast + '\n');
}

function showAddress(name: string): void {
  ask(fd, abi.SIOCGIFADDR, name);
  const value = answeredAddress();
  if (value == 0) return;
  ask(fd, abi.SIOCGIFNETMASK, name);
  const network = new Network(value, answeredAddress(), '');
  const broadcast = network.bits < 31 ? ' brd ' + addressText(value | ~network.mask) : '';
  print(
    '    inet ' +
      addressText(value) +
      '/' +
      network.bits.toString() +
      broadcast +
      ' scope global ' +
      name +
      '\n',
  );
}

function addresses(verb: string, words: string[]): i32 {
  if (isShort(verb, 'show') || verb == 'list') return show(words, true);
  if (verb != 'add' && verb != 'del' && verb != 'flush') return wrong();
  const device = behind(words, 'dev');
  const network = verb == 'flush' ? new Network(0, 0, device) : networkOf(words.length > 0 ? words[0] : '');
  if (device == '' || network == null) return wrong();
  if (indexOf(fd, device) < 0) return missing(device);
  ask(fd, abi.SIOCGIFADDR, device);
  const before = answeredAddress();
  // An interface has one address here.
  if (verb == 'add' && before != 0) {
    complain(device + ': it has the address ' + addressText(before) + ', and there is room for one');
    return 1;
  }
  if (verb == 'del' && before != network.address) return complainOf(network.text, -99);
  let failed = setAddress(fd, abi.SIOCSIFADDR, device, verb == 'add' ? network.address : 0);
  if (failed == 0 && verb == 'add') failed = setAddress(fd, abi.SIOCSIFNETMASK, device, network.mask);
  return failed < 0 ? complainOf(device, failed) : 0;
}

function missing(device: string): i32 {
  complain('Cannot find device "' + device + '"');
  return 1;
}

function links(verb: string, words: string[]): i32 {
  if (isShort(verb, 'show') || verb == 'list') return show(words, false);
  if (verb == 'add') return addLink(words);
  if (verb == 'del' || verb == 'delete') return deleteLink(words);
  if (!isShort(verb, 'set') || words.length < 2) return wrong();
  const at = words[0] == 'dev' ? 1 : 0;
  const device = words[at];
  if (indexOf(fd, device) < 0) return missing(device);
  for (let n = at + 1; n < words.length; n++) {
    const word = words[n];
    let failed = 0;
    if (word == 'up' || word == 'down') failed = setUp(fd, device, word == 'up');
    else if (word == 'name' && n + 1 < words.length) failed = setName(fd, device, words[++n]);
    // What is so anyhow.
    else if (word == 'arp' || word == 'multicast') n++;
    else return wrong();
    if (failed < 0) return complainOf(device, failed);
  }
  return 0;
}

/** NAME type dummy, or link INTERFACE name NAME type vlan id ID. */
function addLink(words: string[]): i32 {
  const type = behind(words, 'type');
  const said = behind(words, 'name');
  if (type == 'dummy') {
    const name = said == '' ? words[0] : said;
    const failed = ask(fd, abi.SIOCADDDUMMY, name);
    return failed < 0 ? complainOf(name, failed) : 0;
  }
  const parent = behind(words, 'link');
  const id = <i32>number(behind(words, 'id'));
  if (type != 'vlan' || parent == '' || bad) return wrong();
  if (indexOf(fd, parent) < 0) return missing(parent);
  const usual = parent + '.' + id.toString();
  let failed = changeVlan(fd, true, parent, id);
  if (failed == 0 && said != '' && said != usual) failed = setName(fd, usual, said);
  return failed < 0 ? complainOf(said == '' ? usual : said, failed) : 0;
}

function deleteLink(words: string[]): i32 {
  const name = words.length > 0 ? words[words[0] == 'dev' && words.length > 1 ? 1 : 0] : '';
  if (name == '') return wrong();
  if (indexOf(fd, name) < 0) return missing(name);
  let failed = changeVlan(fd, false, name, 0);
  if (failed == -EINVAL) failed = ask(fd, abi.SIOCDELDUMMY, name);
  if (failed == -EINVAL) complain(name + ': it is neither a VLAN nor a dummy');
  else if (failed < 0) complainOf(name, failed);
  return failed < 0 ? 1 : 0;
}

function routing(verb: string, words: string[]): i32 {
  if (isShort(verb, 'show') || verb == 'list') return showRoutes(words);
  if ((verb != 'add' && verb != 'del' && verb != 'delete') || words.length == 0) return wrong();
  const network = networkOf(words[0]);
  const via = behind(words, 'via');
  const gateway = via == '' ? 0 : address(via);
  if (network == null || (via != '' && badAddress)) return wrong();
  const device = behind(words, 'dev');
  if (device != '' && indexOf(fd, device) < 0) return missing(device);
  const command = verb == 'add' ? abi.SIOCADDRT : abi.SIOCDELRT;
  const failed = changeRoute(fd, command, network.address, network.mask, gateway, device);
  return failed < 0 ? complainOf(network.text, failed) : 0;
}

/** The source of a connected network is its interface's address. */
function showRoutes(words: string[]): i32 {
  const all = routes();
  const device = behind(words, 'dev');
  for (let n = 0; n < all.length; n++) {
    const each = all[n];
    if (device != '' && device != each.device) continue;
    ask(fd, abi.SIOCGIFADDR, each.device);
    const source = answeredAddress();
    const way = each.gateway != 0 ? ' via ' + addressText(each.gateway) : '';
    const scope = each.gateway == 0 ? ' scope link' + (source != 0 ? ' src ' + addressText(source) : '') : '';
    print(each.text + way + ' dev ' + each.device + scope + '\n');
  }
  return 0;
}
