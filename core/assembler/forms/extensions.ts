import { rows } from '../form.ts';
import type { Form } from '../form.ts';

/**
 * Instructions beyond the baseline that kernels contain, for the disassembler and for tests of #UD. A
 * processor without the feature ignores the prefix or raises #UD: endbr64 is a nop, tzcnt is bsf.
 */
export const extensions: readonly Form[] = rows(
  'extensions',
  `
  endbr64           | f3 0f 1e fa
  endbr32           | f3 0f 1e fb
  rdsspq r64:rm     | W f3 0f 1e /1
  rdsspd r32:rm     | f3 0f 1e /1
  nop rmv, rv       | 0f 19 /r
  nop rmv, rv       | 0f 1c /r
  nop rmv, rv       | 0f 1d /r
  nop rmv, rv       | 0f 1e /r
  tzcnt rv, rmv     | f3 0f bc /r
  lzcnt rv, rmv     | f3 0f bd /r
  movbe rv, mv      | 0f 38 f0 /r
  movbe mv, rv      | 0f 38 f1 /r
  rdfsbase r64:rm   | W f3 0f ae /0
  rdgsbase r64:rm   | W f3 0f ae /1
  wrfsbase r64:rm   | W f3 0f ae /2
  wrgsbase r64:rm   | W f3 0f ae /3
  rdfsbase r32:rm   | f3 0f ae /0 | only64
  rdgsbase r32:rm   | f3 0f ae /1 | only64
  wrfsbase r32:rm   | f3 0f ae /2 | only64
  wrgsbase r32:rm   | f3 0f ae /3 | only64
  rdrand r16:rm     | o16 0f c7 /6
  rdrand r32:rm     | o32 0f c7 /6
  rdrand r64:rm     | W 0f c7 /6
  rdseed r16:rm     | o16 0f c7 /7
  rdseed r32:rm     | o32 0f c7 /7
  rdseed r64:rm     | W 0f c7 /7
  xsave64 m         | W np 0f ae /4
  xrstor64 m        | W np 0f ae /5
  xsaveopt64 m      | W np 0f ae /6
  xsavec64 m        | W np 0f c7 /4
  xsaves64 m        | W np 0f c7 /5
  xrstors64 m       | W np 0f c7 /3
  xsave m           | np 0f ae /4
  xrstor m          | np 0f ae /5
  xsaveopt m        | np 0f ae /6
  xgetbv            | 0f 01 d0
  xsetbv            | 0f 01 d1 | priv
  vmcall            | 0f 01 c1
  vmmcall           | 0f 01 d9
  clac              | 0f 01 ca | priv
  stac              | 0f 01 cb | priv
  invpcid r64, m128 | 66 0f 38 82 /r | only64 priv
  invpcid r32, m128 | 66 0f 38 82 /r | no64 priv
  clflushopt m8     | 66 0f ae /7
  clwb m8           | 66 0f ae /6
  prefetchw m8      | 0f 0d /1
`,
);
