/** route [add|del default|NETWORK [netmask MASK] [gw GATEWAY]]: shows where packets go, or changes it. */
import * as abi from 'mote/abi';
import { changeRoute } from 'programs/lib/interfaces';
import { complain, complainOf, print, readFile } from 'programs/lib/io';
import { address, addressText, badAddress, socket } from 'programs/lib/sockets';
import { table } from 'programs/lib/text';

const USAGE = 'usage: route [add|del default|NETWORK [netmask MASK] [gw GATEWAY]]';

export function main(args: string[]): i32 {
  return args.length == 1 ? show() : change(args);
}

/** An address of /proc/net: a word as it lies in memory, in hexadecimal. */
function told(text: string): string {
  return addressText(bswap<u32>(U32.parseInt(text, 16)));
}

function show(): i32 {
  const text = readFile('/proc/net/route');
  if (text == null) return complainOf('/proc/net/route', -2);
  const rows: string[][] = [['Destination', 'Gateway', 'Genmask', 'Flags', 'Iface']];
  const lines = text.split('\n');
  for (let n = 1; n < lines.length; n++) {
    const fields = lines[n].split('\t');
    if (fields.length < 8) continue;
    const gateway = (U32.parseInt(fields[3], 16) & 2) != 0;
    rows.push([told(fields[1]), told(fields[2]), told(fields[7]), gateway ? 'UG' : 'U', fields[0]]);
  }
  print(table(rows));
  return 0;
}

function change(args: string[]): i32 {
  const adds = args[1] == 'add';
  if ((!adds && args[1] != 'del') || args.length < 3) return wrong();
  const isDefault = args[2] == 'default';
  const destination: u32 = isDefault ? 0 : address(args[2]);
  let failed = !isDefault && badAddress;
  let mask: u32 = isDefault ? 0 : 0xffff_ffff;
  let gateway: u32 = 0;
  for (let n = 3; n < args.length; n++) {
    const isMask = args[n] == 'netmask';
    if ((!isMask && args[n] != 'gw') || n + 1 == args.length) return wrong();
    const value = address(args[++n]);
    failed = failed || badAddress;
    if (isMask) mask = value;
    else gateway = value;
  }
  if (failed || (adds && gateway == 0)) return wrong();
  const fd = socket(abi.SOCK_DGRAM);
  const result = changeRoute(fd, adds ? abi.SIOCADDRT : abi.SIOCDELRT, destination, mask, gateway);
  return result < 0 ? complainOf(args[2], result) : 0;
}

function wrong(): i32 {
  complain(USAGE);
  return 2;
}
