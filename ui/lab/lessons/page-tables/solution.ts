/** What a student does who does it right, and what the text warns of. */
import type { Student } from '../testing.ts';
import type { Solution } from '../testing-lessons.ts';

const PFN = 'page >> 12, KERNEL_BITS';
const MFN = 'mfnOf(page), KERNEL_BITS';
const END = '\n  for (;;)';
const TABLE = '  map(takeSlots(1), mfnOf(windowEntry(place)), KERNEL_BITS);\n';
const READ =
  '  const seen = takeSlots(1);\n  map(seen, mfnOf(windowEntry(place)), KERNEL_BITS & ~PAGE_WRITE);\n';
const FILL = '  const table = allocatePage();\n  memory.fill(table, 0, 4096);\n';
const PROTECT = '  map(table, mfnOf(table), KERNEL_BITS & ~PAGE_WRITE);\n';
const PIN = '  pin(table);\n';

const does = async (student: Student, from: string, to: string): Promise<void> => {
  await student.builds('mine', [[from, to]]);
  await student.waits(0.12);
};
const adds = (student: Student, what: string): Promise<void> => does(student, END, what + END);

export const PAGE_TABLES_SOLUTION: Solution = {
  steps: {
    foreign: async (student) => {
      await student.types('xm create /lab/mine');
      await student.waits(0.12);
    },
    own: (student) => does(student, PFN, MFN),
    table: (student) => adds(student, TABLE),
    read: (student) => does(student, TABLE, READ),
    pinned: (student) => adds(student, FILL + PROTECT + PIN),
  },
  mistakes: {
    still: (student) => does(student, PFN, '(page >> 12) + 1, KERNEL_BITS'),
    fallen: (student) => does(student, `map(place, ${PFN}) == 0`, 'true'),
    'only-read': (student) => adds(student, READ),
    written: (student) => does(student, TABLE, `${READ}  store<u64>(seen, 0);\n  store<u64>(0, 0);\n`),
    writable: (student) => adds(student, FILL + PIN),
    rubbish: (student) => adds(student, FILL + '  memory.fill(table, 0x55, 4096);\n' + PROTECT + PIN),
  },
};
