import { rows } from '../form.ts';
import type { Form } from '../form.ts';

/** One opcode, four precisions, chosen by the prefix: none, 66, F3, F2. */
const ARITHMETIC: Readonly<Record<string, number>> = {
  ...{ sqrt: 0x51, add: 0x58, mul: 0x59, sub: 0x5c, min: 0x5d, div: 0x5e, max: 0x5f },
};

const arithmetic = Object.entries(ARITHMETIC).map(([name, opcode]) => {
  const byte = opcode.toString(16);
  return `
    ${name}ps xmm, xmm/m128  | np 0f ${byte} /r
    ${name}pd xmm, xmm/m128  | 66 0f ${byte} /r
    ${name}ss xmm, xmm/m32   | f3 0f ${byte} /r
    ${name}sd xmm, xmm/m64   | f2 0f ${byte} /r`;
});

/** Whole-register operations in single (no prefix) and double (66) precision. */
const pairs = Object.entries({
  unpcklp: 0x14,
  unpckhp: 0x15,
  andp: 0x54,
  andnp: 0x55,
  orp: 0x56,
  xorp: 0x57,
}).map(
  ([name, opcode]) => `
    ${name}s xmm, xmm/m128   | np 0f ${opcode.toString(16)} /r
    ${name}d xmm, xmm/m128   | 66 0f ${opcode.toString(16)} /r`,
);

