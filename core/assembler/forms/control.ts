import { rows } from '../form.ts';
import type { Form } from '../form.ts';
import { perCondition } from './conditions.ts';

/** Transfers of control: near, far, conditional, through interrupts and the system-call instructions. */
export const control: readonly Form[] = rows(
  'control',
  `
  ${perCondition((name, digit, alias) => `j${name} rel8 | 7${digit} | ${alias}`)}
  ${perCondition((name, digit, alias) => `j${name} rel32 | 0f 8${digit} | ${alias}`)}
  ${perCondition((name, digit, alias) => `j${name} rel16 | o16 0f 8${digit} | no64 ${alias}`)}
  jmp rel8          | eb
  jmp rel32         | e9
  jmp rel16         | o16 e9 | no64
  jmp rm64          | ff /4 | d64 default
  jmp rm32          | o32 ff /4 | no64 default
  jmp rm16          | o16 ff /4 | no64
  jmp far16         | o16 ff /5
  jmp far32         | o32 ff /5 | default
  jmp far64         | W ff /5
  jmp ptr16         | o16 ea | no64
  jmp ptr32         | o32 ea | no64
  call rel32        | e8
  call rel16        | o16 e8 | no64
  call rm64         | ff /2 | d64 default
  call rm32         | o32 ff /2 | no64 default
  call rm16         | o16 ff /2 | no64
  call far16        | o16 ff /3
  call far32        | o32 ff /3 | default
  call far64        | W ff /3
  call ptr16        | o16 9a | no64
  call ptr32        | o32 9a | no64
  ret               | c3
  ret i16           | c2
  retw              | o16 c3 | no64
  retw i16          | o16 c2 | no64
  retf              | cb
  retf i16          | ca
  retfw             | o16 cb
  retfw i16         | o16 ca
  retfq             | W cb
  retfq i16         | W ca
  loopne rel8       | e0
  loope rel8        | e1
  loop rel8         | e2
  loopnz rel8       | e0 | alias
  loopz rel8        | e1 | alias
  jcxz rel8         | a16 e3
  jecxz rel8        | a32 e3
  jrcxz rel8        | a64 e3
  int i8            | cd
  int3              | cc
  int1              | f1
  into              | ce | no64
  bound r16, m32    | o16 62 /r | no64
  bound r32, m64    | o32 62 /r | no64
  iretw             | o16 cf
  iretd             | o32 cf
  iretq             | W cf
  iret              | cf | alias
  syscall           | 0f 05
  sysretq           | W 0f 07 | priv
  sysret            | 0f 07 | priv
  sysenter          | 0f 34
  sysexitq          | W 0f 35 | priv
  sysexit           | 0f 35 | priv
  nop               | 90 | norexb
  pause             | f3 90
  nop rmv           | 0f 1f /0
  ud2               | 0f 0b
  ud1 r32, rm32     | 0f b9 /r
`,
);
