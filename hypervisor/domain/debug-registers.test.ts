import { describe, expect, test } from 'vitest';
import { RAX, RBX, RCX, RDX } from '../../core/wasm/layout.ts';
import { EINVAL, ENODEV, EPERM } from '../abi/errno.ts';
import { readRegisters } from './context-registers.ts';
import { member, newGuestContext } from './context-words.ts';
import { vcpu_guest_context } from '../abi/arch-x86.ts';
import { address, asUser, DATA, load, start } from '../testing-guest.ts';
import type { Setup } from '../testing-guest.ts';
import { CR4_DE, CR4_TSD, loadCr4 } from './cr4.ts';
import { readDebugRegister, writeDebugRegister } from './debug-registers.ts';

/** DR7: the breakpoint `index` enabled (G), R/W and LEN as given. */
const control = (index: number, rw: number, len = 0): number =>
  ((2 << (index * 2)) | (rw << (16 + index * 4)) | (len << (18 + index * 4)) | 0x400) >>> 0;
const IO = 2;

function vcpu(cr4 = 0) {
  const { guest } = load('nop');
  guest.vcpu.cr4 = cr4;
  const set = (register: number, value: number): number =>
    writeDebugRegister(guest.hypervisor, guest.vcpu, register, value);
  return { guest, vcpu: guest.vcpu, set };
}

describe('DR7', () => {
  test('has its reserved bits as they always read, and neither general detect nor more than 32 bits', () => {
    const { vcpu: v, set } = vcpu();
    expect(set(7, 0xffff_d8ff & ~0x2000 & ~0xffff_0000)).toBe(0);
    expect(readDebugRegister(v, 7)).toBe(0x4ff);
    expect(set(7, 0x2000)).toBe(-EPERM);
    expect(set(7, 2 ** 32)).toBe(-EINVAL);
    expect(set(8, 0)).toBe(-ENODEV);
  });

  test('takes breakpoints on ports only with debugging extensions; those that are not taken change nothing', () => {
    const { vcpu: v, set } = vcpu();
    expect(set(7, control(1, 1))).toBe(0);
    expect(set(7, control(0, IO))).toBe(-EPERM);
    // Of a breakpoint that is not enabled, too, as long as another is.
    expect(set(7, control(0, 1) | (IO << 20))).toBe(-EPERM);
    expect(readDebugRegister(v, 7)).toBe(control(1, 1));
    expect(set(7, IO << 16)).toBe(0);
  });

  test('shows the guest breakpoints on ports that the processor does not have; what turns them off leaves none', () => {
    const { guest, vcpu: v, set } = vcpu(CR4_DE);
    const both = (control(0, IO) | control(1, 1)) >>> 0;
    expect(set(7, both)).toBe(0);
    expect(readDebugRegister(v, 7)).toBe(both);
    expect(v.debugRegisters[7]! & 0xf).toBe(8);
    const context = newGuestContext();
    readRegisters(guest.hypervisor, v, context);
    expect(member(context, vcpu_guest_context.offset.debugreg + 56)).toBe(both);
    expect(set(7, (IO << 16) | 0x400)).toBe(0);
    expect(readDebugRegister(v, 7)).toBe((IO << 16) | 0x400);
  });
});

test('DR4 and DR5 are names of DR6 and DR7 until the guest has debugging extensions', () => {
  const { vcpu: v, set } = vcpu();
  expect(set(4, 0)).toBe(0);
  expect(set(5, 0)).toBe(0);
  expect([4, 5].map((n) => readDebugRegister(v, n))).toEqual([0xffff_0ff0, 0x400]);
  v.cr4 = CR4_DE;
  expect([set(4, 0), set(5, 0)]).toEqual([-ENODEV, -ENODEV]);
  expect([4, 5].map((n) => readDebugRegister(v, n))).toEqual([null, null]);
});

