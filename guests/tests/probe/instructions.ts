/** Instructions that a kernel in ring 3 cannot simply execute: emulated, refused, or answered by the processor as it is. */
import type { Probe } from './probe.ts';

const kernel = (name: string, code: string, setup = ''): Probe => ({ name, code, setup });
const user = (name: string, code: string, setup = ''): Probe => ({
  name: `user: ${name}`,
  mode: 'user',
  code,
  setup,
});

/** Sets the kernel's IOPL by physdev_op. */
const iopl = (level: number): string => `
    mov dword [rel buffer], ${String(level)}
    mov edi, 6
    lea rsi, [rel buffer]
    mov eax, HYPERVISOR_physdev_op
    syscall
    xor eax, eax
    xor edx, edx`;

/** Switches an assist. */
const assist = (command: number, type: number): string => `
    mov edi, ${String(command)}
    mov esi, ${String(type)}
    mov eax, HYPERVISOR_vm_assist
    syscall
    xor eax, eax`;

/** CPUID through the forced-emulation prefix: one register of the answer. */
function leaf(number: number, subleaf: number, register: string): Probe {
  return kernel(
    `cpuid 0x${number.toString(16)}.${String(subleaf)} ${register}`,
    `mov eax, ${String(number)}\n mov ecx, ${String(subleaf)}\n db 0x0f, 0x0b, 0x78, 0x65, 0x6e\n cpuid\n mov eax, ${register}`,
  );
}

const LEAVES = [0x40000000, 0x40000001, 0x40000002, 0x40000004, 0x40000006, 0x40000100, 0x400000ff];
const FOUR = ['eax', 'ebx', 'ecx', 'edx'];

/** IRET by hypercall to a code selector and a stack selector, in the kernel. */
function iret(cs: number, ss: number, rflags = 2, rip = '[rel .there]'): Probe {
  return kernel(
    `iret to ${cs.toString(16)}:, ${ss.toString(16)}:, rflags ${rflags.toString(16)}${rip.includes('there') ? '' : `, rip ${rip}`}`,
    `mov rbx, rsp
    lea rcx, ${rip}
    push ${String(ss)}
    push rbx
    push ${String(rflags)}
    push ${String(cs)}
    push rcx
    push 0
    push 0
    push 0
    push 0x77
    mov eax, HYPERVISOR_iret
    syscall
.there:
    mov ecx, cs
    mov edx, ss
    shl edx, 16
    or ecx, edx
    mov eax, ecx`,
  );
}

