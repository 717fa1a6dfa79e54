/*
 * The kernel on a bare 32-bit PC, loaded as a multiboot image: 'S' on the first serial port, the work, the checksum's
 * four bytes, and the processor halts.
 */
    .text
    .align 4
    .long 0x1badb002, 0, -0x1badb002

    .globl _start
_start:
    mov $stack_top, %esp
    mov $0x3f8, %edx
    mov $'S', %al
    out %al, %dx
    call kernel
    mov $0x3f8, %edx
    out %al, %dx
    shr $8, %eax
    out %al, %dx
    shr $8, %eax
    out %al, %dx
    shr $8, %eax
    out %al, %dx
    cli
halt:
    hlt
    jmp halt

    .bss
    .align 16
    .skip 65536
stack_top:
    .section .note.GNU-stack, "", @progbits
