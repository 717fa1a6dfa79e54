/** Contexts of vcpus: given, taken back, given to another, and what is refused. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as layout from '../../core/wasm/layout.ts';
import { stateHash } from '../../ui/lab/state-hash.ts';
import { address, CODE, DATA, load, STACK, start } from '../testing-guest.ts';
import type { Setup } from '../testing-guest.ts';
import {
  vcpu_guest_context,
  VGCF_failsafe_disables_events,
  VGCF_i387_valid,
  VGCF_in_kernel,
  VGCF_online,
  VGCF_syscall_disables_events,
} from '../abi/arch-x86.ts';
import { EINVAL, EOPNOTSUPP } from '../abi/errno.ts';
import { ARGUMENTS, L4_PFN, testHost } from '../memory/testing.ts';
import { member, newGuestContext, putMember } from './context-words.ts';
import { setGuestContext } from './context.ts';
import { CR4_DE, CR4_SHOWN, CR4_TSD } from './cr4.ts';
import { FPU_IMAGE_BYTES } from './fpu-image.ts';
import { getGuestContext } from './read-context.ts';
import { resetVcpu } from './reset.ts';
import { pauseDomain, unpauseDomain } from './life.ts';

const { offset } = vcpu_guest_context;
const INSTRUCTIONS = 20_000;

/** A guest that uses what a context holds: general registers, flags, x87, SSE, a segment base, debug registers, a trap. */
const BUSY = `
    mov edi, 2                ; SEGBASE_GS_KERNEL
    mov rsi, ${String(BigInt.asUintN(64, BigInt(DATA)))}
    mov eax, 25               ; set_segment_base
    syscall
    fninit
    fld1
    fldpi
    mov ebx, 1
again:
    imul rbx, rbx, 1103515245
    add rbx, 12345
    movq xmm3, rbx
    paddq xmm4, xmm3
    cvtsi2sd xmm5, rbx
    fadd st1, st0
    fxch st1
    mov [gs:ebp*8], rbx
    movq [gs:ebp*8+2048], xmm4
    inc ebp
    and ebp, 127
    adc r9, rbx
    jmp again
`;

function busy(): Setup {
  const setup = load(BUSY);
  start(setup, setup.guest.vcpu);
  return setup;
}

/** Runs on, for so many instructions. */
function run({ guest: { hypervisor } }: Setup, instructions: number): void {
  hypervisor.run(hypervisor.ticks() + instructions);
}

test('put back into a paused domain, it goes on to the bit', async () => {
  const hashes: string[] = [];
  for (const putBack of [false, true]) {
    const setup = busy();
    const { hypervisor, domain, vcpu } = setup.guest;
    for (let round = 0; round < 3; round++) {
      run(setup, INSTRUCTIONS + round);
      pauseDomain(hypervisor, domain);
      hypervisor.run(hypervisor.ticks() + 1000);
      if (putBack) {
        const words = getGuestContext(hypervisor, vcpu);
        expect(setGuestContext(hypervisor, vcpu, words)).toBe(0);
        expect(getGuestContext(hypervisor, vcpu)).toEqual(words);
      }
      unpauseDomain(hypervisor, domain);
    }
    run(setup, INSTRUCTIONS);
    expect(setup.guest.check()).toEqual([]);
    // What was saved when the vcpu last left the processor is no state while it is on it.
    vcpu.state = hypervisor.processor.saveState();
    hashes.push(await stateHash(hypervisor));
  }
  expect(hashes[1]).toBe(hashes[0]);
});

test('looking changes nothing', async () => {
  const setup = busy();
  run(setup, INSTRUCTIONS);
  const before = await stateHash(setup.guest.hypervisor);
  getGuestContext(setup.guest.hypervisor, setup.guest.vcpu);
  expect(await stateHash(setup.guest.hypervisor)).toBe(before);
});