const CONTROL_REGISTERS: readonly Probe[] = [
  kernel('mov rax, cr0', 'mov rax, cr0'),
  kernel('mov rax, cr4', 'mov rax, cr4'),
  kernel('mov rax, cr8', 'mov rax, cr8'),
  kernel('cr3 is the root', 'mov rax, cr3\n mov rbx, rax\n mov rax, cr3\n sub rax, rbx'),
  kernel('mov cr0, what it holds', 'mov rax, cr0\n mov cr0, rax\n xor eax, eax'),
  kernel('mov cr0 without WP', 'mov cr0, rax', 'mov rax, cr0\n and eax, 0xfffeffff'),
  kernel('mov cr0 with TS', 'mov cr0, rax\n mov rax, cr0', 'mov rax, cr0\n or eax, 8'),
  kernel('fnop after it', 'fnop\n xor eax, eax'),
  kernel('cr0 after that', 'mov rax, cr0'),
  kernel(
    'fpu_taskswitch(1), movaps',
    'movaps xmm0, xmm1',
    'mov edi, 1\n mov eax, HYPERVISOR_fpu_taskswitch\n syscall',
  ),
  kernel('movaps again', 'movaps xmm0, xmm1\n xor eax, eax'),
  kernel(
    'fpu_taskswitch(1), clts, fnop',
    'clts\n fnop\n mov rax, cr0',
    'mov edi, 1\n mov eax, HYPERVISOR_fpu_taskswitch\n syscall',
  ),
  kernel(
    'fpu_taskswitch(1), fwait',
    'fwait\n xor eax, eax',
    'mov edi, 1\n mov eax, HYPERVISOR_fpu_taskswitch\n syscall',
  ),
  kernel('cr0 with TS', 'mov rax, cr0', 'mov edi, 1\n mov eax, HYPERVISOR_fpu_taskswitch\n syscall'),
  kernel('smsw with TS', 'smsw eax\n and eax, 8'),
  user('fnop with TS', 'fnop\n xor eax, eax', ''),
  user('fnop again', 'fnop\n xor eax, eax', ''),
  kernel('mov cr2', 'mov cr2, rax\n mov rax, cr2', 'mov rax, 0x123456789abc'),
  kernel('mov cr3, what it holds', 'mov rax, cr3\n mov cr3, rax\n xor eax, eax'),
  kernel('mov cr3, no frame', 'mov cr3, rax', 'mov rax, 0xfffffff000'),
  kernel('mov cr3, not a root', 'mov cr3, rax', 'lea rax, [rel buffer]\n call machine_frame\n shl rax, 12'),
  kernel('mov cr4, what it holds', 'mov rax, cr4\n mov cr4, rax\n xor eax, eax'),
  kernel('mov cr4, 0', 'mov cr4, rax\n mov rax, cr4'),
  kernel('mov cr4, all', 'mov cr4, rax\n mov rax, cr4', 'mov eax, 0x1fffff'),
  kernel('mov cr4, 0 again', 'mov cr4, rax\n mov rax, cr4'),
  kernel('mov cr1, rax', 'db 0x0f, 0x22, 0xc8'),
  kernel('mov rax, cr1', 'db 0x0f, 0x20, 0xc8'),
  kernel('mov cr8, rax', 'mov cr8, rax'),
  kernel('lmsw ax', 'lmsw ax', 'mov eax, 0x3b'),
  kernel('clts', 'clts\n xor eax, eax'),
  user('mov rax, cr0', 'mov rax, cr0'),
  user('clts', 'clts'),
];

const DEBUG_REGISTERS: readonly Probe[] = [
  ...[0, 3, 6, 7].map((n) => kernel(`mov rax, dr${String(n)}`, `mov rax, dr${String(n)}`)),
  kernel('mov rax, dr4', 'db 0x0f, 0x21, 0xe0'),
  kernel('mov rax, dr5', 'db 0x0f, 0x21, 0xe8'),
  kernel('mov dr0, an address', 'mov dr0, rax\n mov rax, dr0', 'mov rax, 0x123456789abc'),
  kernel("mov dr0, Xen's address", 'mov dr0, rax', 'mov rax, 0xffff830000000000'),
  kernel('mov dr6, 0', 'mov dr6, rax\n mov rax, dr6'),
  kernel('mov dr6, all', 'mov dr6, rax\n mov rax, dr6', 'mov eax, 0xffffffff'),
  kernel('mov dr6, beyond', 'mov dr6, rax', 'mov rax, 0x100000000'),
  kernel('mov dr7, GD', 'mov dr7, rax\n mov rax, dr7', 'mov eax, 0x2000'),
  kernel('mov dr7, I/O', 'mov dr7, rax\n mov rax, dr7', 'mov eax, 0x20002'),
  kernel(
    'mov dr7, I/O with CR4.DE',
    'mov dr7, rax\n mov rax, dr7',
    'mov eax, 8\n mov cr4, rax\n mov eax, 0x20002',
  ),
  kernel('mov rax, dr4 with CR4.DE', 'db 0x0f, 0x21, 0xe0'),
  kernel('without both', 'mov cr4, rax\n mov dr7, rax\n mov rax, dr7'),
  kernel(
    'a watchpoint',
    'mov byte [rel spare], 1\n nop\n nop\n nop',
    'lea rax, [rel spare]\n mov dr0, rax\n mov eax, 0x10001\n mov dr7, rax',
  ),
  kernel('dr6 after it', 'mov rax, dr6'),
  kernel('none again', 'mov dr7, rax\n mov dr6, rax\n mov rax, dr7'),
];

