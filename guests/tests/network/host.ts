/**
 * Mote's network stack compiled by itself and run in Node: a host with one interface, whose other end is in the test's hands.
 * Of the kernel it gets what it needs in a few lines: a heap, a clock that the test sets, and nobody who sleeps.
 */
import { compile } from '../../toolchain/compile.ts';
import { readSources } from '../../toolchain/node.ts';

const KERNEL: readonly (readonly [string, string])[] = [
  [
    'kernel/memory/heap.ts',
    `
    export let live: i32 = 0;
    export function alloc(size: usize): usize { live++; return heap.alloc(size); }
    export function tryAlloc(size: usize): usize { return alloc(size); }
    export function free(block: usize): void { if (block == 0) return; live--; heap.free(block); }
    export function dispose<T>(object: T): void {}`,
  ],
  ['kernel/memory/pages.ts', 'export function isMemoryLow(): bool { return false; }'],
  [
    'kernel/threads/wait.ts',
    `
    export class WaitQueue { sleep(): void { assert(false, 'nobody sleeps here'); } wake(): void {} }
    export function interrupted(): bool { return true; }`,
  ],
  [
    'kernel/events/clock.ts',
    `
    export const SECOND: u64 = 1_000_000_000;
    export const MILLISECOND: u64 = 1_000_000;
    let clock: u64 = SECOND;
    let alarm: u64 = u64.MAX_VALUE;
    export function now(): u64 { return clock; }
    export function setAlarm(ns: u64): void { alarm = ns; }
    export function initClock(handler: (port: u32) => void): void {}
    export function alarmAt(): u64 { return alarm; }
    export function setNow(ns: u64): bool {
      clock = ns;
      if (ns < alarm) return false;
      alarm = u64.MAX_VALUE;
      return true;
    }`,
  ],
  ['mote/process.ts', 'export function currentProcess(): i32 { return 0; }'],
  ['mote/signals.ts', 'export function sendSignal(process: i32, signal: i32): void {}'],
  [
    'mote/user-memory.ts',
    `
    export function copyIn(to: usize, from: u64, bytes: usize): i32 { memory.copy(to, <usize>from, bytes); return 0; }
    export function copyOut(to: u64, from: usize, bytes: usize): i32 { memory.copy(<usize>to, from, bytes); return 0; }
    export function copyInString(to: usize, from: u64, room: usize): i32 {
      let length: usize = 0;
      while (length < room && load<u8>(<usize>from + length) != 0) length++;
      memory.copy(to, <usize>from, length + 1);
      return <i32>length;
    }`,
  ],
];

const MAIN = `
import { live } from 'kernel/memory/heap';
import { alarmAt, setNow } from 'kernel/events/clock';
import { Timer } from 'kernel/events/timers';
import { IPPROTO_ICMP, O_NONBLOCK } from 'mote/abi';
import { EthernetInterface } from 'mote/net/ethernet';
import { drain, receive } from 'mote/net/input';
import { addInterface, IFF_RUNNING, IFF_UP, Interface } from 'mote/net/interface';
import { initInternet } from 'mote/net/internet';
import { Packet, packetCount } from 'mote/net/packet';
import { RawSocket } from 'mote/net/raw';
import { addRoute } from 'mote/net/route';
import { acceptFailure, Socket } from 'mote/net/socket';
import { connections, connectionCount } from 'mote/net/tcp/table';
import { newTcpSocket, TcpSocket } from 'mote/net/tcp/socket';
import { UdpSocket } from 'mote/net/udp';

@external("test", "transmit")
declare function transmit(at: usize, bytes: u32): void;

class Wire extends Interface {
  constructor(address: u32) {
    super('wire', IFF_UP | IFF_RUNNING);
    this.address = address;
    this.netmask = 0xffffff00;
  }
  get mostToCut(): u32 { return mostWhole; }
  send(packet: Packet, nextHop: u32): void {
    this.countSent(packet);
    transmit(packet.at, packet.bytes);
    packet.free();
  }
}
let wire: Interface | null = null;
let mostWhole: u32 = 0;
/** The wire takes packets with so much of TCP's data, as a card does that cuts them, and brings them as one that has joined them. */
export function takeWhole(most: u32): void { mostWhole = most; }

class Card extends EthernetInterface {
  constructor(address: u32) {
    super('eth0');
    this.flags |= IFF_UP | IFF_RUNNING;
    this.address = address;
    this.netmask = 0xffffff00;
    this.hardware[0] = 2;
    this.hardware[5] = <u8>address;
  }
  protected transmit(at: usize, bytes: u32, segmentBytes: u32): void { transmit(at, bytes); }
}

export const buffer: usize = memory.data(65536);
const sockets = new StaticArray<Socket | null>(64);

export function init(address: u32, ethernet: bool): void {
  initInternet();
  if (ethernet) wire = new Card(address);
  else wire = new Wire(address);
  addInterface(wire!);
  addRoute(address & 0xffffff00, 0xffffff00, 0, wire!);
}
export function arrive(bytes: u32): void {
  const card = wire!;
  if (card instanceof EthernetInterface) return (<EthernetInterface>card).frameArrived(buffer, bytes);
  const packet = Packet.make(bytes);
  if (packet == null) return;
  memory.copy(packet.at, buffer, bytes);
  packet.interface_ = wire;
  if (bytes > 1500) packet.segmentBytes = 1460;
  receive(packet);
  drain();
}
/** When the stack wants to be called: what it has asked its clock for. */
export function nextDeadline(): u64 { return alarmAt(); }
export function setTime(ns: u64): void { if (setNow(ns)) Timer.expire(); }
export function packets(): i32 { return packetCount(); }
export function blocks(): i32 { return live; }
export function connectionsLeft(): i32 { return connectionCount(); }
export function dropped(): u32 { return <u32>wire!.dropped; }

function keep(socket: Socket): i32 {
  socket.flags |= O_NONBLOCK;
  let at = 0;
  while (sockets[at] != null) at++;
  sockets[at] = socket;
  return at;
}
export function tcp(): i32 {
  const made = newTcpSocket();
  return made == null ? -105 : keep(made);
}
export function udp(): i32 { return keep(new UdpSocket()); }
export function icmp(): i32 { return keep(new RawSocket(IPPROTO_ICMP)); }
export function bind(s: i32, address: u32, port: u32): i32 { return sockets[s]!.bind(address, port); }
export function connect(s: i32, address: u32, port: u32): i32 { return sockets[s]!.connect(address, port); }
export function listen(s: i32, backlog: i32): i32 { return sockets[s]!.listen(backlog); }
export function accept(s: i32): i32 {
  const came = sockets[s]!.accept();
  return came == null ? acceptFailure : keep(came);
}
export function send(s: i32, bytes: u32, address: u32, port: u32): i32 {
  return sockets[s]!.sendTo(buffer, bytes, address, port, false);
}
export function receiveSome(s: i32, bytes: u32): i32 { return sockets[s]!.receiveFrom(buffer, bytes, false); }
export function shutdown(s: i32, how: i32): i32 { return sockets[s]!.shutdown(how); }
export function close(s: i32): void { sockets[s]!.put(); sockets[s] = null; }
export function poll(s: i32): i32 { return sockets[s]!.poll(); }
export function state(s: i32): i32 { return (<TcpSocket>sockets[s]!).connection.state; }
export function setNoDelay(s: i32): void { (<TcpSocket>sockets[s]!).connection.noDelay = true; }
export function resize(s: i32, isSending: bool, bytes: u32): void { (<TcpSocket>sockets[s]!).resize(isSending, bytes); }
export function lowestRetries(): u32 {
  let most: u32 = 0;
  for (let each = connections(); each != null; each = each!.next) most = max(most, each!.retries);
  return most;
}
`;

