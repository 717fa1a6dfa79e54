; Where Xen enters the kernel, how it returns, and how one thread's registers make way for another's.
;
; Xen enters a handler with a frame on the kernel's stack: RCX, R11, [error code], RIP, CS, RFLAGS, RSP, SS, from low to
; high. Every stub makes of it the frame that Xen's struct cpu_user_regs describes: all registers, the error code and the
; vector in one word. `trap` (traps.ts) gets its address in linear memory. All returns are by HYPERVISOR_iret, which sets
; the upcall mask too. The kernel always runs with upcalls masked, except where it waits for one (idle in threads.ts).

WINDOW_LOW equ 0x80000000           ; the lower half of a virtual address less this: its place in linear memory

; RSI: the virtual address of start_info. Xen's boot stack is one page; this one is larger.
entry:
    lea rsp, [rel boot_stack_top]
    cld
    mov edi, esi
    sub edi, WINDOW_LOW
    call boot                        ; memory, with what static data say alone
    call start                       ; the initialisers of all modules
    call main
    ud2

; What Xen offers for a failed load of a segment register: DS, ES, FS, GS lie below RCX. No code here loads any.
failsafe_callback:
    add rsp, 6 * 8
    push 0
    mov dword [rsp + 4], VECTOR_FAILSAFE
    jmp save

event_callback:
    pop rcx
    pop r11
    push 0
    mov dword [rsp + 4], VECTOR_EVENT
    jmp save

syscall_callback:
    pop rcx
    pop r11
    push 0
    mov dword [rsp + 4], VECTOR_SYSCALL
    jmp save

VECTOR_EVENT equ 256
VECTOR_SYSCALL equ 257
VECTOR_FAILSAFE equ 258

divide_error:
    pop rcx
    pop r11
    push 0
    mov dword [rsp + 4], 0
    jmp save
debug:
    pop rcx
    pop r11
    push 0
    mov dword [rsp + 4], 1
    jmp save
int3:
    pop rcx
    pop r11
    push 0
    mov dword [rsp + 4], 3
    jmp save
overflow:
    pop rcx
    pop r11
    push 0
    mov dword [rsp + 4], 4
    jmp save
bounds:
    pop rcx
    pop r11
    push 0
    mov dword [rsp + 4], 5
    jmp save
invalid_opcode:
    pop rcx
    pop r11
    push 0
    mov dword [rsp + 4], 6
    jmp save
device_not_available:
    pop rcx
    pop r11
    push 0
    mov dword [rsp + 4], 7
    jmp save
double_fault:
    pop rcx
    pop r11
    mov dword [rsp + 4], 8
    jmp save
coprocessor_segment_overrun:
    pop rcx
    pop r11
    push 0
    mov dword [rsp + 4], 9
    jmp save
invalid_tss:
    pop rcx
    pop r11
    mov dword [rsp + 4], 10
    jmp save
segment_not_present:
    pop rcx
    pop r11
    mov dword [rsp + 4], 11
    jmp save
stack_segment:
    pop rcx
    pop r11
    mov dword [rsp + 4], 12
    jmp save
general_protection:
    pop rcx
    pop r11
    mov dword [rsp + 4], 13
    jmp save
page_fault:
    pop rcx
    pop r11
    mov dword [rsp + 4], 14
    jmp save
x87_error:
    pop rcx
    pop r11
    push 0
    mov dword [rsp + 4], 16
    jmp save
alignment_check:
    pop rcx
    pop r11
    mov dword [rsp + 4], 17
    jmp save
machine_check:
    pop rcx
    pop r11
    push 0
    mov dword [rsp + 4], 18
    jmp save
simd_error:
    pop rcx
    pop r11
    push 0
    mov dword [rsp + 4], 19
    jmp save

save:
    push rdi
    push rsi
    push rdx
    push rcx
    push rax
    push r8
    push r9
    push r10
    push r11
    push rbx
    push rbp
    push r12
    push r13
    push r14
    push r15
    cld
    mov edi, esp
    sub edi, WINDOW_LOW
    mov rbp, rsp
    and rsp, -16
    call trap
    mov rsp, rbp

