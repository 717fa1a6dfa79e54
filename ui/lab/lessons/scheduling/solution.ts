/** What a student does who does it right, and what the text warns of. */
import type { Solution } from '../testing-lessons.ts';

export const SCHEDULING_SOLUTION: Solution = {
  steps: {
    halves: async (student) => {
      await student.types('xm create mote name=alpha memory=16; xm create mote name=beta memory=16');
      await student.typesIn('alpha', 'spin &');
      await student.typesIn('beta', 'spin &');
      await student.waits(1.5);
    },
    weight: async (student) => {
      await student.types('xm sched-credit -d alpha -w 512');
      await student.waits(0.6);
    },
    cap: async (student) => {
      await student.types('xm sched-credit -d beta -c 20');
      await student.waits(0.6);
    },
    idle: async (student) => {
      await student.typesIn('alpha', 'kill %1');
      await student.waits(1.5);
    },
    free: async (student) => {
      await student.types('xm sched-credit -d beta -c 0');
      await student.waits(0.6);
    },
  },
  mistakes: {
    alone: async (student) => {
      await student.types('xm create mote name=alpha memory=16; xm create mote name=beta memory=16');
      await student.typesIn('alpha', 'spin &');
      await student.waits(1.5);
    },
    both: async (student) => {
      await student.types('xm sched-credit -d alpha -w 512; xm sched-credit -d beta -w 512');
      await student.waits(0.6);
    },
    cap: async (student) => {
      await student.types('xm sched-credit -d beta -c 33');
      await student.waits(0.6);
    },
    other: async (student) => {
      await student.types('xm sched-credit -d alpha -c 20');
      await student.waits(0.6);
    },
    heavier: async (student) => {
      await student.types('xm sched-credit -d beta -w 4096');
      await student.waits(0.6);
    },
  },
};