const PORTS: readonly Probe[] = [
  kernel('in al, 0x80', 'in al, 0x80'),
  kernel('out 0x80, al', 'out 0x80, al'),
  kernel('cli', 'cli\n xor eax, eax'),
  kernel('in al, 0x80 with IOPL 1', 'in al, 0x80', iopl(1)),
  kernel('in ax, 0x80', 'in ax, 0x80', 'mov rax, 0x1122334455667788'),
  kernel('in eax, 0x80', 'in eax, 0x80', 'mov rax, 0x1122334455667788'),
  kernel('in al, dx', 'in al, dx', 'mov edx, 0x3f8\n mov rax, 0x1122334455667788'),
  kernel('in eax, 0xcf8', 'in eax, dx', 'mov edx, 0xcf8'),
  kernel('out 0xcf8', 'out dx, eax\n in eax, dx', 'mov edx, 0xcf8\n mov eax, 0x80001234'),
  kernel('in al, 0xcf8', 'in al, dx', 'mov edx, 0xcf8'),
  kernel('in eax, 0xcfc', 'in eax, dx', 'mov edx, 0xcfc'),
  kernel('in ax, 0xcfe', 'in ax, dx', 'mov edx, 0xcfe'),
  kernel('in al, 0x70', 'in al, 0x70'),
  kernel('out 0x70', 'out 0x70, al\n in al, 0x70', 'mov eax, 0x8b'),
  kernel('in al, 0x71', 'in al, 0x71'),
  kernel('in ax, 0x6f', 'in ax, 0x6f'),
  kernel('in eax, 0x40', 'in eax, 0x40'),
  kernel('in al, 0x61', 'in al, 0x61'),
  kernel('out 0x61', 'out 0x61, al\n in al, 0x61', 'mov eax, 3'),
  kernel('out 0x60', 'out 0x60, al\n xor eax, eax'),
  kernel('insb', 'insb\n movzx eax, byte [rdi - 1]', 'lea rdi, [rel buffer]\n mov edx, 0x3f8'),
  kernel('rep insb', 'rep insb\n mov eax, ecx', 'lea rdi, [rel buffer]\n mov edx, 0x3f8\n mov ecx, 5'),
  kernel('insb, nowhere', 'insb', 'mov edi, 0x1000\n mov edx, 0x3f8'),
  kernel('outsb, nowhere', 'outsb', 'mov esi, 0x1000\n mov edx, 0x3f8'),
  kernel('outsd', 'outsd\n xor eax, eax', 'lea rsi, [rel buffer]\n mov edx, 0x3f8'),
  kernel('cli with IOPL 1', 'cli\n xor eax, eax'),
  kernel('sti with IOPL 1', 'sti\n xor eax, eax'),
  user('in al, 0x80', 'in al, 0x80', ''),
  user('cli', 'cli\n xor eax, eax', ''),
  user('in al, 0x80 with IOPL 3', 'in al, 0x80', iopl(3)),
  user('cli with IOPL 3', 'cli\n xor eax, eax', ''),
  user('rdmsr with IOPL 3', 'rdmsr', ''),
  kernel('in al, 0x80 with IOPL 0', 'in al, 0x80', iopl(0)),
  kernel('in al, 0x80, architectural IOPL 0', 'in al, 0x80', assist(0, 4)),
  kernel('pushf, architectural IOPL', 'pushfq\n pop rax\n and eax, 0x3200'),
  kernel('without the assist', 'in al, 0x80', assist(1, 4)),
  kernel(
    'in al, 0x80 by the bitmap',
    'in al, 0x80',
    `lea rax, [rel buffer]
    mov qword [rax], 0
    mov qword [rax + 8], 0
    mov qword [rax + 16], 0
    mov [rax + 64], rax
    mov dword [rax + 72], 256
    mov edi, 7
    lea rsi, [rax + 64]
    mov eax, HYPERVISOR_physdev_op
    syscall
    xor eax, eax`,
  ),
  kernel('in al, 0xfe by it', 'in al, 0xfe', 'mov edi, 0'),
  user('in al, 0x80 by it', 'in al, 0x80', 'mov qword [rel buffer + 16], 0'),
  user('in al, 0x81 by it', 'in al, 0x81', 'mov qword [rel buffer + 16], 2'),
  kernel(
    'no bitmap',
    'in al, 0x80',
    'lea rsi, [rel buffer]\n mov qword [rsi], 0\n mov dword [rsi + 8], 0\n mov edi, 7\n mov eax, HYPERVISOR_physdev_op\n syscall\n xor eax, eax',
  ),
];