/** The floating-point half of SSE, SSE2 and SSE3, and the state that goes with it. */
export const float: readonly Form[] = rows(
  'float',
  `
  ${arithmetic.join('')}
  ${pairs.join('')}
  rsqrtps xmm, xmm/m128      | np 0f 52 /r
  rsqrtss xmm, xmm/m32       | f3 0f 52 /r
  rcpps xmm, xmm/m128        | np 0f 53 /r
  rcpss xmm, xmm/m32         | f3 0f 53 /r
  cmpps xmm, xmm/m128, i8    | np 0f c2 /r
  cmppd xmm, xmm/m128, i8    | 66 0f c2 /r
  cmpss xmm, xmm/m32, i8     | f3 0f c2 /r
  cmpsd xmm, xmm/m64, i8     | f2 0f c2 /r
  shufps xmm, xmm/m128, i8   | np 0f c6 /r
  shufpd xmm, xmm/m128, i8   | 66 0f c6 /r
  ucomiss xmm, xmm/m32       | np 0f 2e /r
  ucomisd xmm, xmm/m64       | 66 0f 2e /r
  comiss xmm, xmm/m32        | np 0f 2f /r
  comisd xmm, xmm/m64        | 66 0f 2f /r
  movups xmm, xmm/m128       | np 0f 10 /r
  movups xmm/m128, xmm       | np 0f 11 /r
  movupd xmm, xmm/m128       | 66 0f 10 /r
  movupd xmm/m128, xmm       | 66 0f 11 /r
  movss xmm, xmm/m32         | f3 0f 10 /r
  movss xmm/m32, xmm         | f3 0f 11 /r
  movsd xmm, xmm/m64         | f2 0f 10 /r
  movsd xmm/m64, xmm         | f2 0f 11 /r
  movaps xmm, xmm/m128       | np 0f 28 /r
  movaps xmm/m128, xmm       | np 0f 29 /r
  movapd xmm, xmm/m128       | 66 0f 28 /r
  movapd xmm/m128, xmm       | 66 0f 29 /r
  movhlps xmm, xmm:rm        | np 0f 12 /r
  movlhps xmm, xmm:rm        | np 0f 16 /r
  movlps xmm, m64            | np 0f 12 /r
  movlps m64, xmm            | np 0f 13 /r
  movlpd xmm, m64            | 66 0f 12 /r
  movlpd m64, xmm            | 66 0f 13 /r
  movhps xmm, m64            | np 0f 16 /r
  movhps m64, xmm            | np 0f 17 /r
  movhpd xmm, m64            | 66 0f 16 /r
  movhpd m64, xmm            | 66 0f 17 /r
  movntps m128, xmm          | np 0f 2b /r
  movntpd m128, xmm          | 66 0f 2b /r
  movmskps r32, xmm:rm       | np 0f 50 /r
  movmskpd r32, xmm:rm       | 66 0f 50 /r
  cvtpi2ps xmm, mm/m64       | np 0f 2a /r
  cvtpi2pd xmm, mm/m64       | 66 0f 2a /r
  cvttps2pi mm, xmm/m64      | np 0f 2c /r
  cvttpd2pi mm, xmm/m128     | 66 0f 2c /r
  cvtps2pi mm, xmm/m64       | np 0f 2d /r
  cvtpd2pi mm, xmm/m128      | 66 0f 2d /r
  cvtsi2ss xmm, rm64         | W f3 0f 2a /r
  cvtsi2sd xmm, rm64         | W f2 0f 2a /r
  cvttss2si r64, xmm/m32     | W f3 0f 2c /r
  cvttsd2si r64, xmm/m64     | W f2 0f 2c /r
  cvtss2si r64, xmm/m32      | W f3 0f 2d /r
  cvtsd2si r64, xmm/m64      | W f2 0f 2d /r
  cvtsi2ss xmm, rm32         | f3 0f 2a /r
  cvtsi2sd xmm, rm32         | f2 0f 2a /r
  cvttss2si r32, xmm/m32     | f3 0f 2c /r
  cvttsd2si r32, xmm/m64     | f2 0f 2c /r
  cvtss2si r32, xmm/m32      | f3 0f 2d /r
  cvtsd2si r32, xmm/m64      | f2 0f 2d /r
  cvtps2pd xmm, xmm/m64      | np 0f 5a /r
  cvtpd2ps xmm, xmm/m128     | 66 0f 5a /r
  cvtss2sd xmm, xmm/m32      | f3 0f 5a /r
  cvtsd2ss xmm, xmm/m64      | f2 0f 5a /r
  cvtdq2ps xmm, xmm/m128     | np 0f 5b /r
  cvtps2dq xmm, xmm/m128     | 66 0f 5b /r
  cvttps2dq xmm, xmm/m128    | f3 0f 5b /r
  cvttpd2dq xmm, xmm/m128    | 66 0f e6 /r
  cvtdq2pd xmm, xmm/m64      | f3 0f e6 /r
  cvtpd2dq xmm, xmm/m128     | f2 0f e6 /r
  haddpd xmm, xmm/m128       | 66 0f 7c /r
  haddps xmm, xmm/m128       | f2 0f 7c /r
  hsubpd xmm, xmm/m128       | 66 0f 7d /r
  hsubps xmm, xmm/m128       | f2 0f 7d /r
  addsubpd xmm, xmm/m128     | 66 0f d0 /r
  addsubps xmm, xmm/m128     | f2 0f d0 /r
  movsldup xmm, xmm/m128     | f3 0f 12 /r
  movshdup xmm, xmm/m128     | f3 0f 16 /r
  movddup xmm, xmm/m64       | f2 0f 12 /r
  lddqu xmm, m128            | f2 0f f0 /r
  fxsave64 m4096             | W np 0f ae /0
  fxrstor64 m4096            | W np 0f ae /1
  fxsave m4096               | np 0f ae /0
  fxrstor m4096              | np 0f ae /1
  ldmxcsr m32                | np 0f ae /2
  stmxcsr m32                | np 0f ae /3
  clflush m8                 | np 0f ae /7
  lfence                     | np 0f ae e8
  mfence                     | np 0f ae f0
  sfence                     | np 0f ae f8
  prefetchnta m8             | 0f 18 /0
  prefetcht0 m8              | 0f 18 /1
  prefetcht1 m8              | 0f 18 /2
  prefetcht2 m8              | 0f 18 /3
`,
);
