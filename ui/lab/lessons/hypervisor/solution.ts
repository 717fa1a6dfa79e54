/** What a student does who does it right, and what the text warns of. */
import type { Solution } from '../testing-lessons.ts';

const DESTROY = 'hypercall domctl @0x1500000002,2,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0';

export const HYPERVISOR_SOLUTION: Solution = {
  steps: {
    made: async (student) => {
      await student.types('xm create mote name=alpha memory=16; xm create mote name=beta memory=16');
      await student.waits(0.3);
    },
    asked: (student) => student.typesIn('alpha', 'hypercall xen_version 1 @16'),
    refused: (student) => student.typesIn('alpha', DESTROY),
    fallen: async (student) => {
      student.keys('xm console alpha\recho here\r');
      await student.until(/\nhere\n\/ \$ $/);
      student.keys('hypercall mmuext_op 0 0; hypercall set_trap_table 0; spin\r');
      await student.waits(1);
    },
  },
  mistakes: {
    outside: (student) => student.types('hypercall xen_version 1 @16'),
    obeyed: async (student) => {
      await student.types(DESTROY);
      await student.waits(0.2);
    },
    ended: async (student) => {
      await student.types('xm destroy alpha');
      await student.waits(0.2);
    },
  },
};
