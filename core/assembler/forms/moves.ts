import { rows } from '../form.ts';
import type { Form } from '../form.ts';
import { perCondition } from './conditions.ts';

/** Data movement: mov and its kin, the stack, conditional moves, segment registers. */
export const moves: readonly Form[] = rows(
  'moves',
  `
  mov rm8, r8          | 88 /r
  mov rmv, rv          | 89 /r
  mov r8, rm8          | 8a /r
  mov rv, rmv          | 8b /r
  mov al, moffs8       | a0
  mov ax, moffs16      | o16 a1
  mov eax, moffs32     | o32 a1
  mov rax, moffs64     | W a1
  mov moffs8, al       | a2
  mov moffs16, ax      | o16 a3
  mov moffs32, eax     | o32 a3
  mov moffs64, rax     | W a3
  mov r8, i8           | b0+r
  mov r16, i16         | o16 b8+r
  mov r32, i32         | o32 b8+r
  mov r64, i64         | W b8+r
  mov rm8, i8          | c6 /0
  mov rmv, iv          | c7 /0
  mov rv:rm, sreg      | 8c /r
  mov m16, sreg        | 8c /r
  mov sreg, rm16       | 8e /r
  mov sreg, r32:rm     | 8e /r | alias
  mov sreg, r64:rm     | W 8e /r | alias
  movzx rv, r8/m8      | 0f b6 /r
  movzx ry, r16/m16    | 0f b7 /r
  movzx r16, rm16      | o16 0f b7 /r
  movsx rv, r8/m8      | 0f be /r
  movsx ry, r16/m16    | 0f bf /r
  movsx r16, rm16      | o16 0f bf /r
  movsxd r64, rm32     | W 63 /r
  movsxd r32, rm32     | o32 63 /r | only64
  movsxd r16, rm16     | o16 63 /r | only64
  lea rv, m            | 8d /r
  xchg r16, ax         | o16 90+r
  xchg r32, eax        | o32 90+r
  xchg r64, rax        | W 90+r
  xchg ax, r16         | o16 90+r | alias
  xchg eax, r32        | o32 90+r | alias
  xchg rax, r64        | W 90+r | alias
  xchg rm8, r8         | 86 /r | lock
  xchg rmv, rv         | 87 /r | lock
  xchg r8, m8          | 86 /r | alias
  xchg rv, mv          | 87 /r | alias
  bswap r16            | o16 0f c8+r
  bswap r32            | o32 0f c8+r
  bswap r64            | W 0f c8+r
  xlatb                | d7
  push r16             | o16 50+r
  push r32             | o32 50+r | no64
  push r64             | 50+r | d64
  pop r16              | o16 58+r
  pop r32              | o32 58+r | no64
  pop r64              | 58+r | d64
  push i8s             | 6a
  pushw i16            | o16 68
  push i32             | o32 68 | no64
  push i32s            | 68 | d64
  push rm16            | o16 ff /6
  push rm32            | o32 ff /6 | no64 default
  push rm64            | ff /6 | d64 default
  pop rm16             | o16 8f /0
  pop rm32             | o32 8f /0 | no64 default
  pop rm64             | 8f /0 | d64 default
  push es              | 06 | no64
  push cs              | 0e | no64
  push ss              | 16 | no64
  push ds              | 1e | no64
  push fs              | 0f a0
  push gs              | 0f a8
  pop es               | 07 | no64
  pop ss               | 17 | no64
  pop ds               | 1f | no64
  pop fs               | 0f a1
  pop gs               | 0f a9
  pusha                | o32 60 | no64
  pushaw               | o16 60 | no64
  popa                 | o32 61 | no64
  popaw                | o16 61 | no64
  pushfw               | o16 9c
  pushfd               | o32 9c | no64
  pushfq               | 9c | d64
  pushf                | 9c | alias
  popfw                | o16 9d
  popfd                | o32 9d | no64
  popfq                | 9d | d64
  popf                 | 9d | alias
  enter i16, i8        | c8
  leavew               | o16 c9
  leave                | c9
  les r16, m32         | o16 c4 /r | no64
  les r32, m48         | o32 c4 /r | no64
  lds r16, m32         | o16 c5 /r | no64
  lds r32, m48         | o32 c5 /r | no64
  lss r16, m32         | o16 0f b2 /r
  lss r32, m48         | o32 0f b2 /r
  lss r64, m80         | W 0f b2 /r
  lfs r16, m32         | o16 0f b4 /r
  lfs r32, m48         | o32 0f b4 /r
  lfs r64, m80         | W 0f b4 /r
  lgs r16, m32         | o16 0f b5 /r
  lgs r32, m48         | o32 0f b5 /r
  lgs r64, m80         | W 0f b5 /r
  movnti m32, r32      | np 0f c3 /r
  movnti m64, r64      | W np 0f c3 /r
  ${perCondition((name, digit, alias) => `set${name} rm8 | 0f 9${digit} /0 | ${alias}`)}
  ${perCondition((name, digit, alias) => `cmov${name} rv, rmv | 0f 4${digit} /r | ${alias}`)}
`,
);
