/**
 * udhcpc [-q] [-i INTERFACE]: gets an address for an interface by DHCP (RFC 2131), and the way out. It waits a while for the
 * interface to be there, asks, and does not stay: a lease is not renewed. -q: it says nothing of what it got.
 */
import * as abi from 'mote/abi';
import { ifreq } from 'mote/abi';
import { complain, complainOf, print } from 'programs/lib/io';
import { answer, ask, awaitUp, changeRoute, setAddress } from 'programs/lib/interfaces';
import { addressText, bind, bindToDevice, receiveFrom, sendTo, socket } from 'programs/lib/sockets';
import { waitToRead } from 'programs/lib/sockets';

const USAGE = 'usage: udhcpc [-q] [-i INTERFACE]';
const SERVER_PORT: u32 = 67;
const CLIENT_PORT: u32 = 68;
const BROADCAST: u32 = 0xffff_ffff;
const TRIES = 4;
const PATIENCE_MS = 1000;

// The message (RFC 2131, section 2).
const XID: usize = 4;
const FLAGS: usize = 10;
const YIADDR: usize = 16;
const CHADDR: usize = 28;
const COOKIE: usize = 236;
const OPTIONS: i32 = 240;
const MAGIC: u32 = 0x6382_5363;
const BOOTREQUEST: u8 = 1;
const BOOTREPLY: u8 = 2;
const HARDWARE_BYTES: u8 = 6;
const MESSAGE_BYTES = 576;

// Options (RFC 2132).
const NETMASK: u8 = 1;
const ROUTER: u8 = 3;
const REQUESTED: u8 = 50;
const TYPE: u8 = 53;
const SERVER: u8 = 54;
const PARAMETERS: u8 = 55;
const END: u8 = 255;
const DISCOVER: u8 = 1;
const OFFER: u8 = 2;
const REQUEST: u8 = 3;
const ACK: u8 = 5;

const message = new ArrayBuffer(MESSAGE_BYTES);
const at = changetype<usize>(message);
let bytes: i32 = 0;
let xid: u32 = 0;
let fd = -1;
let device = 'eth0';
let isQuiet = false;

function takeArguments(args: string[]): bool {
  for (let n = 1; n < args.length; n++) {
    if (args[n] == '-q') isQuiet = true;
    else if (args[n] == '-i' && n + 1 < args.length) device = args[++n];
    else return false;
  }
  return true;
}

export function main(args: string[]): i32 {
  if (!takeArguments(args)) {
    complain(USAGE);
    return 2;
  }
  fd = socket(abi.SOCK_DGRAM);
  if (fd < 0) return complainOf('socket', fd);
  let failed = awaitUp(fd, device);
  if (failed == 0) failed = bindToDevice(fd, device);
  if (failed == 0) failed = bind(fd, 0, CLIENT_PORT);
  if (failed < 0) return complainOf(device, failed);
  const offered = converse(DISCOVER, OFFER, 0, 0);
  if (offered == 0) return nobody();
  const server = optionAddress(SERVER);
  const given = converse(REQUEST, ACK, offered, server);
  return given == 0 ? nobody() : take(given);
}

function nobody(): i32 {
  complain(device + ': nobody gives an address');
  return 1;
}

/** Sends a message until the answer comes: the address in it, 0: there is none. */
function converse(type: u8, wanted: u8, address: u32, server: u32): u32 {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    make(type, address, server);
    const sent = sendTo(fd, message, bytes, BROADCAST, SERVER_PORT);
    if (sent < 0) {
      complainOf(device, sent);
      return 0;
    }
    while (waitToRead(fd, PATIENCE_MS) == 1) {
      bytes = receiveFrom(fd, message, MESSAGE_BYTES);
      if (isAnswer(wanted)) return bswap<u32>(load<u32>(at + YIADDR));
    }
  }
  return 0;
}

function make(type: u8, address: u32, server: u32): void {
  memory.fill(at, 0, MESSAGE_BYTES);
  ask(fd, abi.SIOCGIFHWADDR, device);
  const hardware = answer() + ifreq.ifr_hwaddr;
  xid = load<u32>(hardware + 2);
  store<u8>(at, BOOTREQUEST);
  store<u8>(at + 1, 1);
  store<u8>(at + 2, HARDWARE_BYTES);
  store<u32>(at + XID, xid);
  // Answers are to go to everybody: this card has no address yet.
  store<u16>(at + FLAGS, 0x80);
  memory.copy(at + CHADDR, hardware, HARDWARE_BYTES);
  store<u32>(at + COOKIE, bswap<u32>(MAGIC));
  bytes = OPTIONS;
  putByte(TYPE, type);
  if (address != 0) putAddress(REQUESTED, address);
  if (server != 0) putAddress(SERVER, server);
  store<u8>(at + bytes++, PARAMETERS);
  store<u8>(at + bytes++, 2);
  store<u8>(at + bytes++, NETMASK);
  store<u8>(at + bytes++, ROUTER);
  store<u8>(at + bytes++, END);
}

function putByte(option: u8, value: u8): void {
  store<u8>(at + bytes++, option);
  store<u8>(at + bytes++, 1);
  store<u8>(at + bytes++, value);
}
function putAddress(option: u8, value: u32): void {
  store<u8>(at + bytes++, option);
  store<u8>(at + bytes++, 4);
  store<u32>(at + bytes, bswap<u32>(value));
  bytes += 4;
}

function isAnswer(type: u8): bool {
  if (bytes < OPTIONS || load<u8>(at) != BOOTREPLY || load<u32>(at + XID) != xid) return false;
  if (load<u32>(at + COOKIE) != bswap<u32>(MAGIC)) return false;
  const option = find(TYPE, 1);
  return option != 0 && load<u8>(option) == type;
}

/** Where the value of an option of at least so many bytes is; 0: there is none. */
function find(wanted: u8, least: i32): usize {
  for (let place = OPTIONS; place + 1 < bytes;) {
    const option = load<u8>(at + place);
    if (option == END) return 0;
    if (option == 0) {
      place++;
      continue;
    }
    const length = <i32>load<u8>(at + place + 1);
    if (option == wanted) return length >= least && place + 2 + length <= bytes ? at + place + 2 : 0;
    place += 2 + length;
  }
  return 0;
}

function optionAddress(option: u8): u32 {
  const place = find(option, 4);
  return place == 0 ? 0 : bswap<u32>(load<u32>(place));
}

/** Gives the interface what was leased. */
function take(address: u32): i32 {
  const mask = optionAddress(NETMASK);
  const router = optionAddress(ROUTER);
  let failed = setAddress(fd, abi.SIOCSIFADDR, device, address);
  if (failed == 0 && mask != 0) failed = setAddress(fd, abi.SIOCSIFNETMASK, device, mask);
  if (failed < 0) return complainOf(device, failed);
  if (router != 0) {
    changeRoute(fd, abi.SIOCDELRT, 0, 0, 0);
    failed = changeRoute(fd, abi.SIOCADDRT, 0, 0, router);
    if (failed < 0) return complainOf('the route by ' + addressText(router), failed);
  }
  if (!isQuiet)
    print(device + ': ' + addressText(address) + (router == 0 ? '' : ' by ' + addressText(router)) + '\n');
  return 0;
}
