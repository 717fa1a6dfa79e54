/** What a student does who does it right, and what the text warns of. */
import type { Student } from '../testing.ts';
import type { Solution } from '../testing-lessons.ts';

const LOOP = '  for (;;) {}\n';
const ASK = '  hypercall2(xen.HYPERVISOR_xen_version, xen.XENVER_extraversion, virtual(answer));\n';
const PRINT = '  printBytes(answer);\n';
const BLOCK = '  for (;;) hypercall2(xen.HYPERVISOR_sched_op, xen.SCHEDOP_block, 0);\n';
const REASON = '  store<u32>(answer, xen.SHUTDOWN_poweroff);\n';
const SHUT = '  hypercall2(xen.HYPERVISOR_sched_op, xen.SCHEDOP_shutdown, virtual(answer));\n';

const does = async (student: Student, from: string, to: string): Promise<void> => {
  await student.builds('mine', [[from, to]]);
  await student.waits(0.12);
};

export const FIRST_KERNEL_SOLUTION: Solution = {
  steps: {
    up: async (student) => {
      await student.types('xm create /lab/mine');
      await student.waits(0.12);
    },
    asked: (student) => does(student, LOOP, ASK + PRINT + LOOP),
    blocked: (student) => does(student, LOOP, BLOCK),
    ends: (student) => does(student, BLOCK, REASON + SHUT),
  },
  mistakes: {
    fallen: (student) => does(student, LOOP, ''),
    astray: (student) => does(student, LOOP, ASK.replace('virtual(answer)', 'answer') + LOOP),
    'no-call': (student) => does(student, LOOP, ASK.replace('xen.HYPERVISOR_xen_version', '63') + LOOP),
    silent: (student) => does(student, LOOP, ASK + LOOP),
    yields: (student) => student.errs('yields', 'mine', [[LOOP, BLOCK.replace('block', 'yield')]]),
    once: (student) => does(student, LOOP, BLOCK.replace('for (;;) ', '')),
    returned: (student) => does(student, BLOCK, ''),
    'no-pointer': (student) =>
      does(student, BLOCK, SHUT.replace('virtual(answer)', 'xen.SHUTDOWN_poweroff') + BLOCK),
    'other-reason': (student) => does(student, BLOCK, REASON.replace('poweroff', 'reboot') + SHUT),
  },
};
