/** Checksums completed and packets cut for those who leave it to their card: every segment is one that could have been sent. */
import { beforeEach, describe, expect, test } from 'vitest';
import { compile } from '../../toolchain/compile.ts';
import { readSources } from '../../toolchain/node.ts';

const MAIN = `
import { completeChecksum, Segments } from 'mote/net/offload';
const segments = new Segments();
export function complete(frame: usize, bytes: u32): void { completeChecksum(frame, bytes); }
export function begin(frame: usize, bytes: u32, size: u32): bool { return segments.begin(frame, bytes, size); }
export function next(): bool { return segments.next(); }
export function at(): usize { return segments.at; }
export function bytes(): u32 { return segments.bytes; }
`;

interface Exports {
  readonly memory: WebAssembly.Memory;
  readonly start: () => void;
  readonly complete: (frame: number, bytes: number) => void;
  readonly begin: (frame: number, bytes: number, size: number) => number;
  readonly next: () => number;
  readonly at: () => number;
  readonly bytes: () => number;
}

const { wasm } = await compile(new Map([...readSources(), ['main.ts', MAIN]]), 'main.ts', {
  runtime: 'bare',
  memoryBase: 0x1000,
});
const FRAME = 0x8_0000;
const ETHERNET = 14;
const TCP = 6;
const UDP = 17;
const PSH_FIN_CWR = 0x99;
let offload: Exports;

beforeEach(async () => {
  const { instance } = await WebAssembly.instantiate(wasm as BufferSource, {
    env: { abort: () => undefined },
  });
  offload = instance.exports as unknown as Exports;
  offload.start();
  if (offload.memory.buffer.byteLength < FRAME + 0x2_0000) offload.memory.grow(16);
});

function place(frame: Uint8Array): void {
  new Uint8Array(offload.memory.buffer).set(frame, FRAME);
}
function taken(at: number, bytes: number): Uint8Array {
  return new Uint8Array(offload.memory.buffer).slice(at, at + bytes);
}

/** A frame of TCP or UDP with so many bytes of data, its checksums left out. */
function frameOf(version: 4 | 6, protocol: number, dataBytes: number, optionBytes = 0): Uint8Array {
  const ip = version === 4 ? 20 + optionBytes : 40;
  const transport = protocol === TCP ? 20 : 8;
  const view = new DataView(new ArrayBuffer(ETHERNET + ip + transport + dataBytes));
  const bytes = new Uint8Array(view.buffer);
  for (let index = 0; index < bytes.length; index++) bytes[index] = (index * 7 + (index >> 8)) & 255;
  view.setUint16(12, version === 4 ? 0x0800 : 0x86dd);
  if (version === 4) {
    view.setUint8(ETHERNET, 0x40 | (ip / 4));
    view.setUint16(ETHERNET + 2, ip + transport + dataBytes);
    view.setUint16(ETHERNET + 4, 0xffff);
    view.setUint8(ETHERNET + 9, protocol);
  } else {
    view.setUint8(ETHERNET, 0x60);
    view.setUint16(ETHERNET + 4, transport + dataBytes);
    view.setUint8(ETHERNET + 6, protocol);
  }
  const at = ETHERNET + ip;
  if (protocol === TCP) {
    view.setUint32(at + 4, 0xffff_fff0);
    view.setUint8(at + 12, 0x50);
    view.setUint8(at + 13, PSH_FIN_CWR);
  } else view.setUint16(at + 4, transport + dataBytes);
  // Left to the card: the sum of the pseudo-header, not complemented.
  view.setUint16(at + (protocol === TCP ? 16 : 6), pseudo(bytes, version, ip, protocol));
  return bytes;
}

/** The folded sum of 16-bit words (RFC 1071). */
function sum(bytes: Uint8Array, from: number, to: number, start = 0): number {
  let total = start;
  for (let at = from; at < to; at += 2) total += (bytes[at]! << 8) + (at + 1 < to ? bytes[at + 1]! : 0);
  while (total > 0xffff) total = (total & 0xffff) + Math.floor(total / 0x1_0000);
  return total;
}

