; Code that traps, a case each, and the way back. `attempt` runs one; whoever handles its trap lets the frame's RIP be
; `resume`, which undoes all of it. A case that does not trap gets there by itself.

; attempt(case)
attempt:
    push rbx
    push rbp
    push r12
    push r13
    push r14
    push r15
    mov [rel resume_sp], rsp
    shl edi, 4
    lea rax, [rel cases]
    jmp [rax + rdi]
resume:
    mov rsp, [rel resume_sp]
    fninit
    ldmxcsr [rel mxcsr_default]
    xor eax, eax
    mov ds, ax
    pop r15
    pop r14
    pop r13
    pop r12
    pop rbp
    pop rbx
    ret

; -> where `resume` is
resume_address:
    lea rax, [rel resume]
    ret
; case_rip(case) -> the RIP that its trap should tell
case_rip:
    shl edi, 4
    lea rax, [rel cases]
    mov rax, [rax + rdi + 8]
    ret
; -> entries for vectors that are nobody's, for set_trap_table
soft_int_address:
    lea rax, [rel soft_int]
    ret
soft_int:
    pop rcx
    pop r11
    push 0
    mov dword [rsp + 4], 0x85
    jmp save
; set_target(va): where the cases of page faults go
set_target:
    mov [rel target], rdi
    ret

divide:
    xor ecx, ecx
divide_at:
    div ecx
    jmp resume
single_step:
    pushfq
    or dword [rsp], 0x100
    popfq
    nop
single_step_at:
    jmp resume
breakpoint:
    int3
breakpoint_at:
    jmp resume
overflow_trap:
    int 4
overflow_trap_at:
    jmp resume
undefined:
    ud2
    jmp resume
no_fpu:
    fnop
    jmp resume
not_present:
    mov eax, 7
not_present_at:
    mov ds, ax
    jmp resume
stack_not_present:
    mov eax, 7
stack_not_present_at:
    mov ss, ax
    jmp resume
beyond_ldt:
    mov eax, 0x47
beyond_ldt_at:
    mov ds, ax
    jmp resume
present:
    mov eax, 15
    mov ds, ax
    jmp resume
not_canonical:
    mov rax, 0x8000000000000000
not_canonical_at:
    mov rax, [rax]
    jmp resume
stack_not_canonical:
    mov rbp, 0x8000000000000000
stack_not_canonical_at:
    mov rax, [rbp]
    jmp resume
halt:
    hlt
    jmp resume
soft_allowed:
    int 0x85
soft_allowed_at:
    jmp resume
soft_refused:
    int 0x86
    jmp resume
read_target:
    mov rax, [rel target]
read_target_at:
    mov rax, [rax]
    jmp resume
write_target:
    mov rax, [rel target]
write_target_at:
    mov [rax], rax
    jmp resume
jump_target:
    mov rax, [rel target]
    jmp rax
rewrite_target:
    mov rax, [rel target]
    mov rcx, [rax]
rewrite_target_at:
    mov [rax], rcx
    jmp resume
x87:
    fninit
    fldcw [rel control_word]
    fld1
    fldz
    fdivp st1, st0
x87_at:
    fwait
    jmp resume
simd:
    ldmxcsr [rel mxcsr_divide]
    xorps xmm1, xmm1
    movss xmm0, [rel one]
simd_at:
    divss xmm0, xmm1
    jmp resume

align 8
cases:
    dq divide, divide_at
    dq single_step, single_step_at
    dq breakpoint, breakpoint_at
    dq overflow_trap, overflow_trap_at
    dq undefined, undefined
    dq no_fpu, no_fpu
    dq not_present, not_present_at
    dq stack_not_present, stack_not_present_at
    dq beyond_ldt, beyond_ldt_at
    dq present, 0
    dq not_canonical, not_canonical_at
    dq stack_not_canonical, stack_not_canonical_at
    dq halt, halt
    dq soft_allowed, soft_allowed_at
    dq soft_refused, soft_refused
    dq read_target, read_target_at
    dq write_target, write_target_at
    dq jump_target, 0
    dq rewrite_target, rewrite_target_at
    dq x87, x87_at
    dq simd, simd_at
resume_sp:
    dq 0
target:
    dq 0
mxcsr_default:
    dd 0x1f80
mxcsr_divide:
    dd 0x1d80
one:
    dd 0x3f800000
control_word:
    dw 0x37b
