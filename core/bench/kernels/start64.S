/* The kernel in a 64-bit address space, in user mode: the work, then INT 0x80 with the checksum in EAX. */
    .text
    .globl _start
_start:
    mov $stack_top, %esp
    call kernel
    int $0x80

    .bss
    .align 16
    .skip 65536
stack_top:
    .section .note.GNU-stack, "", @progbits
