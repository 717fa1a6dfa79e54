import { rows } from '../form.ts';
import type { Form } from '../form.ts';

/** Descriptor tables, control registers, ports, caches: what an operating system uses. */
export const system: readonly Form[] = rows(
  'system',
  `
  sldt rv:rm        | 0f 00 /0
  sldt m16          | 0f 00 /0
  str rv:rm         | 0f 00 /1
  str m16           | 0f 00 /1
  lldt rm16         | 0f 00 /2 | priv
  ltr rm16          | 0f 00 /3 | priv
  verr rm16         | 0f 00 /4
  verw rm16         | 0f 00 /5
  sgdt m            | 0f 01 /0
  sidt m            | 0f 01 /1
  lgdt m            | 0f 01 /2 | priv
  lidt m            | 0f 01 /3 | priv
  smsw rv:rm        | 0f 01 /4
  smsw m16          | 0f 01 /4
  lmsw rm16         | 0f 01 /6 | priv
  invlpg m          | 0f 01 /7 | priv
  swapgs            | 0f 01 f8 | only64 priv
  rdtscp            | 0f 01 f9
  monitor           | 0f 01 c8 | priv
  mwait             | 0f 01 c9 | priv
  lar rv, rm16      | 0f 02 /r
  lsl rv, rm16      | 0f 03 /r
  arpl rm16, r16    | 63 /r | no64
  clts              | 0f 06 | priv
  invd              | 0f 08 | priv
  wbinvd            | 0f 09 | priv
  mov r64:rm, cr    | 0f 20 /r | only64 priv
  mov r32:rm, cr    | 0f 20 /r | no64 priv
  mov r64:rm, dr    | 0f 21 /r | only64 priv
  mov r32:rm, dr    | 0f 21 /r | no64 priv
  mov cr, r64:rm    | 0f 22 /r | only64 priv
  mov cr, r32:rm    | 0f 22 /r | no64 priv
  mov dr, r64:rm    | 0f 23 /r | only64 priv
  mov dr, r32:rm    | 0f 23 /r | no64 priv
  wrmsr             | 0f 30 | priv
  rdtsc             | 0f 31
  rdmsr             | 0f 32 | priv
  rdpmc             | 0f 33
  rsm               | 0f aa
  cpuid             | 0f a2
  hlt               | f4 | priv
  cli               | fa | priv
  sti               | fb | priv
  in al, i8         | e4 | priv
  in ax, i8         | o16 e5 | priv
  in eax, i8        | o32 e5 | priv
  in al, dx         | ec | priv
  in ax, dx         | o16 ed | priv
  in eax, dx        | o32 ed | priv
  out i8, al        | e6 | priv
  out i8, ax        | o16 e7 | priv
  out i8, eax       | o32 e7 | priv
  out dx, al        | ee | priv
  out dx, ax        | o16 ef | priv
  out dx, eax       | o32 ef | priv
`,
);
