/** ping [-c COUNT] [-i SECONDS] [-s BYTES] [-t TTL] [-W SECONDS] HOST: sends echoes, and tells what comes back and when. */
import { CLOCK_MONOTONIC, IP_TTL, IPPROTO_ICMP, IPPROTO_IP, SOCK_RAW } from 'mote/abi';
import { clock, getpid, sleepNs } from 'programs/lib/calls';
import { complain, complainOf, flush, print } from 'programs/lib/io';
import {
  address,
  addressText,
  badAddress,
  peerAddress,
  receiveFrom,
  sendTo,
  setOption,
} from 'programs/lib/sockets';
import { socket, waitToRead } from 'programs/lib/sockets';
import { bad, number } from 'programs/lib/text';

const USAGE = 'usage: ping [-c COUNT] [-i SECONDS] [-s BYTES] [-t TTL] [-W SECONDS] HOST';
const ECHO: u8 = 8;
const REPLY: u8 = 0;
const UNREACHABLE: u8 = 3;
const HEADER = 8;
const IP_HEADER = 20;
const MAX_BYTES: i64 = 8000;
const MS: u64 = 1_000_000;

let count: i64 = i64.MAX_VALUE;
let interval: u64 = 1000;
let bytes: i64 = 56;
let ttl: i64 = 64;
let patience: i64 = 1;
let host = '';

/** False: the usage is wrong. */
function takeArguments(args: string[]): bool {
  for (let n = 1; n < args.length; n++) {
    const option = args[n];
    if (!option.startsWith('-')) {
      host = option;
      continue;
    }
    const value = n + 1 < args.length ? number(args[++n]) : -1;
    if (bad || value < 0) return false;
    if (option == '-c') count = value;
    else if (option == '-i') interval = <u64>value * 1000;
    else if (option == '-s') bytes = value;
    else if (option == '-t') ttl = value;
    else if (option == '-W') patience = value;
    else return false;
  }
  return host != '' && bytes <= MAX_BYTES && ttl >= 1 && ttl <= 255;
}

function checksum(at: usize, length: i32): u16 {
  let sum: u32 = 0;
  for (let n = 0; n + 1 < length; n += 2) sum += load<u16>(at + n);
  if (length & 1) sum += load<u8>(at + length - 1);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return <u16>~sum;
}

function makeEcho(packet: ArrayBuffer, id: i32, sequence: i32): void {
  const at = changetype<usize>(packet);
  store<u8>(at, ECHO);
  store<u8>(at + 1, 0);
  store<u16>(at + 2, 0);
  store<u16>(at + 4, bswap<u16>(<u16>id));
  store<u16>(at + 6, bswap<u16>(<u16>sequence));
  for (let n = HEADER; n < packet.byteLength; n++) store<u8>(at + n, <u8>n);
  store<u16>(at + 2, checksum(at, packet.byteLength));
}

/** Milliseconds with three digits. */
function ms(ns: u64): string {
  return (ns / MS).toString() + '.' + ((ns / 1000) % 1000).toString().padStart(3, '0');
}

export function main(args: string[]): i32 {
  if (!takeArguments(args)) {
    complain(USAGE);
    return 2;
  }
  const to = address(host);
  if (badAddress) {
    complain(host + ': there is no such host');
    return 2;
  }
  const fd = socket(SOCK_RAW, IPPROTO_ICMP);
  if (fd < 0) return complainOf('socket', fd);
  setOption(fd, IPPROTO_IP, IP_TTL, <i32>ttl);
  const all = (bytes + HEADER + IP_HEADER).toString();
  print('PING ' + host + ' (' + addressText(to) + ') ' + bytes.toString() + '(' + all + ') bytes of data.\n');
  return run(fd, to);
}

let sent = 0;
let received = 0;
let least: u64 = u64.MAX_VALUE;
let most: u64 = 0;
let total: u64 = 0;

function run(fd: i32, to: u32): i32 {
  const id = getpid();
  const packet = new ArrayBuffer(HEADER + <i32>bytes);
  const began = clock(CLOCK_MONOTONIC);
  for (let sequence = 1; <i64>sequence <= count; sequence++) {
    makeEcho(packet, id, sequence);
    const start = clock(CLOCK_MONOTONIC);
    const failed = sendTo(fd, packet, packet.byteLength, to, 0);
    if (failed < 0) {
      complainOf('sending', failed);
      if (sent == 0) return 2;
    }
    sent++;
    hear(fd, id, sequence, start);
    flush();
    const passed = (clock(CLOCK_MONOTONIC) - start) / MS;
    if (<i64>sequence < count && passed < interval) sleepNs((interval - passed) * MS);
  }
  tell(clock(CLOCK_MONOTONIC) - began);
  return received > 0 ? 0 : 1;
}

/** Waits for the answer to one echo. */
function hear(fd: i32, id: i32, sequence: i32, start: u64): void {
  const buffer = new ArrayBuffer(HEADER + IP_HEADER + <i32>MAX_BYTES);
  const at = changetype<usize>(buffer);
  const deadline = start + <u64>patience * 1000 * MS;
  for (let now = clock(CLOCK_MONOTONIC); now < deadline; now = clock(CLOCK_MONOTONIC)) {
    if (waitToRead(fd, <i32>((deadline - now) / MS) + 1) <= 0) return;
    const got = receiveFrom(fd, buffer, buffer.byteLength);
    if (got < IP_HEADER + HEADER) continue;
    const type = load<u8>(at + IP_HEADER);
    const from = addressText(peerAddress());
    if (type == UNREACHABLE) {
      print('From ' + from + ' icmp_seq=' + sequence.toString() + ' Destination unreachable\n');
      return;
    }
    const same = bswap<u16>(load<u16>(at + IP_HEADER + 4)) == <u16>id;
    if (type != REPLY || !same || bswap<u16>(load<u16>(at + IP_HEADER + 6)) != <u16>sequence) continue;
    const rtt = clock(CLOCK_MONOTONIC) - start;
    received++;
    total += rtt;
    least = min(least, rtt);
    most = max(most, rtt);
    print((got - IP_HEADER).toString() + ' bytes from ' + from + ': icmp_seq=' + sequence.toString());
    print(' ttl=' + load<u8>(at + 8).toString() + ' time=' + ms(rtt) + ' ms\n');
    return;
  }
}

function tell(ns: u64): void {
  const lost = sent == 0 ? 0 : ((sent - received) * 100) / sent;
  print('\n--- ' + host + ' ping statistics ---\n');
  print(sent.toString() + ' packets transmitted, ' + received.toString() + ' received, ');
  print(lost.toString() + '% packet loss, time ' + (ns / MS).toString() + 'ms\n');
  if (received == 0) return;
  print('rtt min/avg/max = ' + ms(least) + '/' + ms(total / received) + '/' + ms(most) + ' ms\n');
}
