/**
 * The probe: a kernel that asks Xen many small questions and prints the answers, one line each, so that the same image
 * can be run under the real Xen and under ours and the two consoles compared.
 *
 * A question is some code (probes.ts) that leaves its answer in RAX. A line is the question's name and
 * ` = 1f` (hexadecimal), ` = -38` (an errno), or the exception it got: ` #13(18)+2`, vector, error code where the vector
 * has one, and how far behind the start of the code RIP was. Questions of the kernel's user run in ring 3 on page tables
 * of their own and end by SYSCALL.
 */
import type { Probe } from './probe.ts';

/** Vectors that have handlers: the exceptions, and two for INT n, of which the user may use the first. */
const VECTORS = [...Array(32).keys(), 0x80, 0x81];
const SOFTWARE_VECTORS = [3, 4, 0x80];
/** Vectors that push an error code. */
const WITH_ERROR = [8, 10, 11, 12, 13, 14, 17, 21];

/** The kernel's source. */
export function probeSource(probes: readonly Probe[]): string {
  return [
    START,
    ...probes.map(question),
    END,
    ...VECTORS.map(trapStub),
    RUNTIME,
    trapTable(),
    ...probes.map(name),
    DATA,
  ].join('\n');
}

function question(probe: Probe, index: number): string {
  const n = String(index);
  const answer = probe.mode === 'user' ? 'syscall' : 'call answer';
  const leave = probe.mode === 'user' ? `lea rax, [rel code_${n}]\n jmp to_user\ncode_${n}:` : `code_${n}:`;
  const dump = probe.dump === undefined ? '' : `mov ecx, ${String(probe.dump)}\n call dump`;
  return `
    lea rsi, [rel name_${n}]
    lea rdi, [rel after_${n}]
    lea rdx, [rel code_${n}]
    call ask
    ${probe.setup ?? ''}
    ${leave}
    ${probe.code}
    ${answer}
after_${n}:
    ${dump}
    call end_line`;
}

function name(probe: Probe, index: number): string {
  return `name_${String(index)}: db "${probe.name}", 0`;
}

/** Enters \`trapped\` with the vector in EAX and how many bytes lie on the stack in front of RIP in ECX. */
function trapStub(vector: number): string {
  const ripAt = WITH_ERROR.includes(vector) ? 24 : 16;
  return `trap_${String(vector)}:\n mov eax, ${String(vector)}\n mov ecx, ${String(ripAt)}\n jmp trapped`;
}

function trapTable(): string {
  const rows = VECTORS.map((vector) => {
    const dpl = SOFTWARE_VECTORS.includes(vector) ? 3 : 0;
    return `    db ${String(vector)}, ${String(dpl)}\n    dw FLAT_KERNEL_CS\n    dd 0\n    dq trap_${String(vector)}`;
  });
  return ['align 8', 'traps:', ...rows, '    dq 0', '    dq 0'].join('\n');
}

const START = `
entry:
    mov [start_info], rsi
    lea rsp, [rel stack_end]
    call find_console
    lea rdi, [rel traps]
    mov eax, HYPERVISOR_set_trap_table
    syscall
    mov edi, CALLBACKOP_register
    lea rsi, [rel syscall_callback]
    mov eax, HYPERVISOR_callback_op
    syscall
    lea rsi, [rel stack_end]
    xor edi, edi
    mov eax, HYPERVISOR_stack_switch
    syscall
    call make_user`;

const END = `
    lea rsi, [rel finished]
    call print
power_off:
    mov edi, SCHEDOP_shutdown
    lea rsi, [rel shutdown]
    mov eax, HYPERVISOR_sched_op
    syscall
    jmp power_off`;

