; User mode: a page of code that is mapped at USER (main.ts), a case each, and how the kernel goes there and comes back.

; enter_user(rip, rsp): goes to user mode with known registers. It returns when a handler lets its frame return to
; `user_done` in the kernel.
enter_user:
    push rbx
    push rbp
    push r12
    push r13
    push r14
    push r15
    mov [rel kernel_sp], rsp
    push FLAT_USER_SS
    push rsi
    push 0x202                       ; IF
    push FLAT_USER_CS
    push rdi
    push 0                           ; flags of HYPERVISOR_iret: all registers as they are
    push 0x0c                        ; RCX
    push 0x11                        ; R11
    push 0xaa                        ; RAX
    mov edi, 0x01
    mov esi, 0x02
    mov edx, 0x03
    mov r10d, 0x04
    mov r8d, 0x05
    mov r9d, 0x06
    mov ebx, 0x0b
    mov eax, HYPERVISOR_iret
    syscall
    ud2
user_done:
    mov rsp, [rel kernel_sp]
    pop r15
    pop r14
    pop r13
    pop r12
    pop rbp
    pop rbx
    ret
user_done_address:
    lea rax, [rel user_done]
    ret
; -> the address in linear memory of the page of user code
user_page:
    lea rax, [rel user_code]
    sub eax, 0x80000000
    ret
; user_case(case) -> its offset in the page
user_case:
    lea rax, [rel user_cases]
    mov rax, [rax + rdi * 8]
    lea rcx, [rel user_code]
    sub rax, rcx
    ret
soft_int_address:
    lea rax, [rel soft_int]
    ret
soft_int:
    pop rcx
    pop r11
    push 0
    mov dword [rsp + 4], 0x80
    jmp save

align 8
kernel_sp:
    dq 0
user_cases:
    dq u_syscall, u_syscall_return, u_soft, u_soft_refused, u_breakpoint, u_undefined, u_divide, u_read_null
    dq u_read_kernel, u_write_code, u_execute_stack, u_halt, u_cli, u_in, u_control, u_msr, u_descriptor
    dq u_step, u_segments

align 4096
user_code:
u_syscall:
    syscall
u_syscall_return:
    mov eax, 100
    syscall
    cmp rax, 4242                    ; what the kernel has put there
    jne .wrong
    cmp rcx, 0xc0ffee                ; and here, by the long way of iret
    jne .wrong
    mov eax, 101
    syscall
.wrong:
    mov eax, 102
    syscall
u_soft:
    int 0x80
u_soft_refused:
    int 0x81
u_breakpoint:
    int3
u_undefined:
    ud2
u_divide:
    xor ecx, ecx
    div ecx
u_read_null:
    mov rax, [abs 0x10]
u_read_kernel:
    mov rax, 0xffffffff80101000
    mov rax, [rax]
u_write_code:
    lea rax, [rel user_code]
    mov [rax], eax
u_execute_stack:
    jmp rsp
u_halt:
    hlt
u_cli:
    cli
u_in:
    in al, 0x80
u_control:
    mov rax, cr3
u_msr:
    mov ecx, 0xc0000080
    rdmsr
u_descriptor:
    lidt [rsp]
u_step:
    pushfq
    or dword [rsp], 0x100
    popfq
    nop
    ud2
u_segments:
    mov eax, cs
    mov edi, eax
    mov eax, ss
    mov esi, eax
    mov eax, 104
    syscall
    align 4096
