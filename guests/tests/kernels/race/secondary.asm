; Where another vcpu begins: on its own stack, with its number in RDI.
secondary_entry:
    call secondary
    ud2
secondary_address:
    lea rax, [rel secondary_entry]
    ret
