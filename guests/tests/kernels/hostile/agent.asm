; What the domains of this test run, wherever it is mapped: one after another it carries out what domain 0 leaves in its
; mailbox (agent.ts), a hypercall or one of the pieces of code at the end of this file, and writes down what came of it.

; Places in the mailbox, which RBX points to; its page is the third, the stack is the fifth.
ASKED equ 0                          ; the number of the last command,
DONE equ 8                           ; and of the last one that is done
IS_CODE equ 16                       ; what to do: 0 a hypercall, 1 a piece of code
TARGET equ 24                        ; its number, or its address
ARGUMENTS equ 32                     ; RDI, RSI, RDX, R10, R8
RESULT equ 80                        ; RAX
TRAP_VECTOR equ 88
TRAP_ERROR equ 96
TRAP_CS equ 104
NO_TRAP equ 0xffff
FAILSAFE equ 258
PAGE equ 4096

agent_code:
    jmp next

; With everything of the processor's that a command may have changed as it was.
done:
    cld
    xor ecx, ecx
    mov ds, ecx
    mov es, ecx
    mov fs, ecx
    lea rbx, [rel agent_code]
    add rbx, 2 * PAGE
    lea rsp, [rbx + 3 * PAGE]
    mov [rbx + RESULT], rax
    mov rax, [rbx + ASKED]
    mov [rbx + DONE], rax
next:
    lea rbx, [rel agent_code]
    add rbx, 2 * PAGE
    lea rsp, [rbx + 3 * PAGE]
.wait:
    mov rax, [rbx + ASKED]
    cmp rax, [rbx + DONE]
    jne .work
    mov edi, SCHEDOP_yield
    xor esi, esi
    mov eax, HYPERVISOR_sched_op
    syscall
    jmp .wait
.work:
    mov qword [rbx + TRAP_VECTOR], NO_TRAP
    mov qword [rbx + TRAP_ERROR], 0
    mov rdi, [rbx + ARGUMENTS]
    mov rsi, [rbx + ARGUMENTS + 8]
    mov rdx, [rbx + ARGUMENTS + 16]
    mov r10, [rbx + ARGUMENTS + 24]
    mov r8, [rbx + ARGUMENTS + 32]
    mov rax, [rbx + TARGET]
    cmp qword [rbx + IS_CODE], 0
    jne .code
    syscall
    jmp done
.code:
    jmp rax

; A trap ends the command. Vector in EAX; on the stack RCX, R11, perhaps the error code, RIP, CS.
trapped:
    lea rbx, [rel agent_code]
    add rbx, 2 * PAGE
    mov [rbx + TRAP_VECTOR], rax
    mov edx, 0x27d00                 ; the vectors that have an error code
    xor ecx, ecx
    cmp eax, 32
    jae .without
    bt edx, eax
    jnc .without
    mov rcx, [rsp + 16]
    add rsp, 8
.without:
    mov [rbx + TRAP_ERROR], ecx
    mov rcx, [rsp + 24]
    mov [rbx + TRAP_CS], ecx
    mov rax, -1
    jmp done
failsafe:
    add rsp, 4 * 8                   ; DS, ES, FS, GS
    mov eax, FAILSAFE
    jmp trapped
; A user's system call ends the command as well.
user_syscall:
    jmp done
; No event matters here: from the first one on they stay masked.
event:
    mov byte [rsp + 28], 1
    pop rcx
    pop r11
    push 0
    push rcx
    push r11
    push rax
    mov eax, HYPERVISOR_iret
    syscall
    ud2

align 16
agent_traps:
    mov eax, 0
    jmp trapped
align 16
    mov eax, 1
    jmp trapped
align 16
    mov eax, 2
    jmp trapped
align 16
    mov eax, 3
    jmp trapped
align 16
    mov eax, 4
    jmp trapped
align 16
    mov eax, 5
    jmp trapped
align 16
    mov eax, 6
    jmp trapped
align 16
    mov eax, 7
    jmp trapped
align 16
    mov eax, 8
    jmp trapped
align 16
    mov eax, 9
    jmp trapped
align 16
    mov eax, 10
    jmp trapped
align 16
    mov eax, 11
    jmp trapped
align 16
    mov eax, 12
    jmp trapped
align 16
    mov eax, 13
    jmp trapped
align 16
    mov eax, 14
    jmp trapped
align 16
    mov eax, 15
    jmp trapped
align 16
    mov eax, 16
    jmp trapped
align 16
    mov eax, 17
    jmp trapped
align 16
    mov eax, 18
    jmp trapped
align 16
    mov eax, 19
    jmp trapped

; The pieces of code. RDI, RSI, RDX: their arguments; RAX: what they tell.
read_memory:
    mov rax, [rdi]
    jmp done
write_memory:
    mov [rdi], rsi
    xor eax, eax
    jmp done
jump:
    jmp rdi
copy_string:
    mov ecx, edx
    rep movsb
    xor eax, eax
    jmp done
push_there:
    mov rsp, rdi
    push rax
    jmp done
read_msr:
    mov ecx, edi
    rdmsr
    shl rdx, 32
    or rax, rdx
    jmp done