const RUNTIME = `
; Starts a question: its name is at rsi; after an exception it goes on at rdi; its code is at rdx.
ask:
    mov [resume], rdi
    mov [code], rdx
    call print
    lea rdi, [rel buffer]
    mov ecx, 1024
    mov eax, 0x55555555
    rep stosd
    xor eax, eax
    xor ebx, ebx
    xor ecx, ecx
    xor edx, edx
    xor esi, esi
    xor edi, edi
    xor r8d, r8d
    xor r9d, r9d
    xor r10d, r10d
    ret

; Prints the answer in rax.
answer:
    push rax
    lea rsi, [rel equals]
    call print
    pop rax
print_answer:
    cmp rax, -4095
    jb print_hex
    neg rax
    push rax
    lea rsi, [rel minus]
    call print
    pop rax
    jmp print_decimal

; An exception in the code: vector in eax, the frame's RIP at rsp + ecx.
trapped:
    mov ebx, eax
    mov rbp, [rsp + rcx]
    mov r12d, ecx
    mov r13, [rsp + 16]
    lea rsp, [rel stack_end]
    cld
    lea rsi, [rel hash]
    call print
    mov eax, ebx
    call print_decimal
    cmp r12d, 16
    je .offset
    lea rsi, [rel opening]
    call print
    mov rax, r13
    call print_hex
    lea rsi, [rel closing]
    call print
.offset:
    sub rbp, [rel code]
    lea rsi, [rel elsewhere]
    cmp rbp, 4095
    ja .print
    lea rsi, [rel plus]
    call print
    mov rax, rbp
    call print_hex
    jmp [rel resume]
.print:
    call print
    jmp [rel resume]

; The user's answer: SYSCALL comes here.
user_done:
    lea rsp, [rel stack_end]
    cld
    call answer
    jmp [rel resume]

; Returns to the user, at rax.
to_user:
    lea rcx, [rel user_stack_end]
    push USER_SS
    push rcx
    push 2                           ; events stay masked
    push USER_CS
    push rax
    push 0                           ; flags
    push 0                           ; rcx
    push 0                           ; r11
    push 0                           ; rax
    mov eax, HYPERVISOR_iret
    syscall

; Prints ecx bytes of the buffer.
dump:
    push rcx
    lea rsi, [rel colon]
    call print
    pop rcx
    lea rsi, [rel buffer]
.byte:
    push rcx
    push rsi
    movzx eax, byte [rsi]
    call print_byte
    pop rsi
    pop rcx
    inc rsi
    dec ecx
    jnz .byte
    ret

print_byte:
    mov edx, eax
    shr edx, 4
    and eax, 15
    lea rcx, [rel hex_digits]
    mov dl, [rcx + rdx]
    mov al, [rcx + rax]
    lea rsi, [rel digits]
    mov [rsi], dl
    mov [rsi + 1], al
    mov byte [rsi + 2], 0
    jmp print

print_hex:
    lea rdi, [rel digits_end]
    lea rcx, [rel hex_digits]
.digit:
    mov edx, eax
    and edx, 15
    mov dl, [rcx + rdx]
    dec rdi
    mov [rdi], dl
    shr rax, 4
    jnz .digit
    mov rsi, rdi
    jmp print

print_decimal:
    lea rdi, [rel digits_end]
    mov ecx, 10
.digit:
    xor edx, edx
    div rcx
    add dl, '0'
    dec rdi
    mov [rdi], dl
    test rax, rax
    jnz .digit
    mov rsi, rdi
    jmp print

end_line:
    lea rsi, [rel newline]
    jmp print

; Prints the string at rsi.
print:
    push rbx
    mov rbx, [rel console]
    mov ecx, [rbx + OUT_PROD]
.next:
    lodsb
    test al, al
    jz .done
.full:
    mov edx, ecx
    sub edx, [rbx + OUT_CONS]
    cmp edx, 2048
    je .wait
    mov edx, ecx
    and edx, 2047
    mov [rbx + rdx + 1024], al
    inc ecx
    jmp .next
.wait:
    push rcx
    push rsi
    push rax
    call publish
    mov edi, SCHEDOP_yield
    xor esi, esi
    mov eax, HYPERVISOR_sched_op
    syscall
    pop rax
    pop rsi
    pop rcx
    jmp .full
.done:
    call publish
    pop rbx
    ret
publish:
    mov [rbx + OUT_PROD], ecx
    mov edi, EVTCHNOP_send
    lea rsi, [rel console_port]
    mov eax, HYPERVISOR_event_channel_op
    syscall
    ret

; The console ring: its machine frame is told, Xen's machine-to-physical table gives our own number for it.
find_console:
    mov rbx, [start_info]
    mov rax, [rbx + CONSOLE_MFN]
    mov rcx, MACH2PHYS
    mov rax, [rcx + rax * 8]
    shl rax, 12
    mov rcx, VIRT_BASE
    add rax, rcx
    mov [console], rax
    mov eax, [rbx + CONSOLE_EVTCHN]
    mov [console_port], eax
    ret

; The user's root: of its entries only the last, which it shares with the kernel's.
make_user:
    mov rbx, [start_info]
    mov rax, [rbx + PT_BASE]
    mov rax, [rax + 511 * 8]
    mov [user_root + 511 * 8], rax
    lea rax, [rel user_root]
    call machine_frame
    mov [pin + 8], rax
    mov [new_user_base + 8], rax
    shl rax, 12
    or rax, 5                        ; present, user, read-only
    mov rsi, rax
    lea rdi, [rel user_root]
    mov edx, 2                       ; UVMF_INVLPG
    mov eax, HYPERVISOR_update_va_mapping
    syscall
    lea rdi, [rel pin]
    mov esi, 2
    xor edx, edx
    mov r10d, DOMID_SELF
    mov eax, HYPERVISOR_mmuext_op
    syscall
    ret

; The machine frame of our page at rax -> rax
machine_frame:
    mov rcx, VIRT_BASE
    sub rax, rcx
    shr rax, 12
    mov rcx, [start_info]
    mov rcx, [rcx + MFN_LIST]
    mov rax, [rcx + rax * 8]
    ret
`;

const DATA = `
equals: db " = ", 0
minus: db "-", 0
hash: db " #", 0
plus: db "+", 0
elsewhere: db " elsewhere", 0
opening: db "(", 0
closing: db ")", 0
colon: db " : ", 0
newline: db 10, 0
finished: db "done", 10, 0
hex_digits: db "0123456789abcdef"
digits: times 24 db 0
digits_end: db 0

align 8
start_info: dq 0
console: dq 0
resume: dq 0
code: dq 0
spare: dq 0
console_port: dd 0
shutdown: dd SHUTDOWN_poweroff
syscall_callback: dw CALLBACKTYPE_syscall
    dw 0
    dd 0
    dq user_done
pin: dq MMUEXT_PIN_L4_TABLE
    dq 0
    dq 0
new_user_base: dq MMUEXT_NEW_USER_BASEPTR
    dq 0
    dq 0

align 4096
buffer: times 4096 db 0
user_root: times 4096 db 0
stack: times 8192 db 0
stack_end:
user_stack: times 4096 db 0
user_stack_end:
`;
