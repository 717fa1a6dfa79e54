import { rows } from '../form.ts';
import type { Form } from '../form.ts';

/** SSSE3: on MMX and XMM registers, 0F 38 xx. */
const ssse3 = Object.entries({
  ...{ pshufb: '00', phaddw: '01', phaddd: '02', phaddsw: '03', pmaddubsw: '04', phsubw: '05', phsubd: '06' },
  ...{ phsubsw: '07', psignb: '08', psignw: '09', psignd: '0a', pmulhrsw: '0b', pabsb: '1c', pabsw: '1d' },
  ...{ pabsd: '1e' },
}).map(
  ([name, opcode]) => `
    ${name} mm, mm/m64     | np 0f 38 ${opcode} /r
    ${name} xmm, xmm/m128  | 66 0f 38 ${opcode} /r`,
);

/** SSE4.1 and 4.2 operations on whole XMM registers, 66 0F 38 xx. */
const whole = Object.entries({
  ...{ ptest: '17', pmuldq: '28', pcmpeqq: '29', packusdw: '2b', pcmpgtq: '37', pminsb: '38', pminsd: '39' },
  ...{ pminuw: '3a', pminud: '3b', pmaxsb: '3c', pmaxsd: '3d', pmaxuw: '3e', pmaxud: '3f', pmulld: '40' },
  ...{ phminposuw: '41' },
}).map(([name, opcode]) => `${name} xmm, xmm/m128 | 66 0f 38 ${opcode} /r`);

/** Sign (2x) and zero (3x) extension of packed integers: name and memory operand. */
const extend = [
  ['bw', 64],
  ['bd', 32],
  ['bq', 16],
  ['wd', 64],
  ['wq', 32],
  ['dq', 64],
].map(
  ([name, size], n) => `
    pmovsx${name} xmm, xmm/m${size} | 66 0f 38 2${n} /r
    pmovzx${name} xmm, xmm/m${size} | 66 0f 38 3${n} /r`,
);

/** Operations with an immediate on whole XMM registers, 66 0F 3A xx. */
const immediate = Object.entries({
  ...{ roundps: '08', roundpd: '09', blendps: '0c', blendpd: '0d', pblendw: '0e', dpps: '40', dppd: '41' },
  ...{ mpsadbw: '42', pcmpestrm: '60', pcmpestri: '61', pcmpistrm: '62', pcmpistri: '63' },
}).map(([name, opcode]) => `${name} xmm, xmm/m128, i8 | 66 0f 3a ${opcode} /r`);

/** SSSE3, SSE4.1, SSE4.2. */
export const sse4: readonly Form[] = rows(
  'sse4',
  `
  ${ssse3.join('')}
  palignr mm, mm/m64, i8       | np 0f 3a 0f /r
  palignr xmm, xmm/m128, i8    | 66 0f 3a 0f /r
  ${whole.join('\n')}
  ${extend.join('')}
  ${immediate.join('\n')}
  pblendvb xmm, xmm/m128, xmm0 | 66 0f 38 10 /r
  blendvps xmm, xmm/m128, xmm0 | 66 0f 38 14 /r
  blendvpd xmm, xmm/m128, xmm0 | 66 0f 38 15 /r
  movntdqa xmm, m128           | 66 0f 38 2a /r
  roundss xmm, xmm/m32, i8     | 66 0f 3a 0a /r
  roundsd xmm, xmm/m64, i8     | 66 0f 3a 0b /r
  pextrb r32/m8, xmm, i8       | 66 0f 3a 14 /r
  pextrw r32/m16, xmm, i8      | 66 0f 3a 15 /r
  pextrq rm64, xmm, i8         | W 66 0f 3a 16 /r
  pextrd rm32, xmm, i8         | 66 0f 3a 16 /r
  extractps rm32, xmm, i8      | 66 0f 3a 17 /r
  pinsrb xmm, r32/m8, i8       | 66 0f 3a 20 /r
  insertps xmm, xmm/m32, i8    | 66 0f 3a 21 /r
  pinsrq xmm, rm64, i8         | W 66 0f 3a 22 /r
  pinsrd xmm, rm32, i8         | 66 0f 3a 22 /r
  crc32 r64, rm8               | W f2 0f 38 f0 /r
  crc32 r32, rm8               | f2 0f 38 f0 /r
  crc32 r64, rm64              | W f2 0f 38 f1 /r
  crc32 r32, rm16              | o16 f2 0f 38 f1 /r
  crc32 r32, rm32              | o32 f2 0f 38 f1 /r
`,
);
