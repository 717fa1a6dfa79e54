; Where another vcpu begins: on its own stack, with its number in RDI.
secondary_entry:
    call secondary
    ud2
secondary_address:
    lea rax, [rel secondary_entry]
    ret
; add_locked(address): lock add, to a 64-bit word of linear memory
add_locked:
    lock inc qword [rdi + MEMORY]
    ret