const SYSTEM: readonly Probe[] = [
  ...[
    'hlt',
    'invd',
    'swapgs',
    'sysretq',
    'sysexitq',
    'sysenter',
    'rsm',
    'int1',
    'ud2',
    'int3',
    'wbinvd',
    'lmsw ax',
  ].map((code) => kernel(code, code)),
  kernel('wbinvd, and on', 'wbinvd\n xor eax, eax'),
  kernel('wbnoinvd', 'db 0xf3\n wbinvd\n xor eax, eax'),
  kernel('invlpg', 'invlpg [rel buffer]'),
  kernel('lgdt', 'lgdt [rel buffer]'),
  kernel('lidt', 'lidt [rel buffer]'),
  kernel('lldt', 'lldt ax'),
  kernel('ltr', 'ltr ax'),
  kernel('xgetbv', 'db 0x0f, 0x01, 0xd0'),
  kernel('xsetbv', 'db 0x0f, 0x01, 0xd1'),
  kernel('vmcall', 'db 0x0f, 0x01, 0xc1'),
  kernel('vmmcall', 'db 0x0f, 0x01, 0xd9'),
  kernel('clac', 'db 0x0f, 0x01, 0xca'),
  kernel('monitor', 'monitor'),
  kernel('mwait', 'mwait'),
  kernel('rdtscp', 'rdtscp\n xor eax, eax'),
  kernel('rdpmc', 'rdpmc'),
  kernel('rdfsbase', 'db 0xf3, 0x48, 0x0f, 0xae, 0xc0\n xor eax, eax'),
  kernel('wrgsbase', 'db 0xf3, 0x48, 0x0f, 0xae, 0xd8\n xor eax, eax'),
  kernel('ud1', 'ud1 eax, eax'),
  kernel('ud0', 'db 0x0f, 0xff, 0xc0'),
  kernel('popf with IF clear', 'push 2\n popfq\n pushfq\n pop rax\n and eax, 0x200'),
  kernel('popf with IOPL 3', 'push 0x3202\n popfq\n pushfq\n pop rax\n and eax, 0x3200'),
  kernel('sldt', 'sldt eax'),
  kernel('str', 'str eax'),
  kernel('smsw', 'smsw rax'),
  kernel('sgdt', 'sgdt [rel buffer]\n movzx eax, word [rel buffer]'),
  kernel('sidt', 'sidt [rel buffer]\n movzx eax, word [rel buffer]'),
  kernel('mov eax, cs', 'mov eax, cs'),
  kernel('mov eax, ss', 'mov eax, ss'),
  kernel('mov eax, ds', 'mov eax, ds'),
  kernel('mov eax, gs', 'mov eax, gs'),
  ...[
    0xe008, 0xe010, 0xe019, 0xe023, 0xe02b, 0xe033, 0xe03b, 0xe040, 0xe043, 0xe048, 0xe050, 0xe060, 0xe068, 8,
    0x10,
  ].flatMap((selector) => [
    kernel(
      `lar ${selector.toString(16)}`,
      'lar eax, cx\n jz .has\n mov eax, 0x7777\n.has:',
      `mov ecx, ${String(selector)}`,
    ),
    kernel(
      `lsl ${selector.toString(16)}`,
      'lsl eax, cx\n jz .has\n mov eax, 0x7777\n.has:',
      `mov ecx, ${String(selector)}`,
    ),
  ]),
  ...[0, 3, 0xe008, 0xe02b, 0xe02a, 0xe023, 0xe033, 0xe03b, 8, 0xc, 0xfff8].map((selector) =>
    kernel(`mov ds, ${selector.toString(16)}`, 'mov ds, ecx\n mov eax, ds', `mov ecx, ${String(selector)}`),
  ),
  kernel('mov ds, 0', 'mov ds, ecx\n mov eax, ds'),
  kernel('mov ss, 0', 'mov ss, ecx'),
  kernel('mov ss, e02b', 'mov ss, ecx\n mov eax, ss', 'mov ecx, 0xe02b'),
  kernel('int 0x80', 'int 0x80'),
  kernel('int 0x81', 'int 0x81'),
  kernel('int 0x82', 'int 0x82'),
  kernel('int 0x20', 'int 0x20'),
  kernel('int 3, two bytes', 'db 0xcd, 3'),
  kernel('int 13', 'int 13'),
  kernel('int 14', 'int 14'),
  kernel('int 8', 'int 8'),
  kernel('int 2', 'int 2'),
  kernel('retfq to ring 0', 'push 0xe008\n push rax\n retfq'),
  kernel('iretq to ring 0', 'push 0\n push rsp\n push 2\n push 0xe008\n push rax\n iretq'),
  kernel('div by 0', 'div ecx'),
  kernel('a read of nothing', 'mov eax, [0x1000]'),
  kernel('a write to nothing', 'mov dword [0x1000], eax'),
  kernel('a read of what is not canonical', 'mov rax, [rbx]', 'mov rbx, 0x800000000000'),
  kernel('a push to what is not canonical', 'mov rbp, rsp\n mov rax, [rbx + rbp]', 'mov rbx, 0x800000000000'),
  kernel('a read of Xen', 'mov rax, [rbx]', 'mov rbx, 0xffff830000000000'),
  kernel('a read of the M2P', 'mov rax, [rbx]\n xor eax, eax', 'mov rbx, 0xffff800000000000'),
  kernel('a write to the M2P', 'mov [rbx], rax', 'mov rbx, 0xffff800000000000'),
  kernel("a read of the guest's GDT", 'mov rax, [rbx]', 'mov rbx, 0xffff820000000000'),
  kernel('a jump to nothing', 'jmp rbx', 'mov ebx, 0x1000'),
  kernel('a jump to what is not canonical', 'jmp rbx', 'mov rbx, 0x800000000000'),
];

