/** How a guest comes back from a hypercall: its registers, segments and traps. */
import { describe, expect, test } from 'vitest';
import { RAX, RBX, RDI, RDX, RSI, SEG_CS, SEG_SS } from '../../core/wasm/layout.ts';
import { EFAULT, EINVAL } from '../abi/errno.ts';
import { EVTCHNOP_send } from '../abi/event-channel.ts';
import { SHUTDOWN_suspend } from '../abi/sched.ts';
import { ECS_IPI } from '../state/event-channels.ts';
import { resumeDomain } from '../domain/life.ts';
import { writeByte } from '../memory/guest-frames.ts';
import { address, DATA, load, STACK, start } from '../testing-guest.ts';
import type { Setup } from '../testing-guest.ts';
import { FLAT_RING3_CS64, FLAT_RING3_SS64 } from '../abi/arch-x86.ts';

const LIMIT = 100_000;
const VERSION = 0x40011;
/** Cached attributes of a flat 64-bit code segment of ring 3. */
const CODE64 = 0xa0fb;

function boot(code: string, before?: (setup: Setup) => void): Setup {
  const setup = load(code);
  start(setup, setup.guest.vcpu);
  before?.(setup);
  return setup;
}

/** Runs to the first stop, and gives its kind. */
function run({ guest: { hypervisor } }: Setup): string {
  return hypervisor.run(hypervisor.ticks() + LIMIT).kind;
}

/** The vcpu starts with other segments than the flat ones. */
function inSegments(
  { guest: { hypervisor, vcpu } }: Setup,
  cs: number,
  attributes: number,
  ss: number,
): void {
  const { processor } = hypervisor;
  processor.restoreState(vcpu.state);
  processor.setSegment(SEG_CS, cs, 0, 0xffff_ffff, attributes);
  processor.setSegment(SEG_SS, ss, 0, 0xffff_ffff, 0xc0f3);
  vcpu.state = processor.saveState();
  vcpu.segmentsNamed = false;
}

/** multicall_entry of these operations, with up to two arguments, at DATA. */
function batch({ guest }: Setup, ...entries: readonly (readonly number[])[]): void {
  const words = entries.flatMap(([op = 0, first = 0, second = 0]) => [op, -1, first, second, 0, 0, 0, 0]);
  guest.poke(DATA, ...words);
}

const result = ({ guest }: Setup, index: number): number =>
  Number(BigInt.asIntN(64, guest.peek(DATA + index * 64 + 8)));

const MULTICALL = (count: number): string =>
  `mov rdi, ${String(DATA)}\n mov esi, ${String(count)}\n mov eax, 13\n syscall`;

describe('a hypercall', () => {
  test('is left with flat segments, whatever the kernel had', () => {
    const setup = boot('mov eax, 17\n xor edi, edi\n syscall\n int3', (all) => {
      inSegments(all, 0x1b, CODE64, 0x13);
    });
    expect(run(setup)).toBe('shutdown');
    const { processor } = setup.guest.hypervisor;
    expect(processor.get(RAX)).toBe(VERSION);
    expect([processor.selector(SEG_CS), processor.selector(SEG_SS)]).toEqual([
      FLAT_RING3_CS64,
      FLAT_RING3_SS64,
    ]);
  });

  test('that ends the domain has a result too: who goes on finds it', () => {
    const setup = boot(
      `mov dword [${String(DATA)}], ${String(SHUTDOWN_suspend)}\n mov rsi, ${String(DATA)}\n mov edi, 2\n mov eax, 29\n syscall\n int3`,
    );
    expect(run(setup)).toBe('shutdown');
    const { hypervisor, domain } = setup.guest;
    expect(hypervisor.processor.get(RAX)).toBe(0);
    resumeDomain(hypervisor, domain);
    expect(run(setup)).toBe('shutdown');
    expect(hypervisor.processor.get(RAX)).toBe(0);
    expect(domain.shutdown?.crash?.message).toContain('#3');
  });

  test('of who steps is one instruction', () => {
    const setup = boot(
      `pushfq\n or dword [rsp], 0x100\n mov eax, 17\n xor edi, edi\n popfq\n syscall\nbehind:\n nop\nstepped:\n mov rbx, [rsp + 16]\n int3`,
    );
    const { guest, labels } = setup;
    guest.vcpu.traps.addresses[1] = address(labels, 'stepped');
    expect(run(setup)).toBe('shutdown');
    expect(guest.hypervisor.processor.get(RBX)).toBe(address(labels, 'behind'));
    expect(guest.hypervisor.processor.get(RAX)).toBe(VERSION);
    expect(guest.vcpu.debugRegisters[6]! & 0x4000).toBe(0x4000);
  });
});

