/**
 * The smallest useful guest, in assembly: it greets, counts seconds by timer events, echoes what is typed. `q` powers
 * off, `c` crashes.
 *
 * The constants come from Xen's ABI (hello.ts). Stack frames: Xen enters a callback with RCX, R11, RIP, CS, RFLAGS, RSP,
 * SS on the stack (lowest address first); `iret` wants RAX, R11, RCX, flags below RIP.
 */
export const HELLO = `
entry:
    mov [start_info], rsi
    mov [stack_top], rsp
    call map_shared_info
    call find_console

    ; Where Xen delivers events.
    mov edi, 0                       ; CALLBACKOP_register
    lea rsi, [rel event_callback]
    mov eax, HYPERVISOR_callback_op
    syscall

    ; A port for the timer's VIRQ.
    mov edi, EVTCHNOP_bind_virq
    lea rsi, [rel bind_virq]
    mov eax, HYPERVISOR_event_channel_op
    syscall

    ; Let all ports through.
    lea rdi, [rel shared_info + EVTCHN_MASK]
    mov ecx, 64
    xor eax, eax
    rep stosq

    lea rsi, [rel greeting]
    call print
    mov rax, [start_info]
    mov rax, [rax + NR_PAGES]
    call print_decimal
    lea rsi, [rel greeting_end]
    call print

    call now
    mov [deadline], rax
    call next_second

; Waits for work. Events stay masked while it looks, so none is missed before it blocks.
main:
    mov byte [rel shared_info + UPCALL_MASK], 1
    cmp byte [rel ticked], 0
    jne .tick
    call key
    cmp eax, -1
    jne .key
    mov edi, SCHEDOP_block           ; unmasks
    xor esi, esi
    mov eax, HYPERVISOR_sched_op
    syscall
    jmp main

.tick:
    mov byte [rel ticked], 0
    call unmask
    inc qword [rel seconds]
    call next_second
    cmp qword [rel seconds], 3
    ja main
    lea rsi, [rel tick_text]
    call print
    mov rax, [rel seconds]
    call print_decimal
    lea rsi, [rel newline]
    call print
    jmp main

.key:
    push rax
    call unmask
    pop rax
    cmp al, 'q'
    je power_off
    cmp al, 'c'
    je crash
    mov [rel echo], al
    lea rsi, [rel echo]
    cmp al, 13
    jne .show
    lea rsi, [rel newline]
.show:
    call print
    jmp main

power_off:
    lea rsi, [rel bye]
    call print
    mov edi, SCHEDOP_shutdown
    lea rsi, [rel shutdown]
    mov eax, HYPERVISOR_sched_op
    syscall
    jmp power_off

crash:
    lea rsi, [rel crashing]
    call print
    ud2

; The page that Xen and the guest share, at our own address for it.
map_shared_info:
    mov rax, [rsi + SHARED_INFO]
    or rax, 7                        ; present, writable, user
    mov rsi, rax
    lea rdi, [rel shared_info]
    xor edx, edx
    mov eax, HYPERVISOR_update_va_mapping
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

; Xen's time in nanoseconds -> rax
now:
    mov rax, [rel shared_info + SYSTEM_TIME]
    ret

; Sets the timer one second after the last deadline.
next_second:
    mov rdi, [rel deadline]
    add rdi, 1000000000
    mov [deadline], rdi
    mov eax, HYPERVISOR_set_timer_op
    syscall
    ret

; A key from the console ring -> eax, or -1
key:
    mov rbx, [rel console]
    mov eax, [rbx + IN_CONS]
    cmp eax, [rbx + IN_PROD]
    je .none
    mov ecx, eax
    and ecx, 1023
    movzx edx, byte [rbx + rcx]
    inc eax
    mov [rbx + IN_CONS], eax
    mov eax, edx
    ret
.none:
    mov eax, -1
    ret

; Lets events in; one that came meanwhile is asked for by a hypercall that does nothing else.
unmask:
    mov byte [rel shared_info + UPCALL_MASK], 0
    cmp byte [rel shared_info + UPCALL_PENDING], 0
    je .done
    xor edi, edi                     ; XENVER_version
    xor esi, esi
    mov eax, HYPERVISOR_xen_version
    syscall
.done:
    ret

; Prints the string at rsi.
print:
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
publish:
    mov [rbx + OUT_PROD], ecx
    mov edi, EVTCHNOP_send
    lea rsi, [rel console_port]
    mov eax, HYPERVISOR_event_channel_op
    syscall
    ret

; Prints rax in decimal.
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

; Events: any timer port means a second has gone by; the main loop finds the keys in the ring itself.
event:
    pop rcx
    pop r11
    push rax
    push rcx
    push r11
    push rdx
    push rbx
    mov byte [rel shared_info + UPCALL_PENDING], 0
    xor eax, eax
    xchg rax, [rel shared_info + PENDING_SEL]
    xor eax, eax
    xchg rax, [rel shared_info + EVTCHN_PENDING]
    mov ecx, [rel timer_port]
    bt rax, rcx
    jnc .return
    mov byte [rel ticked], 1
.return:
    pop rbx
    pop rdx
    pop r11
    pop rcx
    pop rax
    push 0                           ; flags of the iret
    push rcx
    push r11
    push rax
    mov eax, HYPERVISOR_iret
    syscall

greeting: db "Hello from a Xen guest: ", 0
greeting_end: db " pages of memory.", 13, 10, "Type and I echo; q powers off, c crashes.", 13, 10, 0
tick_text: db "second ", 0
newline: db 13, 10, 0
bye: db 13, 10, "Good bye.", 13, 10, 0
crashing: db 13, 10, "Executing an undefined instruction.", 13, 10, 0
echo: db 0, 0
ticked: db 0
digits: times 24 db 0
digits_end: db 0

align 8
start_info: dq 0
stack_top: dq 0
console: dq 0
deadline: dq 0
seconds: dq 0
console_port: dd 0
bind_virq: dd VIRQ_TIMER
    dd 0
timer_port: dd 0
shutdown: dd SHUTDOWN_poweroff
align 8
event_callback: dw CALLBACKTYPE_event
    dw 0
    dd 0
    dq event

align 4096
shared_info: times 4096 db 0
`;