const SINGLE_STEP: readonly Probe[] = [
  kernel('TF', 'pushfq\n or dword [rsp], 0x100\n popfq\n nop\n nop'),
  kernel('dr6 after TF', 'mov rax, dr6\n xor ecx, ecx\n mov dr6, rcx'),
  kernel(
    'TF, cpuid forced',
    'pushfq\n or dword [rsp], 0x100\n popfq\n db 0x0f, 0x0b, 0x78, 0x65, 0x6e\n cpuid\n nop',
  ),
  kernel('TF, clts', 'pushfq\n or dword [rsp], 0x100\n popfq\n clts\n nop'),
  kernel('dr6 after TF, clts', 'mov rax, dr6\n xor ecx, ecx\n mov dr6, rcx'),
  kernel(
    'TF, syscall',
    'pushfq\n or dword [rsp], 0x100\n mov eax, HYPERVISOR_xen_version\n popfq\n syscall\n nop\n nop',
    'xor edi, edi',
  ),
  kernel('TF, int 0x80', 'pushfq\n or dword [rsp], 0x100\n popfq\n int 0x80\n nop'),
  user('TF', 'pushfq\n or dword [rsp], 0x100\n popfq\n nop\n nop'),
  user('TF, syscall', 'pushfq\n or dword [rsp], 0x100\n popfq\n syscall\n nop'),
];

