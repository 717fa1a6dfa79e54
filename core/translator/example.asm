; The loop of README.md: `xenoscope translate core/translator/example.asm --at again`
sum:
  xor eax, eax
  mov rsi, 0x600000
  lea rdi, [rsi + 8000]
again:
  add rax, [rsi]
  add rsi, 8
  cmp rsi, rdi
  jne again
  ret
