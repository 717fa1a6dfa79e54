/** What a student does who does it right, and what the text warns of. */
import type { Student } from '../testing.ts';
import type { Solution } from '../testing-lessons.ts';

type Swap = readonly [from: string, to: string];

const SHOW = '  atomic.store<u32>(disk.ring + sring.req_prod, produced);\n';
const SEND = '  sendEvent(disk.port);\n';
const TAKE =
  '  while (consumed != atomic.load<u32>(disk.ring + sring.rsp_prod)) printBytes(disk.textOf(consumed++));\n';
const ASK = '  store<u32>(disk.ring + sring.rsp_event, consumed + 1);\n';
const sectors = (before: number, now: number): Swap => [
  `SECTORS: u32 = ${String(before)};`,
  `SECTORS: u32 = ${String(now)};`,
];
/** All at once, and then what comes. */
const AT_ONCE: Swap = [
  '    push(disk);\n    finish(disk);\n  }\n',
  '    push(disk);\n  }\n  finish(disk);\n',
];
const IF_WANTED = `  const before = load<u32>(disk.ring + sring.req_prod);
${SHOW}  const event = atomic.load<u32>(disk.ring + sring.req_event);
  if (produced - event < produced - before) sendEvent(disk.port);
`;

const does = async (student: Student, ...swaps: Swap[]): Promise<void> => {
  await student.builds('mine', swaps);
  await student.waits(0.15);
};

export const RINGS_SOLUTION: Solution = {
  steps: {
    silent: async (student) => {
      await student.types('xm create /lab/mine');
      await student.waits(0.15);
    },
    told: (student) => does(student, [SHOW, SHOW + SEND]),
    unheard: (student) => does(student, sectors(1, 8)),
    heard: (student) => does(student, [TAKE, TAKE + ASK + TAKE]),
    sparing: (student) => does(student, sectors(8, 16), AT_ONCE, [SHOW + SEND, IF_WANTED]),
  },
  mistakes: {
    untold: (student) => does(student, sectors(1, 2)),
    unshown: (student) => does(student, [SHOW, SEND]),
    behind: (student) => does(student, [TAKE, TAKE + ASK.replace(' + 1', '') + TAKE]),
    polls: (student) =>
      student.errs('polls', 'mine', [
        ['    news.sleep();\n    take', '    HYPERVISOR_sched_op(SCHEDOP_yield, 0);\n    take'],
      ]),
    each: (student) => does(student, sectors(8, 16), AT_ONCE),
    left: (student) =>
      does(student, sectors(8, 16), AT_ONCE, [
        SHOW + SEND,
        `${SHOW}  if (load<u32>(disk.ring + sring.req_event) > produced) sendEvent(disk.port);\n`,
      ]),
  },
};
