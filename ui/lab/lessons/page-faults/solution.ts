/** What a student does who does it right, and what the text warns of. */
import type { Student } from '../testing.ts';
import type { Solution } from '../testing-lessons.ts';

type Swap = readonly [from: string, to: string];

const REGISTER: Swap = [
  '  store<u64>(place, 0x5eed);',
  '  setTrapHandler(VECTOR_PF, onFault);\n  store<u64>(place, 0x5eed);',
];
const SAY = "  print('\\n');\n}\n\nexport function main";
const handles = (what: string): Swap => [SAY, SAY.replace('}\n', `${what}}\n`)];
const MAP = '  map(at, allocatePage(), KERNEL_BITS);\n';
const WRITE = '  store<u64>(place, 0x5eed);\n';
const EACH = '  for (let n = 0; n < 16; n++) store<u64>(place + (n % 8) * PAGE_SIZE, n);\n';
const GUARD = '  map(place, original, KERNEL_BITS & ~PAGE_WRITE);\n  store<u64>(place + 8, 1);\n';
const SHARE = `  const original = allocatePage();\n  memory.fill(original, 7, PAGE_SIZE);\n${GUARD}`;
const COPY = `  const page = allocatePage();
  if (frame.error & 1) memory.copy(page, at, PAGE_SIZE);
  else memory.fill(page, 0, PAGE_SIZE);
  map(at, page, KERNEL_BITS);
`;

const does = async (student: Student, ...swaps: Swap[]): Promise<void> => {
  await student.builds('mine', swaps);
  await student.waits(0.12);
};

export const PAGE_FAULTS_SOLUTION: Solution = {
  steps: {
    unhandled: async (student) => {
      await student.types('xm create /lab/mine');
      await student.waits(0.12);
    },
    mended: (student) => does(student, handles(MAP), REGISTER),
    demand: (student) => does(student, [WRITE, EACH]),
    copied: (student) => does(student, [EACH, SHARE], [MAP, COPY]),
  },
  mistakes: {
    unregistered: (student) => does(student, handles(MAP)),
    returns: (student) =>
      student.errs('returns', 'mine', [
        ["  print('fault at ');\n  printHex(address);\n  print('\\n');\n", ''],
        REGISTER,
      ]),
    nested: (student) => does(student, handles('  store<u64>(at, load<u64>(<usize>0));\n'), REGISTER),
    'one-frame': (student) =>
      does(
        student,
        [WRITE, EACH],
        [MAP, '  map(at, spare, KERNEL_BITS);\n'],
        ['/** The processor', 'let spare: usize = 0;\n/** The processor'],
        ['  const place', '  spare = allocatePage();\n  const place'],
      ),
    few: (student) => does(student, [WRITE, EACH.replace('n < 16', 'n < 4')]),
    unguarded: (student) =>
      does(
        student,
        [EACH, SHARE],
        [MAP, '  map(at, spare, KERNEL_BITS);\n'],
        ['/** The processor', 'let spare: usize = 0;\n/** The processor'],
        ['  map(place,', '  spare = original;\n  map(place,'],
      ),
    empty: (student) =>
      does(
        student,
        [EACH, SHARE],
        [MAP, COPY.replace('memory.copy(page, at, PAGE_SIZE)', 'memory.fill(page, 0, PAGE_SIZE)')],
      ),
    'once-more': (student) =>
      student.errs('once-more', 'mine', [
        [EACH, SHARE],
        [MAP, ''],
        ["  print('fault at ');\n  printHex(address);\n  print('\\n');\n", ''],
      ]),
  },
};