/** Runs a guest to its end. Its handlers leave the RIP that they find in RBX. */
function run(code: string, before?: (setup: Setup) => void): Setup & { rip: number } {
  const setup = load(`${code}
  end:
    int3
  trapped:
    mov rbx, [rsp + 16]
    jmp end
  faulted:
    mov rbx, [rsp + 24]
    jmp end`);
  const { guest, labels } = setup;
  start(setup, guest.vcpu);
  guest.vcpu.iopl = 1;
  guest.vcpu.traps.addresses[1] = address(labels, 'trapped');
  before?.(setup);
  expect(guest.hypervisor.run(10_000).kind).toBe('shutdown');
  return { ...setup, rip: guest.hypervisor.processor.get(RBX) };
}

const DEBUGGING = 'mov eax, 8\n mov cr4, rax\n mov eax, 0x3f8\n mov dr0, rax';

test('MOV to and from DR4 with debugging extensions is #UD at the instruction', () => {
  for (const move of ['mov rax, dr4', 'mov dr5, rax']) {
    const { rip, labels } = run(`${DEBUGGING}\nhere:\n ${move}`, ({ guest, labels: all }) => {
      guest.vcpu.traps.addresses[6] = address(all, 'trapped');
    });
    expect(rip).toBe(address(labels, 'here'));
  }
});

describe('an access of a port with a breakpoint', () => {
  const break4 = String(control(0, IO, 3));

  test.each(['in al, dx', 'out dx, al', 'in eax, dx'])('%s is done, and traps behind', (access) => {
    const { rip, labels, guest } = run(
      `${DEBUGGING}\n mov eax, ${break4}\n mov dr7, rax\n mov edx, 0x3fb\n xor eax, eax\n ${access}\nbehind:`,
    );
    expect(rip).toBe(address(labels, 'behind'));
    expect(guest.vcpu.debugRegisters[6]! & 0xf).toBe(1);
    expect(guest.hypervisor.processor.low(RAX)).toBe(
      access === 'in al, dx' ? 0xff : access === 'in eax, dx' ? 0xffff_ffff : 0,
    );
  });

  test('traps after each element of a string', () => {
    const { rip, labels, guest } = run(
      `${DEBUGGING}\n mov eax, ${break4}\n mov dr7, rax\n mov edx, 0x3f8\n mov ecx, 5\n mov rdi, ${String(DATA)}\nhere:\n rep insb`,
    );
    expect(rip).toBe(address(labels, 'here'));
    expect(guest.hypervisor.processor.low(RCX)).toBe(4);
    expect(guest.peek(DATA)).toBe(0xffn);
  });

  test('beside it does not', () => {
    for (const port of [0x3f7, 0x3fc]) {
      const { rip } = run(
        `${DEBUGGING}\n mov eax, ${break4}\n mov dr7, rax\n xor ebx, ebx\n mov edx, ${String(port)}\n in al, dx`,
      );
      expect(rip).toBe(0);
    }
  });

  test('traps no more once debugging extensions are off', () => {
    const { rip } = run(
      `${DEBUGGING}\n mov eax, ${break4}\n mov dr7, rax\n xor eax, eax\n mov cr4, rax\n mov edx, 0x3f8\n xor ebx, ebx\n in al, dx`,
    );
    expect(rip).toBe(0);
  });
});

test('with CR4.TSD the kernel still reads the time, and its user gets a fault', () => {
  const { guest } = run('mov eax, 4\n mov cr4, rax\n mov edx, -1\n rdtsc\n mov ecx, eax\n mov rax, cr4');
  const { processor } = guest.hypervisor;
  expect(processor.low(RDX)).toBe(0);
  expect(processor.low(RCX)).toBeGreaterThan(0);
  expect(processor.low(RAX) & 4).toBe(4);

  const { labels, rip } = run('here:\n rdtsc\n nop', (setup) => {
    asUser(setup);
    const { vcpu: v, hypervisor } = setup.guest;
    v.cr4 = CR4_TSD;
    hypervisor.processor.restoreState(v.state);
    loadCr4(hypervisor.processor, v);
    v.state = hypervisor.processor.saveState();
    setup.guest.vcpu.traps.addresses[13] = address(setup.labels, 'faulted');
  });
  expect(rip).toBe(address(labels, 'here'));
});