test('it tells what the guest did', () => {
  const setup = load(`
    mov rax, 0x0123456789abcdef
    mov r15, -2
    fninit
    fld1
    fldpi
    pcmpeqd xmm15, xmm15
    stc
    mov edi, 3                ; set_debugreg(3, CODE)
    mov rsi, ${String(BigInt.asUintN(64, BigInt(CODE)))}
    push rax
    mov eax, 8
    syscall
    pop rax
spin:
    jmp spin`);
  const { guest } = setup;
  start(setup, guest.vcpu);
  run(setup, 1000);
  const words = getGuestContext(guest.hypervisor, guest.vcpu);
  const bytes = new Uint8Array(words.buffer);
  const big = (at: number): bigint => new DataView(words.buffer).getBigUint64(at, true);
  expect(big(offset['user_regs.rax'])).toBe(0x0123456789abcdefn);
  expect(big(offset['user_regs.r15'])).toBe(0xffff_ffff_ffff_fffen);
  expect(member(words, offset['user_regs.rip'])).toBe(address(setup.labels, 'spin'));
  expect(member(words, offset['user_regs.rsp'])).toBe(STACK);
  expect(words[offset['user_regs.cs'] / 4]).toBe(0xe033);
  expect(words[offset['user_regs.rflags'] / 4]! & (layout.IF | layout.CF)).toBe(layout.IF | layout.CF);
  expect(words[offset.flags / 4]).toBe(VGCF_i387_valid | VGCF_in_kernel | VGCF_online);
  // FCW; TOP is 6, so two registers are in use: R6 (pi), R7 (1).
  expect([words[0]! & 0xffff, words[0]! >>> 16, bytes[4]]).toEqual([0x37f, 6 << 11, 0xc0]);
  expect(big(32)).toBe(0xc90fdaa22168c235n);
  expect(big(48)).toBe(1n << 63n);
  expect([...bytes.subarray(400, 416)]).toEqual(Array<number>(16).fill(0xff));
  expect(member(words, offset.debugreg + 24)).toBe(CODE);
  expect(member(words, offset.debugreg + 48)).toBe(0xffff0ff0);
  expect(member(words, offset.ctrlreg)).toBe(0x80050033);
  expect(member(words, offset.ctrlreg + 24)).toBe(guest.mfns[L4_PFN]! * 4096);
});

/** A context of anything that a context may hold, for a domain with these roots. */
function arbitraryContext(words: Uint32Array, seed: Uint32Array, roots: readonly [number, number]): void {
  let next = 0;
  const random = (): number => seed[next++ % seed.length]! ^ Math.imul(next, 0x9e3779b1);
  const canonical = (): number => (random() % 2 === 0 ? -1 : 1) * ((random() >>> 0) * 16 + 1);
  for (let at = 0; at < words.length; at++) words[at] = random();
  const image = new Uint8Array(words.buffer, 0, FPU_IMAGE_BYTES);
  const byte = (at: number, value: number): void => {
    image[at] = value;
  };
  // What FXSAVE would never write.
  byte(0, (image[0]! & 0x3f) | 0x40);
  byte(1, image[1]! & 0x1f);
  const pending = (image[2]! & ~image[0]! & 0x3f) !== 0;
  byte(2, (image[2]! & 0x7f) | (pending ? 0x80 : 0));
  byte(3, (image[3]! & 0x7f) | (pending ? 0x80 : 0));
  byte(5, 0);
  byte(7, image[7]! & 7);
  words[6] = words[6]! & 0xffff;
  words[7] = 0xffff;
  for (let st = 0; st < 8; st++) image.fill(0, 42 + st * 16, 48 + st * 16);
  image.fill(0, 416);
  const flags = VGCF_in_kernel | VGCF_failsafe_disables_events | VGCF_syscall_disables_events;
  putMember(words, offset.flags, (random() & flags) | VGCF_i387_valid);
  words.fill(0, offset['user_regs.error_code'] / 4, offset['user_regs.error_code'] / 4 + 2);
  for (const name of ['rip', 'rsp'] as const) putMember(words, offset[`user_regs.${name}`], canonical());
  putMember(words, offset['user_regs.rflags'], (random() & 0x257dd5) | 0x202);
  for (const name of ['cs', 'ss', 'ds', 'es', 'fs', 'gs'] as const)
    putMember(words, offset[`user_regs.${name}`], (random() & 0xffff) | 3);
  for (let vector = 0; vector < 256; vector++) {
    words[offset.trap_ctxt / 4 + vector * 4] = random() | (3 << 16);
    words[offset.trap_ctxt / 4 + vector * 4 + 1] = 0;
    putMember(words, offset.trap_ctxt + vector * 16 + 8, canonical());
  }
  words.fill(0, offset.gdt_frames / 4, offset.kernel_ss / 4);
  putMember(words, offset.ldt_ents, 5);
  putMember(words, offset.ldt_base, 0x40_0000);
  putMember(words, offset.kernel_ss, (random() & 0xffff) | 3);
  const control = [0x80050033 + (random() & 8), roots[1] * 4096, canonical(), roots[0] * 4096];
  control.push(CR4_SHOWN | (random() & (CR4_TSD | CR4_DE)));
  control.forEach((value, index) => {
    putMember(words, offset.ctrlreg + index * 8, value);
  });
  [random() >>> 0, 0x7fff_0000, -4096, 0, 0, 0].forEach((value, index) => {
    putMember(words, offset.debugreg + index * 8, value);
  });
  putMember(words, offset.debugreg + 48, ((random() & 0xe00f) | 0xffff0ff0) >>> 0);
  putMember(words, offset.debugreg + 56, 0x401);
  for (const name of ['kernel_sp', 'fs_base', 'gs_base_kernel', 'gs_base_user'] as const)
    putMember(words, offset[name], canonical());
  for (const name of ['event', 'failsafe', 'syscall'] as const)
    putMember(words, offset[`${name}_callback_eip`], canonical());
  putMember(words, offset.vm_assist, 0x2d);
}

