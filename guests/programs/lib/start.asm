; Where a program begins, how its memory grows, how it ends.
;
; The kernel gives the stack as System V has it: the number of arguments at RSP, pointers to them, 0, pointers to the
; environment, 0. `begin` (start.ts) gets its address; `main` is the program's own.

SYS_BRK equ 12
SYS_EXIT equ 60
; Room that a program has at once, in pages of 64 KiB, for which it has memory when it writes there. The collector begins when half of
; it is full: most programs have ended by then, and need none.
HEAP_PAGES equ 16

entry:
    mov rbx, rsp
    and rsp, -16
    mov edi, HEAP_PAGES
    call memory_grow
    call start                       ; the initialisers of all modules
    mov rdi, rbx
    call begin
    call main
    mov edi, eax
    mov eax, SYS_EXIT
    syscall
    ud2

; memory_grow(pages of 64 KiB) -> the pages there were, or -1
memory_grow:
    mov eax, [MEMORY_PAGES]
    mov ecx, edi
    add rcx, rax                     ; pages there will be
    cmp rcx, 0x5fe0                  ; linear memory ends below the program's tables
    ja .full
    mov r8, rcx
    mov rdi, rcx
    shl rdi, 16
    mov r9, rdi
    mov eax, SYS_BRK
    syscall
    cmp rax, r9
    jne .full
    mov eax, [MEMORY_PAGES]
    mov [MEMORY_PAGES], r8d
    ret
.full:
    mov eax, -1
    ret
