import { rows } from '../form.ts';
import type { Form } from '../form.ts';

/** Operations that exist on MMX registers (no prefix) and, since SSE2, on XMM registers (66). */
const BOTH: Readonly<Record<string, number>> = {
  ...{ packsswb: 0x63, pcmpgtb: 0x64, pcmpgtw: 0x65, pcmpgtd: 0x66, packuswb: 0x67, packssdw: 0x6b },
  ...{ punpckhbw: 0x68, punpckhwd: 0x69, punpckhdq: 0x6a, pcmpeqb: 0x74, pcmpeqw: 0x75, pcmpeqd: 0x76 },
  ...{ psrlw: 0xd1, psrld: 0xd2, psrlq: 0xd3, paddq: 0xd4, pmullw: 0xd5, psubusb: 0xd8, psubusw: 0xd9 },
  ...{ pminub: 0xda, pand: 0xdb, paddusb: 0xdc, paddusw: 0xdd, pmaxub: 0xde, pandn: 0xdf, pavgb: 0xe0 },
  ...{ psraw: 0xe1, psrad: 0xe2, pavgw: 0xe3, pmulhuw: 0xe4, pmulhw: 0xe5, psubsb: 0xe8, psubsw: 0xe9 },
  ...{ pminsw: 0xea, por: 0xeb, paddsb: 0xec, paddsw: 0xed, pmaxsw: 0xee, pxor: 0xef, psllw: 0xf1 },
  ...{ pslld: 0xf2, psllq: 0xf3, pmuludq: 0xf4, pmaddwd: 0xf5, psadbw: 0xf6, psubb: 0xf8, psubw: 0xf9 },
  ...{ psubd: 0xfa, psubq: 0xfb, paddb: 0xfc, paddw: 0xfd, paddd: 0xfe },
};

const both = Object.entries(BOTH).map(([name, opcode]) => {
  const byte = opcode.toString(16);
  return `
    ${name} mm, mm/m64     | np 0f ${byte} /r
    ${name} xmm, xmm/m128  | 66 0f ${byte} /r`;
});

/** The low unpacks read only half of an MMX memory operand. */
const unpackLow = ['punpcklbw', 'punpcklwd', 'punpckldq'].map(
  (name, n) => `
    ${name} mm, mm/m32     | np 0f 6${n} /r
    ${name} xmm, xmm/m128  | 66 0f 6${n} /r`,
);

/** Shifts by an immediate: the operation is in ModRM.reg. */
const shifts = Object.entries({
  ...{ psrlw: '71 /2', psraw: '71 /4', psllw: '71 /6', psrld: '72 /2' },
  ...{ psrad: '72 /4', pslld: '72 /6', psrlq: '73 /2', psllq: '73 /6' },
}).map(
  ([name, encoding]) => `
    ${name} mm:rm, i8      | np 0f ${encoding}
    ${name} xmm:rm, i8     | 66 0f ${encoding}`,
);

/** MMX and the packed-integer half of SSE and SSE2. */
export const packed: readonly Form[] = rows(
  'packed',
  `
  ${both.join('')}
  ${unpackLow.join('')}
  ${shifts.join('')}
  punpcklqdq xmm, xmm/m128   | 66 0f 6c /r
  punpckhqdq xmm, xmm/m128   | 66 0f 6d /r
  pslldq xmm:rm, i8          | 66 0f 73 /7
  psrldq xmm:rm, i8          | 66 0f 73 /3
  movq mm, mm/m64            | np 0f 6f /r
  movq mm/m64, mm            | np 0f 7f /r
  movq xmm, xmm/m64          | f3 0f 7e /r
  movq xmm/m64, xmm          | 66 0f d6 /r
  movq mm, rm64              | W np 0f 6e /r
  movq rm64, mm              | W np 0f 7e /r
  movq xmm, rm64             | W 66 0f 6e /r
  movq rm64, xmm             | W 66 0f 7e /r
  movd mm, rm32              | np 0f 6e /r
  movd rm32, mm              | np 0f 7e /r
  movd xmm, rm32             | 66 0f 6e /r
  movd rm32, xmm             | 66 0f 7e /r
  movdqa xmm, xmm/m128       | 66 0f 6f /r
  movdqa xmm/m128, xmm       | 66 0f 7f /r
  movdqu xmm, xmm/m128       | f3 0f 6f /r
  movdqu xmm/m128, xmm       | f3 0f 7f /r
  movdq2q mm, xmm:rm         | f2 0f d6 /r
  movq2dq xmm, mm:rm         | f3 0f d6 /r
  movntq m64, mm             | np 0f e7 /r
  movntdq m128, xmm          | 66 0f e7 /r
  maskmovq mm, mm:rm         | np 0f f7 /r
  maskmovdqu xmm, xmm:rm     | 66 0f f7 /r
  pmovmskb r32, mm:rm        | np 0f d7 /r
  pmovmskb r32, xmm:rm       | 66 0f d7 /r
  pinsrw mm, r32/m16, i8     | np 0f c4 /r
  pinsrw xmm, r32/m16, i8    | 66 0f c4 /r
  pextrw r32, mm:rm, i8      | np 0f c5 /r
  pextrw r32, xmm:rm, i8     | 66 0f c5 /r
  pshufw mm, mm/m64, i8      | np 0f 70 /r
  pshufd xmm, xmm/m128, i8   | 66 0f 70 /r
  pshufhw xmm, xmm/m128, i8  | f3 0f 70 /r
  pshuflw xmm, xmm/m128, i8  | f2 0f 70 /r
  emms                       | np 0f 77
`,
);
