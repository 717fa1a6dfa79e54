/**
 * What translated code calls, in assembler: bulk memory, and float operations of many cases. Arguments as System V has
 * them: integers in RDI, RSI, RDX, RCX, floats in XMM0, XMM1; the result in RAX or XMM0. MEMORY is the address of linear
 * memory's byte 0.
 */
export default `; memory_copy(to, from, bytes): they may overlap.
memory_copy:
    mov ecx, edx
    mov eax, edi
    sub eax, esi
    cmp eax, edx                     ; does it begin inside of what is copied?
    lea rdi, [rdi + MEMORY]
    lea rsi, [rsi + MEMORY]
    jb .backwards
    rep movsb
    ret
.backwards:
    lea rdi, [rdi + rcx - 1]
    lea rsi, [rsi + rcx - 1]
    std
    rep movsb
    cld
    ret

; memory_fill(to, byte, bytes)
memory_fill:
    mov ecx, edx
    mov eax, esi
    lea rdi, [rdi + MEMORY]
    rep stosb
    ret

; memory_init(to, from, bytes, segment): from a passive segment, a word of length and the bytes.
memory_init:
    mov eax, esi
    mov r8d, edx
    add rax, r8
    mov r9d, [rcx]
    cmp rax, r9
    ja .outside
    lea rsi, [rcx + rsi + 4]
    lea rdi, [rdi + MEMORY]
    mov ecx, edx
    rep movsb
    ret
.outside:
    ud2
    db TRAP_MEMORY_BOUNDS

; min and max: NaN if either is, and -0 below +0.
f32_min:
    ucomiss xmm0, xmm1
    jp f32_nan
    jne .differ
    orps xmm0, xmm1
    ret
.differ:
    minss xmm0, xmm1
    ret
f32_max:
    ucomiss xmm0, xmm1
    jp f32_nan
    jne .differ
    andps xmm0, xmm1
    ret
.differ:
    maxss xmm0, xmm1
    ret
f32_nan:
    addss xmm0, xmm1
    ret
f64_min:
    ucomisd xmm0, xmm1
    jp f64_nan
    jne .differ
    orps xmm0, xmm1
    ret
.differ:
    minsd xmm0, xmm1
    ret
f64_max:
    ucomisd xmm0, xmm1
    jp f64_nan
    jne .differ
    andps xmm0, xmm1
    ret
.differ:
    maxsd xmm0, xmm1
    ret
f64_nan:
    addsd xmm0, xmm1
    ret

; An f64 to integers. The 64-bit conversion gives 0x8000000000000000 for what does not fit.
i32_trunc_s:
    cvttsd2si rax, xmm0
    movsxd rcx, eax
    cmp rcx, rax
    jne trunc_trap
    mov eax, eax
    ret
i32_trunc_u:
    cvttsd2si rax, xmm0
    mov ecx, eax
    cmp rcx, rax
    jne trunc_trap
    ret
i64_trunc_s:
    cvttsd2si rax, xmm0
    mov rcx, 0x8000000000000000
    cmp rax, rcx
    jne .done
    mov rcx, 0xc3e0000000000000
    movq xmm1, rcx
    ucomisd xmm0, xmm1
    jne trunc_trap
    jp trunc_trap
.done:
    ret
i64_trunc_u:
    mov rcx, 0x43e0000000000000      ; 2^63
    movq xmm1, rcx
    ucomisd xmm0, xmm1
    jp trunc_trap
    jae .large
    cvttsd2si rax, xmm0
    test rax, rax
    js trunc_trap
    ret
.large:
    subsd xmm0, xmm1
    cvttsd2si rax, xmm0
    test rax, rax
    js trunc_trap
    btc rax, 63
    ret
trunc_trap:
    ud2
    db TRAP_CONVERSION

; The same, but what does not fit becomes the nearest integer, and NaN 0.
i32_trunc_sat_s:
    ucomisd xmm0, xmm0
    jp sat_zero
    cvttsd2si rax, xmm0
    movsxd rcx, eax
    cmp rcx, rax
    je .fits
    xorps xmm1, xmm1
    mov eax, 0x7fffffff
    mov ecx, 0x80000000
    ucomisd xmm0, xmm1
    cmovb eax, ecx
.fits:
    mov eax, eax
    ret
i32_trunc_sat_u:
    xorps xmm1, xmm1
    ucomisd xmm0, xmm1
    jbe sat_zero                     ; NaN is "below" too
    cvttsd2si rax, xmm0
    mov ecx, eax
    cmp rcx, rax
    je .fits
    mov eax, 0xffffffff
.fits:
    ret
i64_trunc_sat_s:
    ucomisd xmm0, xmm0
    jp sat_zero
    cvttsd2si rax, xmm0
    mov rcx, 0x8000000000000000
    cmp rax, rcx
    jne .fits
    xorps xmm1, xmm1
    ucomisd xmm0, xmm1
    jb .fits
    dec rax
.fits:
    ret
i64_trunc_sat_u:
    xorps xmm1, xmm1
    ucomisd xmm0, xmm1
    jbe sat_zero
    mov rcx, 0x43e0000000000000
    movq xmm1, rcx
    ucomisd xmm0, xmm1
    jae .large
    cvttsd2si rax, xmm0
    ret
.large:
    subsd xmm0, xmm1
    cvttsd2si rax, xmm0
    test rax, rax
    js .full
    btc rax, 63
    ret
.full:
    mov rax, -1
    ret
sat_zero:
    xor eax, eax
    ret

; A u64 to floats: half of it, with the lowest bit kept for rounding, and doubled.
f32_convert_u64:
    xorps xmm0, xmm0
    test rdi, rdi
    js .large
    cvtsi2ss xmm0, rdi
    ret
.large:
    mov eax, edi
    and eax, 1
    shr rdi, 1
    or rdi, rax
    cvtsi2ss xmm0, rdi
    addss xmm0, xmm0
    ret
f64_convert_u64:
    xorps xmm0, xmm0
    test rdi, rdi
    js .large
    cvtsi2sd xmm0, rdi
    ret
.large:
    mov eax, edi
    and eax, 1
    shr rdi, 1
    or rdi, rax
    cvtsi2sd xmm0, rdi
    addsd xmm0, xmm0
    ret
`;