const RETURNS: readonly Probe[] = [
  iret(0xe030, 0xe028),
  iret(0xe033 & ~3, 0xe02b),
  iret(0x8, 0xe02b),
  iret(0xe008, 0xe02b),
  iret(0xe010, 0xe02b),
  iret(0xe030, 0x8),
  iret(0xe030, 0),
  iret(0xe030, 0xe008),
  iret(0xe028, 0xe02b),
  iret(0, 0xe02b),
  iret(0xc, 0xe02b),
  iret(0xfff8, 0xe02b),
  iret(0xe040, 0xe02b),
  iret(0xe030, 0xe02b, 0x3002),
  iret(0xe030, 0xe02b, 0x20002),
  iret(0xe030, 0xe02b, 0x4002),
  iret(0xe030, 0xe02b, 0x102),
  iret(0xe030, 0xe02b, 0),
  iret(0xe030, 0xe02b, 2, '[0x1000]'),
  kernel(
    'iret to what is not canonical',
    `mov rbx, rsp
    mov rcx, 0x800000000000
    push 0xe02b
    push rbx
    push 2
    push 0xe030
    push rcx
    push 0
    push 0
    push 0
    push 0
    mov eax, HYPERVISOR_iret
    syscall`,
  ),
  kernel(
    'iret as from a syscall, to what is not canonical',
    `mov rbx, rsp
    mov rcx, 0x800000000000
    push 0xe02b
    push rbx
    push 2
    push 0xe030
    push rcx
    push 0x100
    push 0
    push 0
    push 0
    mov eax, HYPERVISOR_iret
    syscall`,
  ),
  kernel(
    'iret as from a syscall: rcx is rip, r11 is rflags',
    `mov rbx, rsp
    lea rcx, [rel .there]
    mov r12, rcx
    push 0x10
    push rbx
    push 0x2
    push 0x8
    push rcx
    push 0x100
    push 0x1234
    push 0x5678
    push 0
    mov eax, HYPERVISOR_iret
    syscall
.there:
    sub rcx, r12
    shl rcx, 32
    mov rax, r11
    or rax, rcx`,
  ),
];

const USER: readonly Probe[] = [
  user('syscall', 'mov eax, 0x1234'),
  user('rcx, r11 are not changed by an interrupt', 'mov ecx, 0x1234\n mov r11d, 0x5678\n int 0x80'),
  ...[
    'hlt',
    'sysenter',
    'swapgs',
    'wbinvd',
    'clts',
    'int3',
    'ud2',
    'int 0x80',
    'int 0x81',
    'int 0x20',
    'rdpmc',
  ].map((code) => user(code, code)),
  user('cpuid', 'mov eax, 0x40000000\n cpuid\n xor eax, eax'),
  user('cpuid forced', 'mov eax, 0x40000001\n db 0x0f, 0x0b, 0x78, 0x65, 0x6e\n cpuid'),
  user('mov eax, cs', 'mov eax, cs'),
  user('mov eax, ss', 'mov eax, ss'),
  user('pushf', 'pushfq\n pop rax'),
  user('popf with IOPL 3 and IF clear', 'push 0x3002\n popfq\n pushfq\n pop rax\n and eax, 0x3200'),
  user('a read of nothing', 'mov eax, [0x1000]'),
  user('a write of a read-only page', 'mov byte [rel user_root], 1'),
  user('a read of Xen', 'mov rax, [rbx]', 'mov rbx, 0xffff830000000000'),
  user('a read of the M2P', 'mov rax, [rbx]\n xor eax, eax', 'mov rbx, 0xffff800000000000'),
  user('a jump to nothing', 'mov ebx, 0x1000\n jmp rbx'),
  user('div by 0', 'xor ecx, ecx\n div ecx'),
  user('AC', 'pushfq\n or dword [rsp], 0x40000\n popfq\n mov eax, [rsp + 1]\n xor eax, eax'),
  kernel('AC, in the kernel', 'pushfq\n or dword [rsp], 0x40000\n popfq\n mov eax, [rsp + 1]\n xor eax, eax'),
];

export const INSTRUCTIONS: readonly Probe[] = [
  ...LEAVES.flatMap((number) => FOUR.map((register) => leaf(number, 0, register))),
  ...['ebx', 'edx'].map((register) => leaf(0x40000003, 0, register)),
  ...['eax', 'ebx'].map((register) => leaf(0x40000003, 1, register)),
  ...['ebx', 'ecx', 'edx'].map((register) => leaf(0x40000003, 2, register)),
  ...FOUR.map((register) => leaf(0x40000003, 3, register)),
  leaf(0x40000005, 0, 'eax'),
  ...CONTROL_REGISTERS,
  ...DEBUG_REGISTERS,
  ...PORTS,
  ...SYSTEM,
  ...SINGLE_STEP,
  ...RETURNS,
  ...USER,
];