; Back to what was interrupted, or for the first time to what a frame says.
restore:
    pop r15
    pop r14
    pop r13
    pop r12
    pop rbp
    pop rbx
    pop r11
    pop r10
    pop r9
    pop r8
    pop rax
    pop rcx
    pop rdx
    pop rsi
    pop rdi
    add rsp, 8                       ; error code and vector
    push 0                           ; flags: not the short way of system calls, which loses RCX and R11
    push rcx
    push r11
    push rax
    mov eax, HYPERVISOR_iret
    syscall
    ud2

; switch_context(save, sp): puts away the registers that a call keeps, notes RSP at `save` in linear memory, and goes on
; with the thread that left `sp` so.
switch_context:
    push rbx
    push rbp
    push r12
    push r13
    push r14
    push r15
    mov [rdi + MEMORY], rsp
    mov rsp, rsi
    pop r15
    pop r14
    pop r13
    pop r12
    pop rbp
    pop rbx
    ret

; What a new thread's first switch returns to: RSP is at the frame at the top of its stack. A process goes to user mode
; by it; a kernel thread's `run` never returns.
thread_entry:
    mov rbp, rsp
    and rsp, -16
    call threadBegin
    mov rsp, rbp
    jmp restore

; -> the virtual addresses of labels, for the kernel's tables
thread_entry_address:
    lea rax, [rel thread_entry]
    ret
event_callback_address:
    lea rax, [rel event_callback]
    ret
failsafe_callback_address:
    lea rax, [rel failsafe_callback]
    ret
syscall_callback_address:
    lea rax, [rel syscall_callback]
    ret

; -> the address in linear memory of the list of exceptions: vector, address of its stub; the last has vector 256
exception_stubs:
    lea rax, [rel stubs]
    sub eax, WINDOW_LOW
    ret

; -> RSP of the caller
stack_pointer:
    lea rax, [rsp + 8]
    ret
; -> the return address of the caller's frame: where the caller is
instruction_pointer:
    mov rax, [rsp]
    ret

; cpuid_leaf(leaf, subleaf, to): EAX, EBX, ECX, EDX of it, as Xen tells them (XEN_EMULATE_PREFIX), to linear memory
cpuid_leaf:
    push rbx
    mov r8, rdx
    mov eax, edi
    mov ecx, esi
    db 0x0f, 0x0b, 0x78, 0x65, 0x6e
    cpuid
    mov [r8 + MEMORY], eax
    mov [r8 + MEMORY + 4], ebx
    mov [r8 + MEMORY + 8], ecx
    mov [r8 + MEMORY + 12], edx
    pop rbx
    ret

; -> the address in linear memory of the symbol table, 0: there is none
symbol_table:
    mov eax, [rel SYMBOLS]
    test eax, eax
    jz .none
    sub eax, WINDOW_LOW
.none:
    ret

; -> the bounds of the boot stack in linear memory
boot_stack_bottom:
    lea rax, [rel boot_stack]
    sub eax, WINDOW_LOW
    ret

; -> the address in linear memory of the code that a signal's handler returns to, 16 bytes
signal_trampoline:
    lea rax, [rel trampoline]
    sub eax, WINDOW_LOW
    ret

align 8
stubs:
    dq 0, divide_error
    dq 1, debug
    dq 3, int3
    dq 4, overflow
    dq 5, bounds
    dq 6, invalid_opcode
    dq 7, device_not_available
    dq 8, double_fault
    dq 9, coprocessor_segment_overrun
    dq 10, invalid_tss
    dq 11, segment_not_present
    dq 12, stack_segment
    dq 13, general_protection
    dq 14, page_fault
    dq 16, x87_error
    dq 17, alignment_check
    dq 18, machine_check
    dq 19, simd_error
    dq 256, 0

align 16
trampoline:
    mov eax, 15                      ; SYS_rt_sigreturn
    syscall
    ud2
    align 16

align 4096
boot_stack:
    times 16384 db 0
boot_stack_top:

; Ports of devices (EDI), which Xen lets domain 0 reach: -> what is read; ESI: what is written.
in8:
    mov edx, edi
    xor eax, eax
    in al, dx
    ret
in16:
    mov edx, edi
    xor eax, eax
    in ax, dx
    ret
in32:
    mov edx, edi
    in eax, dx
    ret
out8:
    mov edx, edi
    mov eax, esi
    out dx, al
    ret
out16:
    mov edx, edi
    mov eax, esi
    out dx, ax
    ret
out32:
    mov edx, edi
    mov eax, esi
    out dx, eax
    ret