write_msr:
    mov ecx, edi
    mov eax, esi
    mov rdx, rsi
    shr rdx, 32
    wrmsr
    xor eax, eax
    jmp done
read_port:
    mov edx, edi
    xor eax, eax
    in al, dx
    jmp done
write_port:
    mov edx, edi
    mov eax, esi
    out dx, al
    xor eax, eax
    jmp done
write_port_string:
    mov edx, edi
    outsb
    xor eax, eax
    jmp done
write_cr0:
    mov cr0, rdi
    xor eax, eax
    jmp done
write_cr3:
    mov cr3, rdi
    xor eax, eax
    jmp done
write_dr0:
    mov dr0, rdi
    xor eax, eax
    jmp done
load_gdt:
    lgdt [rdi]
    jmp done
load_idt:
    lidt [rdi]
    jmp done
load_ldt:
    lldt di
    jmp done
load_task:
    ltr di
    jmp done
invalidate:
    invlpg [rdi]
    xor eax, eax
    jmp done
halt:
    hlt
    jmp done
sysret_kernel:
    mov rcx, rdi
    sysretq
    jmp done
load_ds:
    mov ds, edi
    mov eax, ds
    jmp done
load_ss:
    mov ss, edi
    mov eax, ss
    jmp done
; What a segment lets read at an address.
read_segment:
    mov fs, edi
    mov rax, [fs:rsi]
    xor ecx, ecx
    mov fs, ecx
    jmp done
far_call:
    push rdi                         ; the selector
    lea rax, [rel arrived]
    push rax
    call far [rsp]
arrived:
    mov eax, cs
    jmp done
far_return:
    push rdi
    lea rax, [rel arrived]
    push rax
    retfq
iret_instruction:
    mov rax, rsp
    push rsi                         ; SS
    push rax
    push 2
    push rdi                         ; CS
    lea rax, [rel arrived]
    push rax
    iretq
; iret(cs, ss, address)
iret_hypercall:
    mov rax, rsp
    push rsi
    push rax
    push 2
    push rdi
    push rdx
    push 0
    push 0
    push 0
    push 0
    mov eax, HYPERVISOR_iret
    syscall
; iret_from(stack): with the frame there
iret_from:
    mov rsp, rdi
    mov eax, HYPERVISOR_iret
    syscall
interrupt_three:
    int3
interrupt_page_fault:
    int 14
interrupt_system:
    int 0x80
; In user mode: user(code, a, b) gets there, where no address of the kernel's own is known but by RIP.
user:
    mov rax, rsp
    push FLAT_USER_SS
    push rax
    push 2
    push FLAT_USER_CS
    push rdi
    mov rdi, rsi
    mov rsi, rdx
    push 0
    push 0
    push 0
    push 0
    mov eax, HYPERVISOR_iret
    syscall
user_read:
    mov rax, [rdi]
    syscall
user_write:
    mov [rdi], rsi
    xor eax, eax
    syscall
user_jump:
    jmp rdi
user_halt:
    hlt
user_msr:
    mov ecx, edi
    rdmsr
    syscall
user_port:
    mov edx, edi
    in al, dx
    movzx eax, al
    syscall
user_interrupt:
    int 14
; With a stack in Xen's memory, a trap: Xen must not use it.
user_stack:
    mov rsp, rdi
    int3
agent_end:

agent_address:
    lea rax, [rel agent_code]
    ret
agent_bytes:
    mov eax, agent_end - agent_code
    ret
; -> offsets in the code
agent_stubs:
    mov eax, agent_traps - agent_code
    ret
agent_failsafe:
    mov eax, failsafe - agent_code
    ret
agent_syscall:
    mov eax, user_syscall - agent_code
    ret
agent_event:
    mov eax, event - agent_code
    ret
agent_done:
    mov eax, done - agent_code
    ret
; piece(index) -> the offset of a piece of code, in the order of agent.ts
agent_piece:
    lea rax, [rel pieces]
    mov eax, [rax + rdi * 4]
    ret
align 4
pieces:
    dd read_memory - agent_code, write_memory - agent_code, jump - agent_code
    dd copy_string - agent_code, push_there - agent_code, read_msr - agent_code, write_msr - agent_code
    dd read_port - agent_code, write_port - agent_code, write_port_string - agent_code, write_cr0 - agent_code
    dd write_cr3 - agent_code, write_dr0 - agent_code, load_gdt - agent_code
    dd load_idt - agent_code, load_ldt - agent_code, load_task - agent_code, invalidate - agent_code
    dd halt - agent_code, sysret_kernel - agent_code, load_ds - agent_code, load_ss - agent_code
    dd read_segment - agent_code, far_call - agent_code, far_return - agent_code, iret_instruction - agent_code
    dd iret_hypercall - agent_code, iret_from - agent_code, interrupt_three - agent_code
    dd interrupt_page_fault - agent_code, interrupt_system - agent_code
    dd user - agent_code, user_read - agent_code, user_write - agent_code
    dd user_jump - agent_code, user_halt - agent_code, user_msr - agent_code, user_port - agent_code
    dd user_interrupt - agent_code, user_stack - agent_code
