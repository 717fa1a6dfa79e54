/** Networks as people write them, and the routes that there are. */
import { readFile } from './io';
import { address, addressText, badAddress } from './sockets';
import { bad, number } from './text';

const ALL: u32 = 0xffff_ffff;

export class Network {
  constructor(
    public address: u32,
    public mask: u32,
    public text: string,
  ) {}

  /** How many ones the mask has. */
  get bits(): i32 {
    return <i32>popcnt(this.mask);
  }
}

/** `default`, ADDRESS, ADDRESS/BITS or ADDRESS/MASK; an address alone is a network of one. Null: it is none. */
export function networkOf(text: string): Network | null {
  if (text == 'default') return new Network(0, 0, text);
  const slash = text.indexOf('/');
  const value = address(slash < 0 ? text : text.substring(0, slash));
  if (badAddress) return null;
  if (slash < 0) return new Network(value, ALL, text);
  const behind = text.substring(slash + 1);
  const mask = behind.includes('.') ? address(behind) : maskFor(behind);
  return badAddress ? null : new Network(value, mask, text);
}

/** The mask of so many ones; `badAddress` says whether there is none. */
function maskFor(text: string): u32 {
  const bits = number(text);
  if (bad || bits < 0 || bits > 32) address('');
  const shift = <u32>(32 - bits);
  return bits == 0 ? 0 : ALL << shift;
}

/** The mask of an address's class. */
export function maskOf(value: u32): u32 {
  if (value == 0) return 0;
  if (value >> 31 == 0) return 0xff00_0000;
  return value >> 30 == 2 ? 0xffff_0000 : 0xffff_ff00;
}

export class KnownRoute {
  constructor(
    public destination: u32,
    public gateway: u32,
    public mask: u32,
    public device: string,
  ) {}

  /** As iproute2 writes a destination. */
  get text(): string {
    if (this.mask == 0) return 'default';
    return addressText(this.destination) + (this.mask == ALL ? '' : '/' + popcnt(this.mask).toString());
  }
}

/** An address of /proc/net: a word as it lies in memory, in hexadecimal. */
function told(text: string): u32 {
  return bswap<u32>(U32.parseInt(text, 16));
}

/** All routes, those of the longest masks first. */
export function routes(): KnownRoute[] {
  const text = readFile('/proc/net/route');
  const lines = (text == null ? '' : text).split('\n');
  const found: KnownRoute[] = [];
  for (let n = 1; n < lines.length; n++) {
    const fields = lines[n].split('\t');
    if (fields.length < 8) continue;
    found.push(new KnownRoute(told(fields[1]), told(fields[2]), told(fields[7]), fields[0]));
  }
  return found;
}