/** Returns by an iret within a batch, with RAX of the frame, to `there`. */
const IRET = (rax: string): string => `
  mov rbx, ${rax}
  lea rcx, [rel there]
  push ${String(FLAT_RING3_SS64)}
  push ${String(STACK)}
  push 2
  push 0xe030
  push rcx
  push 0
  push 0
  push 0
  push rbx`;

describe('a batch', () => {
  test.each([
    ['0xdead', 0xdead],
    ['0x180000001', -0x7fff_ffff],
  ])('ends at an iret, with the RAX of its frame (%s) in 32 bits', (rax, wanted) => {
    const setup = boot(`${IRET(rax)}\n ${MULTICALL(2)}\n int3\nthere:\n mov rdx, rax\n int3`);
    batch(setup, [23], [17]);
    expect(run(setup)).toBe('shutdown');
    expect(setup.guest.hypervisor.processor.get(RDX)).toBe(wanted);
    expect([result(setup, 0), result(setup, 1)]).toEqual([Number(rax), -1]);
  });

  test('that cannot be read is -EFAULT, even an empty one; one in another -EINVAL', () => {
    const bad = boot(
      `mov rdi, 0xffff800000000000\n xor esi, esi\n mov eax, 13\n syscall\n mov rbx, rax
       mov rdi, ${String(DATA)}\n mov esi, 1\n mov eax, 13\n syscall\n int3`,
    );
    batch(bad, [13, DATA, 0]);
    expect(run(bad)).toBe('shutdown');
    expect(bad.guest.hypervisor.processor.get(RBX)).toBe(-EFAULT);
    expect(result(bad, 0)).toBe(-EINVAL);
  });

  test('goes on behind what took the vcpu off its processor, when it runs again', () => {
    const setup = boot(`${MULTICALL(2)}\n int3`);
    batch(setup, [29, 2, DATA + 512], [17]);
    setup.guest.poke(DATA + 512, SHUTDOWN_suspend);
    expect(run(setup)).toBe('shutdown');
    expect([result(setup, 0), result(setup, 1)]).toEqual([0, -1]);
    resumeDomain(setup.guest.hypervisor, setup.guest.domain);
    expect(run(setup)).toBe('shutdown');
    expect(result(setup, 1)).toBe(VERSION);
    expect(setup.guest.hypervisor.processor.get(RAX)).toBe(0);
  });

  test('lets an event in before it goes on', () => {
    const setup = boot(`${MULTICALL(2)}\nupcall:\n int3`);
    const { guest, labels } = setup;
    const channel = guest.domain.events.allocate()!;
    channel.state = ECS_IPI;
    batch(setup, [32, EVTCHNOP_send, DATA + 512], [17]);
    guest.poke(DATA + 512, channel.port);
    guest.vcpu.eventCallback = address(labels, 'upcall');
    writeByte(guest.hypervisor.frames, guest.vcpu.info + 1, 0);
    expect(run(setup)).toBe('shutdown');
    expect([result(setup, 0), result(setup, 1)]).toEqual([0, -1]);
    const { processor } = guest.hypervisor;
    expect([RAX, RDI, RSI].map((register) => processor.get(register))).toEqual([13, DATA + 64, 1]);
  });
});