test('what is given comes back, byte for byte, and again from another domain', () => {
  const host = testHost(1024);
  const [first, second] = [load('nop', 1, host, 1), load('nop', 1, host, 2)];
  const rootsOf = ({ guest }: Setup): [number, number] => [guest.mfns[L4_PFN]!, guest.mfns[L4_PFN]!];
  fc.assert(
    fc.property(fc.uint32Array({ minLength: 7, maxLength: 40 }), (seed) => {
      for (const { guest } of [first, second]) resetVcpu(host, guest.vcpu);
      const given = newGuestContext();
      arbitraryContext(given, seed, rootsOf(first));
      expect(setGuestContext(host, first.guest.vcpu, given)).toBe(0);
      const taken = getGuestContext(host, first.guest.vcpu);
      expect(taken).toEqual(given);
      expect(setGuestContext(host, first.guest.vcpu, taken)).toBe(0);
      const there = taken.slice();
      putMember(there, offset.ctrlreg + 8, rootsOf(second)[1] * 4096);
      putMember(there, offset.ctrlreg + 24, rootsOf(second)[0] * 4096);
      expect(setGuestContext(host, second.guest.vcpu, there)).toBe(0);
      expect(getGuestContext(host, second.guest.vcpu)).toEqual(there);
      expect(first.guest.check()).toEqual([]);
    }),
    { numRuns: 60 },
  );
});

