; What the made domain runs, wherever it is mapped. RBX: a page for what it asks and finds. RDI: a port to raise.
guest_code:
    fninit
    fld1
    mov rax, 0x5a5a5a5a5a5a5a5a
    movq xmm3, rax
    mov [rbx], edi
    mov rsi, rbx
    mov edi, EVTCHNOP_send
    mov eax, HYPERVISOR_event_channel_op
    syscall
    mov [rbx + 8], rax
    mov dword [rbx], SHUTDOWN_reboot
    mov rsi, rbx
    mov edi, SCHEDOP_shutdown
    mov eax, HYPERVISOR_sched_op
    syscall
guest_code_ended:
    ud2
guest_code_end:
guest_code_address:
    lea rax, [rel guest_code]
    ret
guest_code_bytes:
    mov eax, guest_code_end - guest_code
    ret
guest_code_end_offset:
    mov eax, guest_code_ended - guest_code
    ret
