/** route [add|del default|NETWORK [netmask MASK] [gw GATEWAY]]: shows where packets go, or changes it. */
import * as abi from 'mote/abi';
import { rtentry, sockaddr_in } from 'mote/abi';
import { control } from 'programs/lib/calls';
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

const request = new StaticArray<u8>(<i32>rtentry.SIZE);

function put(at: usize, value: u32): void {
  store<u16>(changetype<usize>(request) + at, <u16>abi.AF_INET);
  store<u32>(changetype<usize>(request) + at + sockaddr_in.sin_addr, bswap<u32>(value));
}

function change(args: string[]): i32 {
  const adds = args[1] == 'add';
  if ((!adds && args[1] != 'del') || args.length < 3) return wrong();
  const isDefault = args[2] == 'default';
  let destination: u32 = isDefault ? 0 : address(args[2]);
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
  put(rtentry.rt_dst, destination);
  put(rtentry.rt_genmask, mask);
  put(rtentry.rt_gateway, gateway);
  const fd = socket(abi.SOCK_DGRAM);
  const result = control(fd, adds ? abi.SIOCADDRT : abi.SIOCDELRT, changetype<usize>(request));
  return result < 0 ? complainOf(args[2], result) : 0;
}

function wrong(): i32 {
  complain(USAGE);
  return 2;
}
