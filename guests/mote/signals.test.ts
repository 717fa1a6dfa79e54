/** Signals, as programs see them that look at what the kernel leaves on their stacks, or change it: one program as init. */
import { beforeAll, expect, test } from 'vitest';
import { runAsInit } from './testing.ts';

/** A handler finds the address of rt_sigreturn's code at RSP and what was interrupted behind it (struct TrapFrame, FPU state). */
const ASSEMBLER = `
CS_AT equ 8 + 17 * 8
RFLAGS_AT equ 8 + 18 * 8
MXCSR_AT equ 8 + 176 + 24

; red_zone(flag) -> words below RSP that have changed when the flag is set
red_zone:
    mov rcx, -16
.fill:
    mov [rsp + rcx * 8], rcx
    inc rcx
    jnz .fill
.wait:
    cmp dword [rdi], 0
    je .wait
    mov rcx, -16
    xor eax, eax
.check:
    cmp [rsp + rcx * 8], rcx
    je .same
    inc eax
.same:
    inc rcx
    jnz .check
    ret

; Handlers that change what they return to: kernel mode, IOPL 3, all bits of MXCSR
to_kernel:
    and qword [rsp + CS_AT], -4
    ret
to_iopl3:
    or qword [rsp + RFLAGS_AT], 0x3000
    ret
to_wrong_mxcsr:
    or dword [rsp + MXCSR_AT], 0xffff0040
    ret

to_kernel_address:
    mov rax, to_kernel
    ret
to_iopl3_address:
    mov rax, to_iopl3
    ret
to_wrong_mxcsr_address:
    mov rax, to_wrong_mxcsr
    ret

; flags() -> RFLAGS
flags:
    pushfq
    pop rax
    ret
`;

const PROGRAM = `
import { addressOf, load64 } from 'programs/lib/intrinsics';

@external("asm", "red_zone") declare function red_zone(flag: usize): i32;
@external("asm", "to_kernel_address") declare function to_kernel_address(): u64;
@external("asm", "to_iopl3_address") declare function to_iopl3_address(): u64;
@external("asm", "to_wrong_mxcsr_address") declare function to_wrong_mxcsr_address(): u64;
@external("asm", "flags") declare function flags(): u64;

const KERNEL: u64 = 0xffffffff80000000;
const IOPL: u64 = 0x3000;
const SIGNAL = abi.SIGUSR1;

function handle(signal: i32, handler: u64): i64 { return syscall2(abi.SYS_signal, signal, handler); }
function pathAt(text: string): usize {
  const bytes = new StaticArray<u8>(64);
  String.UTF8.encodeUnsafe(changetype<usize>(text), text.length, changetype<usize>(bytes), true);
  return changetype<usize>(bytes);
}

const flag = new StaticArray<i32>(1);
function raise(signal: i32): void { flag[0] = signal; }
function onStack(signal: i32): void {
  // More stack than the red zone has.
  let sum = 0;
  for (let n = 0; n < 100; n++) sum += deep(n);
  flag[0] = sum;
}
function deep(n: i32): i32 { return n == 0 ? 1 : deep(n - 1) + 1; }

function redZone(): string {
  const f: (signal: i32) => void = onStack;
  handle(SIGNAL, addressOf(f.index));
  const parent = pid();
  // What is saved of the FPU stands nearest to RSP.
  const half = <f64>parent / 2.0;
  if (fork() == 0) { sleep(20); kill(parent, SIGNAL); exit(0); }
  const changed = red_zone(changetype<usize>(flag));
  return changed.toString() + ' ' + half.toString() + ' ' + wait();
}

/** A child that has this handler, and then does something. */
function after(handler: u64, then: () => void): string {
  if (fork() == 0) {
    handle(SIGNAL, handler);
    // The FPU is in use.
    let x = 0.5;
    for (let n = 0; n < 3; n++) { kill(pid(), SIGNAL); x += 0.5; }
    then();
    exit(x == 2.0 ? 1 : 2);
  }
  return wait();
}

function stopped(signal: i32): string {
  const child = fork();
  if (child == 0) for (;;) sleep(10);
  kill(child, abi.SIGSTOP);
  const first = wait(abi.WUNTRACED);
  kill(child, signal);
  sleep(50);
  const ended = wait(abi.WNOHANG);
  kill(child, abi.SIGCONT);
  return first + ' ' + ended + ' ' + (ended == 'none' ? wait() : 'none');
}

/** A stop that has come while the process was stopped, and SIGCONT: it is not stopped again. */
function stoppedTwice(): string {
  const child = fork();
  if (child == 0) { sleep(30); exit(5); }
  kill(child, abi.SIGSTOP);
  wait(abi.WUNTRACED);
  kill(child, abi.SIGTSTP);
  kill(child, abi.SIGCONT);
  return wait(abi.WUNTRACED);
}

function ignored(): string {
  const f: (signal: i32) => void = raise;
  handle(abi.SIGUSR1, abi.SIG_IGN);
  handle(abi.SIGUSR2, addressOf(f.index));
  if (fork() == 0) {
    const argv = new StaticArray<u64>(3);
    argv[0] = pathAt('/init');
    argv[1] = pathAt('again');
    syscall3(abi.SYS_execve, <usize>argv[0], changetype<usize>(argv), changetype<usize>(argv) + 16);
  }
  return wait();
}

export function main(args: string[]): i32 {
  if (args.length > 1) {
    // What was ignored still is; what had a handler has none.
    kill(pid(), abi.SIGUSR1);
    print('exec: ' + handle(abi.SIGUSR1, 0).toString() + ' ' + handle(abi.SIGUSR2, 0).toString() + '\\n');
    kill(pid(), abi.SIGUSR2);
    return 0;
  }
  print('red zone: ' + redZone() + '\\n');
  print('kernel mode: ' + after(to_kernel_address(), () => { print(load64(KERNEL).toString()); }) + '\\n');
  print('iopl: ' + after(to_iopl3_address(), () => { if ((flags() & IOPL) != 0) exit(9); }) + '\\n');
  print('mxcsr: ' + after(to_wrong_mxcsr_address(), () => {}) + '\\n');
  print('stopped: ' + stopped(abi.SIGKILL) + ', ' + stopped(abi.SIGTERM) + '\\n');
  print('twice: ' + stoppedTwice() + '\\n');
  print('ended: ' + ignored() + '\\n');
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

test('what a leaf function has below RSP is untouched by a handler', () => {
  expect(line('red zone')).toBe('0 0.5 0');
});

test('a handler cannot return to kernel mode', () => {
  expect(line('kernel mode')).toBe('11');
});

test('nor to other flags than a program may have', () => {
  expect(line('iopl')).toBe('256');
});

test('nor to an FPU state that the processor would not load', () => {
  expect(line('mxcsr')).toBe('256');
});

test('a stopped process is killed at once by SIGKILL, and by others when it goes on', () => {
  expect(line('stopped')).toBe('4991 9 none, 4991 none 15');
});

test('SIGCONT takes back stops that have not been seen', () => {
  expect(line('twice')).toBe('1280');
});

test('another program ignores what was ignored, and has no handlers', () => {
  expect(line('exec')).toBe('1 0');
  expect(line('ended')).toBe('12');
});