function pseudo(frame: Uint8Array, version: 4 | 6, ip: number, protocol: number): number {
  const [from, to] = version === 4 ? [12, 20] : [8, 40];
  return sum(frame, ETHERNET + from, ETHERNET + to, protocol + frame.length - ETHERNET - ip);
}

/** With all checksums in place, sums come to all ones. */
function expectRight(frame: Uint8Array, version: 4 | 6, ip: number, protocol: number): void {
  expect(sum(frame, ETHERNET + ip, frame.length, pseudo(frame, version, ip, protocol))).toBe(0xffff);
}

describe.each([4, 6] as const)('IPv%d', (version) => {
  const ip = version === 4 ? 20 : 40;

  test.each([
    [TCP, 0],
    [TCP, 1001],
    [UDP, 33],
  ])('the checksum of protocol %d over %d bytes is completed', (protocol, dataBytes) => {
    const frame = frameOf(version, protocol, dataBytes);
    place(frame);
    offload.complete(FRAME, frame.length);
    expectRight(taken(FRAME, frame.length), version, ip, protocol);
  });

  test('what is no TCP or UDP, or is cut short, stays as it is', () => {
    const icmp = frameOf(version, UDP, 10);
    icmp[ETHERNET + (version === 4 ? 9 : 6)] = 1;
    for (const [frame, bytes] of [
      [icmp, icmp.length],
      [frameOf(version, TCP, 100), 120],
      [frameOf(version, TCP, 100), ETHERNET + 3],
    ] as const) {
      place(frame);
      offload.complete(FRAME, bytes);
      expect(taken(FRAME, frame.length)).toEqual(frame);
      expect(offload.begin(FRAME, bytes, 10)).toBe(0);
    }
  });

  test.each([
    [1000, 1448, 1],
    [1448, 1448, 1],
    [4001, 1448, 3],
    [60_000, 536, 112],
  ])('%d bytes in segments of %d are %d packets', (dataBytes, size, count) => {
    const frame = frameOf(version, TCP, dataBytes);
    const headers = ETHERNET + ip + 20;
    place(frame);
    expect(offload.begin(FRAME, frame.length, size)).toBe(1);
    const data: number[] = [];
    let made = 0;
    while (offload.next() === 1) {
      const segment = taken(offload.at(), offload.bytes());
      const view = new DataView(segment.buffer);
      const isLast = data.length + segment.length - headers === dataBytes;
      expectRight(segment, version, ip, TCP);
      expect(view.getUint32(ETHERNET + ip + 4)).toBe((0xffff_fff0 + data.length) >>> 0);
      // FIN and PSH are of the last, CWR of the first.
      expect(view.getUint8(ETHERNET + ip + 13)).toBe(0x10 | (isLast ? 0x09 : 0) | (made === 0 ? 0x80 : 0));
      if (version === 4) {
        expect(sum(segment, ETHERNET, ETHERNET + ip)).toBe(0xffff);
        expect(view.getUint16(ETHERNET + 2)).toBe(segment.length - ETHERNET);
        expect(view.getUint16(ETHERNET + 4)).toBe((0xffff + made) & 0xffff);
      } else expect(view.getUint16(ETHERNET + 4)).toBe(segment.length - headers + 20);
      data.push(...segment.subarray(headers));
      made++;
    }
    expect(made).toBe(count);
    expect(Uint8Array.from(data)).toEqual(frame.subarray(headers));
  });
});

test("IPv4's options are in each segment", () => {
  const frame = frameOf(4, TCP, 3000, 8);
  place(frame);
  expect(offload.begin(FRAME, frame.length, 1440)).toBe(1);
  for (let count = 0; count < 3; count++) {
    expect(offload.next()).toBe(1);
    const segment = taken(offload.at(), offload.bytes());
    expect(segment.subarray(ETHERNET + 20, ETHERNET + 28)).toEqual(
      frame.subarray(ETHERNET + 20, ETHERNET + 28),
    );
    expectRight(segment, 4, 28, TCP);
  }
  expect(offload.next()).toBe(0);
});
