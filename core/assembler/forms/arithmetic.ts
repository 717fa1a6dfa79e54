import { rows } from '../form.ts';
import type { Form } from '../form.ts';

/** The eight two-operand operations share one layout: 8n + 0..5 and 80..83 /n. */
const TWO_OPERAND = ['add', 'or', 'adc', 'sbb', 'and', 'sub', 'xor', 'cmp'].map((name, n) => {
  const at = (offset: number) => (8 * n + offset).toString(16).padStart(2, '0');
  const lock = name === 'cmp' ? '' : 'lock';
  return `
    ${name} rm8, r8   | ${at(0)} /r | ${lock}
    ${name} rmv, rv   | ${at(1)} /r | ${lock}
    ${name} r8, rm8   | ${at(2)} /r
    ${name} rv, rmv   | ${at(3)} /r
    ${name} al, i8    | ${at(4)}
    ${name} rm8, i8   | 80 /${n} | ${lock}
    ${name} rmv, i8s  | 83 /${n} | ${lock}
    ${name} av, iv    | ${at(5)}
    ${name} rmv, iv   | 81 /${n} | ${lock}
    ${name} rm8, i8   | 82 /${n} | no64 alias`;
});

/** Integer arithmetic and logic. */
export const arithmetic: readonly Form[] = rows(
  'arithmetic',
  `
  ${TWO_OPERAND.join('')}
  test al, i8       | a8
  test av, iv       | a9
  test rm8, r8      | 84 /r
  test rmv, rv      | 85 /r
  test rm8, i8      | f6 /0
  test rmv, iv      | f7 /0
  test rm8, i8      | f6 /1 | alias
  test rmv, iv      | f7 /1 | alias
  inc r16           | o16 40+r | no64
  inc r32           | o32 40+r | no64
  inc rm8           | fe /0 | lock
  inc rmv           | ff /0 | lock
  dec r16           | o16 48+r | no64
  dec r32           | o32 48+r | no64
  dec rm8           | fe /1 | lock
  dec rmv           | ff /1 | lock
  not rm8           | f6 /2 | lock
  not rmv           | f7 /2 | lock
  neg rm8           | f6 /3 | lock
  neg rmv           | f7 /3 | lock
  mul rm8           | f6 /4
  mul rmv           | f7 /4
  imul rm8          | f6 /5
  imul rmv          | f7 /5
  imul rv, rmv      | 0f af /r
  imul rv, rmv, i8s | 6b /r
  imul rv, rmv, iv  | 69 /r
  div rm8           | f6 /6
  div rmv           | f7 /6
  idiv rm8          | f6 /7
  idiv rmv          | f7 /7
  cbw               | o16 98
  cwde              | o32 98
  cdqe              | W 98
  cwd               | o16 99
  cdq               | o32 99
  cqo               | W 99
  cmpxchg rm8, r8   | 0f b0 /r | lock
  cmpxchg rmv, rv   | 0f b1 /r | lock
  cmpxchg16b m128   | W 0f c7 /1 | lock
  cmpxchg8b m64     | 0f c7 /1 | lock
  xadd rm8, r8      | 0f c0 /r | lock
  xadd rmv, rv      | 0f c1 /r | lock
  daa               | 27 | no64
  das               | 2f | no64
  aaa               | 37 | no64
  aas               | 3f | no64
  aam i8            | d4 | no64
  aad i8            | d5 | no64
  clc               | f8
  stc               | f9
  cmc               | f5
  cld               | fc
  std               | fd
  lahf              | 9f
  sahf              | 9e
  salc              | d6 | no64
`,
);
