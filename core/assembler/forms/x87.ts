import { rows } from '../form.ts';
import type { Form } from '../form.ts';

/** D8 and DC: eight operations, in ModRM.reg; the register forms of DC swap sub and subr, div and divr. */
const ARITHMETIC = ['fadd', 'fmul', 'fcom', 'fcomp', 'fsub', 'fsubr', 'fdiv', 'fdivr'].map((name, n) => {
  const direct = (0xc0 + 8 * n).toString(16);
  const swapped = (0xc0 + 8 * (n < 4 ? n : n ^ 1)).toString(16);
  const integer = `fi${name.slice(1)}`;
  const memory = `
    ${name} m32       | d8 /${n}
    ${name} m64       | dc /${n}
    ${integer} m16    | de /${n}
    ${integer} m32    | da /${n}`;
  if (name.startsWith('fcom')) {
    return `${memory}
      ${name} st      | d8 ${direct}+i
      ${name}         | d8 ${(0xc1 + 8 * n).toString(16)} | alias`;
  }
  return `${memory}
    ${name} st0, st   | d8 ${direct}+i
    ${name} st, st0   | dc ${swapped}+i
    ${name} st        | d8 ${direct}+i | alias
    ${name}p st, st0  | de ${swapped}+i
    ${name}p st       | de ${swapped}+i | alias
    ${name}p          | de ${(parseInt(swapped, 16) + 1).toString(16)} | alias`;
});

/** D9 with a whole ModRM byte: constants, transcendentals and the rest without operands. */
const WITHOUT_OPERANDS = Object.entries({
  ...{ fnop: 0xd0, fchs: 0xe0, fabs: 0xe1, ftst: 0xe4, fxam: 0xe5 },
  ...{ fld1: 0xe8, fldl2t: 0xe9, fldl2e: 0xea, fldpi: 0xeb, fldlg2: 0xec, fldln2: 0xed, fldz: 0xee },
  ...{ f2xm1: 0xf0, fyl2x: 0xf1, fptan: 0xf2, fpatan: 0xf3, fxtract: 0xf4, fprem1: 0xf5 },
  ...{ fdecstp: 0xf6, fincstp: 0xf7, fprem: 0xf8, fyl2xp1: 0xf9, fsqrt: 0xfa, fsincos: 0xfb },
  ...{ frndint: 0xfc, fscale: 0xfd, fsin: 0xfe, fcos: 0xff },
}).map(([name, modrm]) => `${name} | d9 ${modrm.toString(16)}`);

/** The x87 floating-point unit. */
export const x87: readonly Form[] = rows(
  'x87',
  `
  ${ARITHMETIC.join('')}
  ${WITHOUT_OPERANDS.join('\n')}
  fld m32           | d9 /0
  fld m64           | dd /0
  fld m80           | db /5
  fld st            | d9 c0+i
  fst m32           | d9 /2
  fst m64           | dd /2
  fst st            | dd d0+i
  fstp m32          | d9 /3
  fstp m64          | dd /3
  fstp m80          | db /7
  fstp st           | dd d8+i
  fild m16          | df /0
  fild m32          | db /0
  fild m64          | df /5
  fist m16          | df /2
  fist m32          | db /2
  fistp m16         | df /3
  fistp m32         | db /3
  fistp m64         | df /7
  fisttp m16        | df /1
  fisttp m32        | db /1
  fisttp m64        | dd /1
  fbld m80          | df /4
  fbstp m80         | df /6
  fxch st           | d9 c8+i
  fxch              | d9 c9 | alias
  ffree st          | dd c0+i
  ffreep st         | df c0+i
  fucom st          | dd e0+i
  fucomp st         | dd e8+i
  fucom             | dd e1 | alias
  fucomp            | dd e9 | alias
  fucompp           | da e9
  fcompp            | de d9
  fcomi st0, st     | db f0+i
  fcomip st0, st    | df f0+i
  fucomi st0, st    | db e8+i
  fucomip st0, st   | df e8+i
  fcmovb st0, st    | da c0+i
  fcmove st0, st    | da c8+i
  fcmovbe st0, st   | da d0+i
  fcmovu st0, st    | da d8+i
  fcmovnb st0, st   | db c0+i
  fcmovne st0, st   | db c8+i
  fcmovnbe st0, st  | db d0+i
  fcmovnu st0, st   | db d8+i
  fldcw m16         | d9 /5
  fnstcw m16        | d9 /7
  fnstsw m16        | dd /7
  fnstsw ax         | df e0
  fnclex            | db e2
  fninit            | db e3
  fldenv m          | o32 d9 /4
  fnstenv m         | o32 d9 /6
  frstor m          | o32 dd /4
  fnsave m          | o32 dd /6
  fldenvw m         | o16 d9 /4
  fnstenvw m        | o16 d9 /6
  frstorw m         | o16 dd /4
  fnsavew m         | o16 dd /6
  fwait             | 9b
  wait              | 9b | alias
  fstcw m16         | 9b d9 /7 | alias
  fstsw m16         | 9b dd /7 | alias
  fstsw ax          | 9b df e0 | alias
  fclex             | 9b db e2 | alias
  finit             | 9b db e3 | alias
  fstenv m          | 9b o32 d9 /6 | alias
  fsave m           | 9b o32 dd /6 | alias
`,
);
