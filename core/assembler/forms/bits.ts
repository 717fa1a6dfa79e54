import { rows } from '../form.ts';
import type { Form } from '../form.ts';

/** Shifts and rotates share one layout: C0, C1, D0 to D3 with the operation in ModRM.reg. */
const SHIFTS = ['rol', 'ror', 'rcl', 'rcr', 'shl', 'shr', 'sal', 'sar'].map((name, n) => {
  const alias = name === 'sal' ? 'alias' : '';
  return `
    ${name} rm8, 1   | d0 /${n} | ${alias}
    ${name} rmv, 1   | d1 /${n} | ${alias}
    ${name} rm8, cl  | d2 /${n} | ${alias}
    ${name} rmv, cl  | d3 /${n} | ${alias}
    ${name} rm8, i8  | c0 /${n} | ${alias}
    ${name} rmv, i8  | c1 /${n} | ${alias}`;
});

const TESTS = ['bt', 'bts', 'btr', 'btc'].map((name, n) => {
  const lock = name === 'bt' ? '' : 'lock';
  return `
    ${name} rmv, rv  | 0f ${(0xa3 + 8 * n).toString(16)} /r | ${lock}
    ${name} rmv, i8  | 0f ba /${n + 4} | ${lock}`;
});

/** Shifts, rotates, bit tests and scans. */
export const bits: readonly Form[] = rows(
  'bits',
  `
  ${SHIFTS.join('')}
  shld rmv, rv, i8  | 0f a4 /r
  shld rmv, rv, cl  | 0f a5 /r
  shrd rmv, rv, i8  | 0f ac /r
  shrd rmv, rv, cl  | 0f ad /r
  ${TESTS.join('')}
  bsf rv, rmv       | 0f bc /r
  bsr rv, rmv       | 0f bd /r
  popcnt rv, rmv    | f3 0f b8 /r
`,
);
