/** What a student does who does it right, and what the text warns of. */
import type { Student } from '../testing.ts';
import type { Solution } from '../testing-lessons.ts';

type Swap = readonly [from: string, to: string];

const HERE = '  // Here the page is granted.\n';
const SHARE = '  const ref = grantAccess(BACKEND, page, true);\n';
const WRITABLE = SHARE.replace('true', 'false');
const ASK = '  wait(50);\n  store<u32>(page + STATE, LET_GO);\n';
const END = '  while (!endAccess(ref)) wait(5);\n';
const REQUEST = '  wait(50);\n  store<u32>(page + STATE, REQUEST);\n';
const ATTACK = '  wait(10);\n  store<u32>(page + LENGTH, 0x10000000);\n';
const CHECK = '  if (load<u32>(page + LENGTH) > MOST) {\n';
const COPY = '  memory.copy(buffer, page + DATA, load<u32>(page + LENGTH));\n';
const SUM = 'n < load<u32>(page + LENGTH); n++';
const ONCE: Swap[] = [
  [CHECK, '  const length = load<u32>(page + LENGTH);\n  if (length > MOST) {\n'],
  [COPY, '  memory.copy(buffer, page + DATA, length);\n'],
  [SUM, 'n < length; n++'],
];

const does = async (student: Student, kernel: string, ...swaps: Swap[]): Promise<void> => {
  await student.builds(kernel, swaps);
  await student.waits(0.25);
};

export const GRANTS_SOLUTION: Solution = {
  steps: {
    shared: (student) => does(student, 'frontend', [HERE, SHARE]),
    taken: (student) => does(student, 'frontend', [SHARE, SHARE + ASK + END]),
    attacked: (student) => does(student, 'frontend', [SHARE + ASK + END, WRITABLE + REQUEST + ATTACK]),
    mended: (student) => does(student, 'backend', ...ONCE),
  },
  mistakes: {
    another: (student) => does(student, 'frontend', [HERE, SHARE.replace('BACKEND', 'DOM0')]),
    writable: (student) => does(student, 'frontend', [HERE, WRITABLE]),
    forced: (student) =>
      does(
        student,
        'frontend',
        ['endAccess, grantAccess }', 'grantAccess, initGrants }'],
        [SHARE, `${SHARE}  wait(50);\n  initGrants();\n`],
      ),
    kept: (student) => does(student, 'frontend', [SHARE, `${SHARE}  wait(50);\n  endAccess(ref);\n`]),
    left: (student) => does(student, 'frontend', [SHARE, `${SHARE}  wait(50);\n  endAccess(ref);\n${ASK}`]),
    refused: (student) => does(student, 'frontend', [SHARE + ASK + END, WRITABLE + ATTACK + REQUEST]),
    honest: (student) => does(student, 'frontend', [SHARE + ASK + END, WRITABLE + REQUEST]),
    fallen: (student) => does(student, 'backend', ONCE[0]!),
    twice: (student) =>
      does(student, 'backend', [
        COPY,
        `  if (load<u32>(page + LENGTH) > MOST) {\n    store<u32>(page + STATE, REFUSED);\n    return;\n  }\n${COPY}`,
      ]),
    harmless: (student) => does(student, 'frontend', [ATTACK, '']),
    wrong: (student) => does(student, 'backend', ...ONCE.slice(0, 2), [SUM, 'n < 0; n++']),
  },
};