describe('refused', () => {
  const REFUSED: readonly (readonly [string, number, number, number])[] = [
    ['a RIP that is not canonical', offset['user_regs.rip'], 2 ** 50, EINVAL],
    ['a stack that is not canonical', offset['user_regs.rsp'], 2 ** 50, EINVAL],
    ['a handler that is not canonical', offset.trap_ctxt + 255 * 16 + 8, 2 ** 50, EINVAL],
    ['an LDT that is not on a page', offset.ldt_base, 8, EINVAL],
    ["an LDT in Xen's part", offset.ldt_base, -0x8000_0000_0000, EINVAL],
    ['an LDT that is too long', offset.ldt_ents, 8193, EINVAL],
    ['a GDT of more frames than there is room for', offset.gdt_ents, 8193, EINVAL],
    ['an assist that does not exist', offset.vm_assist, 1 << 6, EINVAL],
    ['another root', offset.ctrlreg + 24, ARGUMENTS, EOPNOTSUPP],
    ["another root of the user's", offset.ctrlreg + 8, 4096, EOPNOTSUPP],
    ['another GDT', offset.gdt_ents, 1, EOPNOTSUPP],
    ['another LDT', offset.ldt_ents, 1, EOPNOTSUPP],
    ["the user's half, which it has not", offset.flags, 0, EOPNOTSUPP],
  ];
  test.each(REFUSED)('%s, changing nothing', async (_, at, value, errno) => {
    const setup = busy();
    const { hypervisor, vcpu } = setup.guest;
    run(setup, 100);
    const words = getGuestContext(hypervisor, vcpu);
    const before = await stateHash(hypervisor);
    putMember(words, at, value);
    putMember(words, offset['user_regs.rax'], 77);
    expect(setGuestContext(hypervisor, vcpu, words)).toBe(-errno);
    expect(await stateHash(hypervisor)).toBe(before);
  });

  test('a first context in user mode without page tables for it', () => {
    const { guest } = load('nop');
    resetVcpu(guest.hypervisor, guest.vcpu);
    const words = newGuestContext();
    putMember(words, offset.ctrlreg + 24, guest.mfns[L4_PFN]! * 4096);
    expect(setGuestContext(guest.hypervisor, guest.vcpu, words)).toBe(-EINVAL);
    // A root of Xen's first frame is one too.
    putMember(words, offset.ctrlreg + 8, 1);
    expect(setGuestContext(guest.hypervisor, guest.vcpu, words)).toBe(-EINVAL);
    expect(guest.check()).toEqual([]);
  });
});

test('reset, and started anew', () => {
  const setup = busy();
  const { hypervisor, vcpu } = setup.guest;
  run(setup, INSTRUCTIONS);
  pauseDomain(hypervisor, setup.guest.domain);
  resetVcpu(hypervisor, vcpu);
  expect(setup.guest.check()).toEqual([]);
  unpauseDomain(hypervisor, setup.guest.domain);
  const before = hypervisor.processor.retired;
  run(setup, 1000);
  expect(hypervisor.processor.retired).toBe(before);
  start(setup, vcpu);
  run(setup, 1000);
  expect(hypervisor.processor.retired).toBeGreaterThan(before);
  expect(setup.guest.check()).toEqual([]);
});

test('an image that FXRSTOR refuses counts as zeros', () => {
  const { guest } = busy();
  const { hypervisor, vcpu } = guest;
  const words = getGuestContext(hypervisor, vcpu);
  putMember(words, offset.flags, VGCF_i387_valid | VGCF_in_kernel);
  words[6] = 0x10000;
  expect(setGuestContext(hypervisor, vcpu, words)).toBe(0);
  const back = getGuestContext(hypervisor, vcpu);
  expect([back[0], back[6]]).toEqual([0x40, 0]);
});

test('a selector that names nothing is a #GP when the vcpu comes to run', () => {
  const setup = busy();
  const { hypervisor, vcpu } = setup.guest;
  run(setup, 1000);
  pauseDomain(hypervisor, setup.guest.domain);
  const words = getGuestContext(hypervisor, vcpu);
  words[offset['user_regs.cs'] / 4] = 0x13;
  putMember(words, offset.trap_ctxt + 13 * 16 + 8, address(setup.labels, 'again'));
  expect(setGuestContext(hypervisor, vcpu, words)).toBe(0);
  unpauseDomain(hypervisor, setup.guest.domain);
  run(setup, 1);
  expect(hypervisor.processor.selector(layout.SEG_CS)).toBe(0xe033);
  expect(setup.guest.peek(hypervisor.processor.get(layout.RSP) + 16)).toBe(0x10n);
});

test('IOPL of the flags is the guest’s own, kept apart from the processor’s', () => {
  const { guest } = busy();
  const { hypervisor, vcpu } = guest;
  for (const iopl of [3, 1, 0]) {
    const words = getGuestContext(hypervisor, vcpu);
    words[offset['user_regs.rflags'] / 4] = 0x202 | (iopl << 12);
    expect(setGuestContext(hypervisor, vcpu, words)).toBe(0);
    expect(vcpu.iopl).toBe(iopl);
    expect(hypervisor.processor.flags & layout.IOPL).toBe(0);
    expect(getGuestContext(hypervisor, vcpu)[offset['user_regs.rflags'] / 4]! & layout.IOPL).toBe(iopl << 12);
  }
});
