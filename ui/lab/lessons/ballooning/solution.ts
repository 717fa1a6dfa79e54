/** What a student does who does it right, and what the text warns of. */
import type { Solution } from '../testing-lessons.ts';

const ALPHA = 'xm create mote name=alpha memory=32 maxmem=48';

export const BALLOONING_SOLUTION: Solution = {
  steps: {
    full: async (student) => {
      await student.types(ALPHA);
      await student.types('xm create mote name=big memory=52');
      await student.waits(0.2);
    },
    shrink: (student) => student.types('xm mem-set alpha 16'),
    room: async (student) => {
      await student.types('xm create mote name=big memory=52');
      await student.waits(0.2);
    },
    short: async (student) => {
      await student.types('xm mem-set alpha 32');
      await student.waits(0.2);
    },
    deaf: async (student) => {
      await student.types('xm pause alpha; xm mem-set alpha 16');
      await student.waits(1);
    },
    back: async (student) => {
      await student.types('xm unpause alpha');
      await student.waits(0.5);
    },
  },
  mistakes: {
    fits: async (student) => {
      await student.types(ALPHA);
      await student.types('xm create mote name=big memory=32');
      await student.waits(0.2);
    },
    limit: async (student) => {
      await student.types('xm mem-max alpha 16');
      await student.waits(0.2);
    },
    less: async (student) => {
      await student.types('xm mem-set alpha 20');
      await student.waits(0.2);
    },
  },
};
