/** Encodings as GNU as gives them (`as --64 -msyntax=intel -mnaked-reg`), at address 0x1000. */
import { expect, test } from 'vitest';
import { assemble } from './assemble.ts';

const EXPECTED = `
add rax, rbx                      | 4801d8
add byte [rax], cl                | 0008
add al, 5                         | 0405
add eax, 0x12345678               | 0578563412
add rcx, -1                       | 4883c1ff
or ah, bl                         | 08dc
adc r12w, 0x1234                  | 664181d43412
sbb qword [r13], 0x7f             | 49835d007f
and dword [rsp+8], 0xffffff80     | 8364240880
sub rsp, 0x1000                   | 4881ec00100000
xor r9d, r9d                      | 4531c9
cmp byte [rel 0x1017], 3          | 803d1000000003
test al, 1                        | a801
test r10, r11                     | 4d85da
inc spl                           | 40fec4
dec qword [rbp-8]                 | 48ff4df8
neg r15                           | 49f7df
mul ecx                           | f7e1
imul rax, rbx, 100                | 486bc364
imul r8, [r9+r10*8], 0x1000       | 4f6904d100100000
idiv byte [rdi]                   | f63f
cqo                               | 4899
cdqe                              | 4898
lock cmpxchg [rdi], rsi           | f0480fb137
lock cmpxchg16b [rdi]             | f0480fc70f
lock xadd [rax], ecx              | f00fc108
mov rax, [rbx+rcx*4+8]            | 488b448b08
mov sil, [rdi]                    | 408a37
mov [r12], r13b                   | 45882c24
mov eax, 1                        | b801000000
mov r11, 0x123456789abcdef0       | 49bbf0debc9a78563412
mov rax, -1                       | 48c7c0ffffffff
mov word [rax], 0x1234            | 66c7003412
mov ds, eax                       | 8ed8
mov [rbx], es                     | 8c03
mov cr3, rax                      | 0f22d8
mov rax, cr8                      | 440f20c0
mov dr7, r15                      | 410f23ff
movzx eax, bl                     | 0fb6c3
movzx rax, word [rcx]             | 480fb701
movsx r9, dil                     | 4c0fbecf
movsxd rax, dword [rsi]           | 486306
lea rdi, [rsi+rdx*2-1]            | 488d7c56ff
xchg rax, r8                      | 4990
xchg [rdi], al                    | 8607
bswap r14                         | 490fce
push rbp                          | 55
push 0x7f                         | 6a7f
push 0x12345678                   | 6878563412
push qword [rax+0x10]             | ff7010
pop r12                           | 415c
pushfq                            | 9c
push fs                           | 0fa0
enter 16, 0                       | c8100000
leave                             | c9
sete al                           | 0f94c0
setg byte [r8]                    | 410f9f00
cmovne rax, [rbx]                 | 480f4503
movnti [rdi], rax                 | 480fc307
shl eax, 1                        | d1e0
shr qword [rdi], 5                | 48c12f05
sar r8b, cl                       | 41d2f8
rol word [rax], cl                | 66d300
shld rax, rbx, 3                  | 480fa4d803
shrd [rdi], eax, cl               | 0fad07
bt [rax], rcx                     | 480fa308
bts dword [rax], 31               | 0fba281f
bsf ecx, edx                      | 0fbcca
popcnt r8, r9                     | f34d0fb8c1
rep movsq                         | f348a5
repne scasb                       | f2ae
lodsd                             | ad
ret                               | c3
ret 8                             | c20800
jmp rax                           | ffe0
jmp qword [rax+rcx*8]             | ff24c8
call [rel 0x2006]                 | ff1500100000
retfq                             | 48cb
iretq                             | 48cf
int 0x80                          | cd80
int3                              | cc
syscall                           | 0f05
sysretq                           | 480f07
nop                               | 90
pause                             | f390
nop word [rax+rax*1]              | 660f1f0400
ud2                               | 0f0b
lgdt [rax]                        | 0f0110
sidt [rsp]                        | 0f010c24
ltr ax                            | 0f00d8
invlpg [rcx]                      | 0f0139
swapgs                            | 0f01f8
rdmsr                             | 0f32
cpuid                             | 0fa2
lar eax, bx                       | 0f02c3
in al, 0x60                       | e460
out dx, eax                       | ef
fld dword [rax]                   | d900
fld tword [rbx]                   | db2b
fadd st0, st3                     | d8c3
faddp st2, st0                    | dec2
fsubp st1, st0                    | dee9
fdivr st4, st0                    | dcf4
fild qword [rax]                  | df28
fistp word [rcx]                  | df19
fcomi st0, st5                    | dbf5
fnstsw ax                         | dfe0
fldcw [rsp]                       | d92c24
fyl2x                             | d9f1
fnstenv [rdi]                     | d937
movq mm3, [rax]                   | 0f6f18
paddb mm1, mm2                    | 0ffcca
psllq mm4, 7                      | 0f73f407
paddq xmm9, [r8]                  | 66450fd408
pshufd xmm1, xmm2, 0x1b           | 660f70ca1b
movdqa xmm8, xmm15                | 66450f6fc7
movdqu [rdi], xmm3                | f30f7f1f
movd xmm0, eax                    | 660f6ec0
movq xmm0, rax                    | 66480f6ec0
movq rax, xmm1                    | 66480f7ec8
pextrw eax, xmm3, 5               | 660fc5c305
pinsrw xmm3, [rax], 2             | 660fc41802
maskmovdqu xmm1, xmm2             | 660ff7ca
addsd xmm0, xmm1                  | f20f58c1
mulps xmm4, [rsp+0x20]            | 0f59642420
cmpsd xmm1, xmm2, 3               | f20fc2ca03
cvtsi2sd xmm0, rax                | f2480f2ac0
cvttsd2si r10, qword [rax]        | f24c0f2c10
sqrtss xmm5, xmm6                 | f30f51ee
movhps [rax], xmm2                | 0f1710
movmskpd eax, xmm7                | 660f50c7
haddps xmm1, xmm2                 | f20f7cca
fxsave64 [rdi]                    | 480fae07
ldmxcsr [rsp]                     | 0fae1424
mfence                            | 0faef0
prefetcht0 [rax+0x40]             | 0f184840
pshufb xmm1, [rdi]                | 660f38000f
palignr mm1, mm2, 3               | 0f3a0fca03
pmovzxbw xmm1, xmm2               | 660f3830ca
ptest xmm3, xmm4                  | 660f3817dc
roundsd xmm0, xmm1, 3             | 660f3a0bc103
pextrq rax, xmm1, 1               | 66480f3a16c801
pinsrb xmm1, eax, 4               | 660f3a20c804
blendvps xmm1, xmm2, xmm0         | 660f3814ca
pcmpistri xmm1, xmm2, 0x1a        | 660f3a63ca1a
crc32 rax, cl                     | f2480f38f0c1
crc32 eax, word [rdi]             | 66f20f38f107
mov eax, [fs:0x28]                | 648b042528000000
mov rax, [gs:rdi]                 | 65488b07
mov eax, [ecx+4]                  | 678b4104
mov rax, [0x12345678]             | 488b042578563412
mov al, [r12]                     | 418a0424
mov al, [r13]                     | 418a4500
mov al, [rsp]                     | 8a0424
mov al, [rbp]                     | 8a4500
mov al, [rcx*8]                   | 8a04cd00000000
`;

const rows = EXPECTED.trim()
  .split('\n')
  .map((line) => line.split('|').map((part) => part.trim()) as [string, string]);

test.each(rows)('%s', (text, bytes) => {
  expect(Buffer.from(assemble(text, { origin: 0x1000 }).bytes).toString('hex')).toBe(bytes);
});
