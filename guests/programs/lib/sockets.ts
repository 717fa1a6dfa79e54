/** Sockets for programs: addresses as text, and the calls. */
import * as abi from 'mote/abi';
import { sockaddr_in } from 'mote/abi';
import { readFile } from './io';
import { syscall2, syscall3, syscall5, syscall6 } from './intrinsics';
import { bad, number } from './text';

/** `a.b.c.d`. */
export function addressText(address: u32): string {
  let text = '';
  for (let shift = 24; shift >= 0; shift -= 8)
    text += ((address >> shift) & 255).toString() + (shift > 0 ? '.' : '');
  return text;
}

/** Whether the last text was no address. */
export let badAddress: bool = false;

/** The address that a text says, as `a.b.c.d` or by a name of /etc/hosts. */
export function address(text: string): u32 {
  const parts = text.split('.');
  badAddress = parts.length != 4;
  let value: u32 = 0;
  for (let n = 0; n < parts.length && !badAddress; n++) {
    const part = number(parts[n]);
    if (bad || part < 0 || part > 255) badAddress = true;
    value = (value << 8) | (<u32>part);
  }
  return badAddress ? named(text) : value;
}

function named(name: string): u32 {
  const hosts = readFile('/etc/hosts');
  if (hosts == null) return 0;
  const lines = hosts.split('\n');
  for (let n = 0; n < lines.length; n++) {
    const words = lines[n].split('#')[0].replaceAll('\t', ' ').split(' ');
    for (let w = 1; w < words.length; w++) if (words[w] == name) return address(words[0]);
  }
  badAddress = true;
  return 0;
}

const place = new StaticArray<u8>(<i32>sockaddr_in.SIZE);
const length = new StaticArray<u32>(1);

function placeOf(host: u32, port: u32): usize {
  const at = changetype<usize>(place);
  store<u16>(at, <u16>abi.AF_INET);
  store<u16>(at + sockaddr_in.sin_port, bswap<u16>(<u16>port));
  store<u32>(at + sockaddr_in.sin_addr, bswap<u32>(host));
  return at;
}

/** The other side, as the last `accept` or `receiveFrom` told it. */
export function peerAddress(): u32 {
  return bswap<u32>(load<u32>(changetype<usize>(place) + sockaddr_in.sin_addr));
}

export function socket(type: i32, protocol: i32 = 0): i32 {
  return <i32>syscall3(abi.SYS_socket, abi.AF_INET, type, protocol);
}
export function bind(fd: i32, host: u32, port: u32): i32 {
  return <i32>syscall3(abi.SYS_bind, fd, placeOf(host, port), sockaddr_in.SIZE);
}
export function connect(fd: i32, host: u32, port: u32): i32 {
  return <i32>syscall3(abi.SYS_connect, fd, placeOf(host, port), sockaddr_in.SIZE);
}
export function listen(fd: i32, backlog: i32): i32 {
  return <i32>syscall2(abi.SYS_listen, fd, backlog);
}
export function accept(fd: i32): i32 {
  length[0] = <u32>sockaddr_in.SIZE;
  return <i32>syscall3(abi.SYS_accept, fd, changetype<usize>(place), changetype<usize>(length));
}
/** The port that a socket was given. */
export function localPort(fd: i32): u32 {
  length[0] = <u32>sockaddr_in.SIZE;
  const at = changetype<usize>(place);
  syscall3(abi.SYS_getsockname, fd, at, changetype<usize>(length));
  return bswap<u16>(load<u16>(at + sockaddr_in.sin_port));
}
export function sendTo(fd: i32, from: ArrayBuffer, count: i32, host: u32, port: u32): i32 {
  const to = placeOf(host, port);
  return <i32>syscall6(abi.SYS_sendto, fd, changetype<usize>(from), count, 0, to, sockaddr_in.SIZE);
}
export function receiveFrom(fd: i32, to: ArrayBuffer, count: i32): i32 {
  length[0] = <u32>sockaddr_in.SIZE;
  const at = changetype<usize>(place);
  return <i32>syscall6(abi.SYS_recvfrom, fd, changetype<usize>(to), count, 0, at, changetype<usize>(length));
}
export function shutdown(fd: i32, how: i32): i32 {
  return <i32>syscall2(abi.SYS_shutdown, fd, how);
}
export function setOption(fd: i32, level: i32, option: i32, value: i32): i32 {
  length[0] = value;
  return <i32>syscall5(abi.SYS_setsockopt, fd, level, option, changetype<usize>(length), 4);
}

/** What is sent to everybody goes out by this interface. */
export function bindToDevice(fd: i32, name: string): i32 {
  const text = String.UTF8.encode(name);
  const at = changetype<usize>(text);
  return <i32>syscall5(abi.SYS_setsockopt, fd, abi.SOL_SOCKET, abi.SO_BINDTODEVICE, at, text.byteLength);
}

const poll = new StaticArray<u8>(8);
/** Waits until a descriptor can be read: 1; 0: the time, in ms, is up; an error. Negative: for ever. */
export function waitToRead(fd: i32, timeoutMs: i32): i32 {
  return waitFor(fd, abi.POLLIN, timeoutMs);
}
/** The same until it takes bytes, or never will again. */
export function waitToWrite(fd: i32, timeoutMs: i32): i32 {
  return waitFor(fd, abi.POLLOUT, timeoutMs);
}
function waitFor(fd: i32, events: i32, timeoutMs: i32): i32 {
  const at = changetype<usize>(poll);
  store<i32>(at, fd);
  store<u32>(at + abi.pollfd.events, events);
  return <i32>syscall3(abi.SYS_poll, at, 1, <u64>(<i64>timeoutMs));
}
