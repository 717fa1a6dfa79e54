/** sha1sum FILE... | -c LIST: the SHA-1 of files; -c: whether files are what a list of such lines says. */
import { O_RDONLY } from 'mote/abi';
import { close, open, read } from 'programs/lib/calls';
import { complain, complainOf, print, readFile } from 'programs/lib/io';
import { hex } from 'programs/lib/text';

const BLOCK: i32 = 64;
const CHUNK: i32 = 16384;
const DIGITS: i32 = 40;
const buffer = new ArrayBuffer(CHUNK + 2 * BLOCK);
const at = changetype<usize>(buffer);
const words = new StaticArray<u32>(80);
const state = new StaticArray<u32>(5);

export function main(args: string[]): i32 {
  if (args.length == 3 && args[1] == '-c') return check(args[2]);
  if (args.length < 2 || args[1].startsWith('-')) {
    complain('usage: sha1sum FILE... | -c LIST');
    return 2;
  }
  let status = 0;
  for (let n = 1; n < args.length; n++) {
    const sum = sumOf(args[n]);
    if (sum != '') print(sum + '  ' + args[n] + '\n');
    else status = complainOf(args[n], failed);
  }
  return status;
}

function check(path: string): i32 {
  const text = readFile(path);
  if (text == null) return complainOf(path, -2);
  let status = 0;
  const lines = text.trimEnd().split('\n');
  for (let n = 0; n < lines.length; n++) {
    const name = lines[n].substring(DIGITS).trim();
    const isRight = sumOf(name) == lines[n].substring(0, DIGITS);
    print(name + (isRight ? ': OK\n' : ': FAILED\n'));
    if (!isRight) status = 1;
  }
  return status;
}

let failed: i32 = 0;

/** In hexadecimal; empty: `failed` says why. FIPS 180-4, 6.1. */
function sumOf(path: string): string {
  const fd = open(path, O_RDONLY);
  failed = fd;
  if (fd < 0) return '';
  state[0] = 0x6745_2301;
  state[1] = 0xefcd_ab89;
  state[2] = 0x98ba_dcfe;
  state[3] = 0x1032_5476;
  state[4] = 0xc3d2_e1f0;
  let total: u64 = 0;
  let held = 0;
  const piece = new ArrayBuffer(CHUNK);
  for (;;) {
    const got = read(fd, piece, CHUNK);
    failed = got;
    if (got <= 0) break;
    memory.copy(at + held, changetype<usize>(piece), got);
    total += got;
    held = takeBlocks(held + got);
  }
  close(fd);
  if (failed < 0) return '';
  // A one, zeroes, and how many bits there were.
  const end = held + 9 > BLOCK ? 2 * BLOCK : BLOCK;
  memory.fill(at + held, 0, end - held);
  store<u8>(at + held, 0x80);
  store<u64>(at + end - 8, bswap<u64>(total * 8));
  takeBlocks(end);
  let text = '';
  for (let n = 0; n < state.length; n++) text += hex(state[n], 8);
  return text;
}

/** Takes whole blocks from the front: how many bytes are left, which then stand there. */
function takeBlocks(count: i32): i32 {
  let from = 0;
  for (; from + BLOCK <= count; from += BLOCK) takeBlock(at + from);
  memory.copy(at, at + from, count - from);
  return count - from;
}

function takeBlock(from: usize): void {
  for (let n = 0; n < 16; n++) words[n] = bswap<u32>(load<u32>(from + n * 4));
  for (let n = 16; n < 80; n++)
    words[n] = rotl<u32>(words[n - 3] ^ words[n - 8] ^ words[n - 14] ^ words[n - 16], 1);
  let a = state[0];
  let b = state[1];
  let c = state[2];
  let d = state[3];
  let e = state[4];
  for (let n = 0; n < 80; n++) {
    let mixed: u32 = 0;
    if (n < 20) mixed = ((b & c) | (~b & d)) + 0x5a82_7999;
    else if (n < 40) mixed = (b ^ c ^ d) + 0x6ed9_eba1;
    else if (n < 60) mixed = ((b & c) | (b & d) | (c & d)) + 0x8f1b_bcdc;
    else mixed = (b ^ c ^ d) + 0xca62_c1d6;
    const next = rotl<u32>(a, 5) + mixed + e + words[n];
    e = d;
    d = c;
    c = rotl<u32>(b, 30);
    b = a;
    a = next;
  }
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
  state[4] += e;
}
