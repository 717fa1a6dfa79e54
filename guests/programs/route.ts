/** route [-n] [add|del [-net|-host] default|NETWORK[/BITS] [netmask MASK] [gw GATEWAY] [dev INTERFACE]]: shows where packets go, or changes it. */
import * as abi from 'mote/abi';
import { changeRoute } from 'programs/lib/interfaces';
import { complain, complainOf, print } from 'programs/lib/io';
import { maskOf, Network, networkOf, routes } from 'programs/lib/networks';
import { address, addressText, badAddress, socket } from 'programs/lib/sockets';

const USAGE =
  'usage: route [-n] [add|del [-net|-host] default|NETWORK[/BITS] [netmask MASK] [gw GATEWAY] [dev INTERFACE]]';
/** As net-tools has it: a gateway's name is longer than its number. */
const COLUMN: i32 = 15;

export function main(args: string[]): i32 {
  // Addresses have no names here.
  if (args.length > 1 && args[1] == '-n') args.splice(1, 1);
  return args.length == 1 ? show() : change(args);
}

function show(): i32 {
  const all = routes();
  print('Kernel IP routing table\n');
  print('Destination     Gateway         Genmask         Flags Metric Ref    Use Iface\n');
  for (let n = 0; n < all.length; n++) {
    const each = all[n];
    const flags = 'U' + (each.gateway != 0 ? 'G' : '') + (each.mask == u32.MAX_VALUE ? 'H' : '');
    print(
      [addressText(each.destination), addressText(each.gateway), addressText(each.mask)]
        .map<string>((text) => text.padEnd(COLUMN))
        .join(' ') +
        ' ' +
        flags.padEnd(5) +
        ' 0      0        0 ' +
        each.device +
        '\n',
    );
  }
  return 0;
}

function change(args: string[]): i32 {
  const adds = args[1] == 'add';
  let at = 2;
  const isNet = at < args.length && args[at] == '-net';
  if (isNet || (at < args.length && args[at] == '-host')) at++;
  if ((!adds && args[1] != 'del') || at >= args.length) return wrong();
  const network = networkOf(args[at++]);
  if (network == null) return wrong();
  if (isNet && !args[at - 1].includes('/')) network.mask = maskOf(network.address);
  let gateway: u32 = 0;
  let device = '';
  for (; at < args.length; at++) {
    const word = args[at];
    const value = at + 1 < args.length ? args[at + 1] : '';
    if (word == 'netmask' || word == 'gw') {
      const said = address(value);
      if (badAddress) return wrong();
      if (word == 'gw') gateway = said;
      else network.mask = said;
      at++;
    } else if (word == 'dev' && value != '') device = args[++at];
    else if (at == args.length - 1) device = word;
    else return wrong();
  }
  if (adds && gateway == 0 && device == '') return wrong();
  return put(network, adds, gateway, device);
}

function put(network: Network, adds: bool, gateway: u32, device: string): i32 {
  const command = adds ? abi.SIOCADDRT : abi.SIOCDELRT;
  const failed = changeRoute(socket(abi.SOCK_DGRAM), command, network.address, network.mask, gateway, device);
  return failed < 0 ? complainOf(network.text, failed) : 0;
}

function wrong(): i32 {
  complain(USAGE);
  return 2;
}
