/** IPv4 and UDP as others write them: sums are made here word by word, as RFC 768 and RFC 791 say. */
import { expect, test } from 'vitest';
import { get16 } from './ethernet.ts';
import { makeDatagram, parseDatagram } from './ipv4.ts';

const [FROM, TO] = [0xc0a8_0a65, 0x0a00_fefe];
const PROTOCOL_UDP = 17;

/** The ones' complement sum of 16-bit words. */
function sumOf(words: readonly number[]): number {
  return words.reduce((sum, word) => (sum + word > 0xffff ? sum + word - 0xffff : sum + word), 0);
}

function wordsOf(bytes: Uint8Array): number[] {
  const padded = Uint8Array.from([...bytes, ...(bytes.length % 2 === 0 ? [] : [0])]);
  return Array.from({ length: padded.length / 2 }, (_, n) => get16(padded, n * 2));
}

const pseudoHeader = (length: number): number[] => [
  FROM >>> 16,
  FROM & 0xffff,
  TO >>> 16,
  TO & 0xffff,
  PROTOCOL_UDP,
  length,
];

test.each([0, 1, 2, 37, 1400])('a datagram of %i bytes: header, lengths and both sums', (length) => {
  const payload = Uint8Array.from({ length }, (_, n) => n * 31 + 7);
  const packet = makeDatagram(FROM, TO, { fromPort: 67, toPort: 0xfedc, payload });
  const [header, udp] = [packet.subarray(0, 20), packet.subarray(20)];
  expect([header[0], get16(header, 2), header[9]]).toEqual([0x45, 28 + length, PROTOCOL_UDP]);
  expect(wordsOf(header.subarray(12))).toEqual(pseudoHeader(0).slice(0, 4));
  expect(sumOf(wordsOf(header))).toBe(0xffff);
  expect([get16(udp, 0), get16(udp, 2), get16(udp, 4)]).toEqual([67, 0xfedc, 8 + length]);
  expect(sumOf([...pseudoHeader(8 + length), ...wordsOf(udp)])).toBe(0xffff);
});

test('a damaged datagram is none, nor is one for somebody else; one without a sum is', () => {
  const payload = Uint8Array.of(1, 2, 3);
  const bytes = makeDatagram(FROM, TO, { fromPort: 1, toPort: 2, payload }).subarray(20);
  const packet = { from: FROM, to: TO, protocol: PROTOCOL_UDP, payload: bytes };
  expect(parseDatagram(packet)).toEqual({ fromPort: 1, toPort: 2, payload });
  for (let at = 0; at < bytes.length; at++)
    expect(parseDatagram({ ...packet, payload: bytes.with(at, bytes[at]! ^ 0x10) })).toBe(null);
  for (const other of [
    { from: FROM ^ 1 },
    { from: FROM ^ 0x1_0000 },
    { to: TO ^ 1 },
    { to: TO ^ 0x100_0000 },
  ])
    expect(parseDatagram({ ...packet, ...other })).toBe(null);
  expect(parseDatagram({ ...packet, protocol: 6 })).toBe(null);
  expect(parseDatagram({ ...packet, payload: bytes.with(6, 0).with(7, 0) })).not.toBe(null);
});
