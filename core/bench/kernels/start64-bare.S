/*
 * The kernel on a bare 64-bit PC, for QEMU: a multiboot image, told where it lies by the header, for its loader takes no 64-bit ELF
 * file by itself. Pages are of 4 KiB, as where we run it. It talks as start32.S does.
 */
#define MAPPED_TABLES 16

    .text
    .code32
    .align 4
header:
    .long 0x1badb002, 0x10000, -(0x1badb002 + 0x10000)
    .long header, 0x100000, __bss_start, _end, _start

    .globl _start
_start:
    mov $stack_top, %esp
    /* Page tables, one to one; memory is zero. */
    mov $tables, %edi
    mov $7, %eax
1:  mov %eax, (%edi)
    add $8, %edi
    add $0x1000, %eax
    cmp $(MAPPED_TABLES << 21) + 7, %eax
    jne 1b
    mov $directory, %edi
    mov $tables + 7, %eax
2:  mov %eax, (%edi)
    add $8, %edi
    add $0x1000, %eax
    cmp $tables + (MAPPED_TABLES << 12) + 7, %eax
    jne 2b
    movl $directory + 7, pointers
    movl $pointers + 7, root
    mov $root, %eax
    mov %eax, %cr3
    /* CR4.PAE, EFER.LME, CR0.PG. */
    mov $0x20, %eax
    mov %eax, %cr4
    mov $0xc0000080, %ecx
    rdmsr
    or $0x100, %eax
    wrmsr
    mov %cr0, %eax
    or $0x80000000, %eax
    mov %eax, %cr0
    lgdt descriptors_at
    ljmp $8, $long_mode

    .code64
long_mode:
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

    .align 8
descriptors:
    .quad 0, 0x00af9b000000ffff
descriptors_at:
    .word 15
    .long descriptors

    .bss
    .align 4096
root:
    .skip 4096
pointers:
    .skip 4096
directory:
    .skip 4096
tables:
    .skip MAPPED_TABLES << 12
    .skip 65536
stack_top:
    .section .note.GNU-stack, "", @progbits