export interface HostExports {
  readonly memory: WebAssembly.Memory;
  readonly start: () => void;
  readonly init: (address: number, ethernet: boolean) => void;
  readonly buffer: WebAssembly.Global;
  readonly arrive: (bytes: number) => void;
  readonly nextDeadline: () => bigint;
  readonly setTime: (ns: bigint) => void;
  readonly packets: () => number;
  readonly blocks: () => number;
  readonly connectionsLeft: () => number;
  readonly tcp: () => number;
  readonly udp: () => number;
  readonly icmp: () => number;
  readonly bind: (socket: number, address: number, port: number) => number;
  readonly connect: (socket: number, address: number, port: number) => number;
  readonly listen: (socket: number, backlog: number) => number;
  readonly accept: (socket: number) => number;
  readonly send: (socket: number, bytes: number, address: number, port: number) => number;
  readonly receiveSome: (socket: number, bytes: number) => number;
  readonly shutdown: (socket: number, how: number) => number;
  readonly close: (socket: number) => void;
  readonly poll: (socket: number) => number;
  readonly state: (socket: number) => number;
  readonly takeWhole: (most: number) => void;
  readonly resize: (socket: number, isSending: boolean, bytes: number) => void;
}

const { wasm } = await compile(new Map([...readSources(), ...KERNEL, ['main.ts', MAIN]]), 'main.ts', {
  runtime: 'bare',
  memoryBase: 0x1000,
});
const compiled = await WebAssembly.compile(wasm as BufferSource);

/** A host; `transmit` gets every packet it sends. */
export class Host {
  readonly calls: HostExports;
  readonly address: number;

  constructor(address: number, transmit: (packet: Uint8Array) => void, ethernet = false) {
    this.address = address;
    const instance = new WebAssembly.Instance(compiled, {
      env: {
        abort: (message: number, _file: number, line: number): never => {
          throw new Error(`${this.text(message)} (line ${String(line)})`);
        },
      },
      test: {
        transmit: (at: number, bytes: number): void => {
          transmit(new Uint8Array(this.calls.memory.buffer, at, bytes).slice());
        },
      },
    });
    this.calls = instance.exports as unknown as HostExports;
    this.calls.start();
    this.calls.init(address, ethernet);
  }

  private text(at: number): string {
    const bytes = new DataView(this.calls.memory.buffer);
    if (at === 0) return 'an assertion has failed';
    const length = bytes.getUint32(at - 4, true) / 2;
    return String.fromCharCode(...new Uint16Array(this.calls.memory.buffer, at, length));
  }

  private get buffer(): number {
    return this.calls.buffer.value as number;
  }

  put(bytes: Uint8Array): void {
    new Uint8Array(this.calls.memory.buffer).set(bytes, this.buffer);
  }
  take(count: number): Uint8Array {
    return new Uint8Array(this.calls.memory.buffer, this.buffer, count).slice();
  }
  /** A packet comes in. */
  arrive(packet: Uint8Array): void {
    this.put(packet);
    this.calls.arrive(packet.length);
  }
  /** Sends bytes: how many were taken, or an errno. */
  send(socket: number, bytes: Uint8Array, address = 0, port = 0): number {
    this.put(bytes);
    return this.calls.send(socket, bytes.length, address, port);
  }
  /** Receives up to `count` bytes; an errno where there are none. */
  receive(socket: number, count = 65536): Uint8Array | number {
    const got = this.calls.receiveSome(socket, count);
    return got < 0 ? got : this.take(got);
  }
}
