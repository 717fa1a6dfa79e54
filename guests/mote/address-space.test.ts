/** Address spaces as a program finds them: what is unmapped is gone, and what is no code is not executed. */
import { beforeAll, expect, test } from 'vitest';
import { runAsInit } from './testing.ts';

const ASSEMBLER = `
; jump_to(address): calls it
jump_to:
    call rdi
    ret
`;

const PROGRAM = `
import { load64, store8, store64 } from 'programs/lib/intrinsics';

@external("asm", "jump_to") declare function jump_to(address: u64): void;

const PAGE: u64 = 4096;
/** What one table maps. */
const SPAN: u64 = 2 << 20;
const RET: u64 = 0xc3;

/** Touches the first and the last page of every other span, so that there are tables and gaps of a whole span. */
function unmapped(): string {
  const bytes = 8 * SPAN;
  const at: u64 = map(bytes);
  const first = (at + SPAN - 1) & ~(SPAN - 1);
  // The tables that stay are there before it is counted.
  for (let span: u64 = 0; span < 6; span++) store64(first + span * SPAN, 1);
  unmap(at, bytes);
  map(bytes);
  const before = freeKiB();
  for (let span: u64 = 0; span < 6; span += 2) {
    store64(first + span * SPAN, 1);
    store64(first + (span + 1) * SPAN - PAGE, 1);
  }
  const taken = before - freeKiB();
  unmap(at, bytes);
  const lost = before - freeKiB();
  const again: u64 = map(bytes);
  let left: u64 = 0;
  for (let span: u64 = 0; span < 6; span++) left += load64(first + span * SPAN);
  return taken.toString() + ' ' + lost.toString() + ' ' + (again == at).toString() + ' ' + left.toString();
}

/** Unmaps a part that begins in a span without tables and ends with the first page of one that has some. */
function endsInSpan(): string {
  const bytes = 4 * SPAN;
  const at: u64 = map(bytes);
  const first = (at + SPAN - 1) & ~(SPAN - 1);
  store64(first + SPAN, 7);
  store64(first + SPAN + PAGE, 8);
  unmap(first + PAGE, SPAN);
  const kept = load64(first + SPAN + PAGE);
  if (fork() == 0) exit(<i32>load64(first + SPAN));
  return kept.toString() + ' ' + wait();
}

function executes(protection: i32): string {
  const at: u64 = map(PAGE, protection);
  store8(at, RET);
  if (fork() == 0) { jump_to(at); exit(0); }
  return wait();
}

function writes(at: u64): string {
  if (fork() == 0) { store64(at, 1); exit(0); }
  return wait();
}
function reads(at: u64): string {
  if (fork() == 0) { load64(at); exit(0); }
  return wait();
}

export function main(args: string[]): i32 {
  print('unmapped: ' + unmapped() + '\\n');
  print('ends: ' + endsInSpan() + '\\n');
  print('data: ' + executes(3) + ' ' + executes(7) + '\\n');
  print('read only: ' + writes(map(PAGE, 1)) + ' ' + reads(map(PAGE, 1)) + '\\n');
  print('kernel: ' + reads(0xffffffff80000000) + ' ' + writes(0xffffffff80000000) + ' ' + reads(0xffff800000000000) + '\\n');
  print('null: ' + reads(0) + '\\n');
  return 0;
}
`;

let said: string;

beforeAll(async () => {
  said = await runAsInit(PROGRAM, ASSEMBLER);
});

function line(of: string): string | undefined {
  return new RegExp(`^${of}: (.*)$`, 'm').exec(said)?.[1];
}

test('what is unmapped is gone, and its memory free, wherever there are tables for it', () => {
  expect(line('unmapped')).toBe('24 0 true 0');
});

test('what is not unmapped stays, up to the page', () => {
  expect(line('ends')).toBe('8 11');
});

test('data is not executed, unless it was asked for', () => {
  expect(line('data')).toBe('11 0');
});

test('what may be read alone is not written', () => {
  expect(line('read only')).toBe('11 0');
});

test('nothing of the kernel’s, of Xen’s or at address 0 can be reached', () => {
  expect(line('kernel')).toBe('11 11 11');
  expect(line('null')).toBe('11');
});
