/** What a student does who does it right, and what the text warns of. */
import type { Solution } from '../testing-lessons.ts';

const CREATE = 'xm create mote name=alpha memory=12';

export const SAVE_RESTORE_SOLUTION: Solution = {
  steps: {
    save: async (student) => {
      await student.types(CREATE);
      await student.typesIn('alpha', 'echo kept > /tmp/note; sleep 10000 &');
      await student.types('xm save alpha /tmp/first.save');
      await student.waits(0.2);
    },
    restore: async (student) => {
      await student.types('xm restore /tmp/first.save');
      await student.typesIn('alpha', 'cat /tmp/note; ps');
    },
    deaf: async (student) => {
      await student.types('xm pause alpha; xm save alpha /tmp/second.save &');
      await student.waits(1.5);
    },
    helped: async (student) => {
      await student.types('xm unpause alpha');
      await student.waits(0.5);
    },
    checkpoint: async (student) => {
      await student.types('xm restore /tmp/second.save');
      await student.typesIn('alpha', 'echo one > /tmp/note');
      await student.types('xm save -c alpha /tmp/third.save');
      await student.typesIn('alpha', 'echo two > /tmp/note');
      await student.types('xm destroy alpha; xm restore /tmp/third.save');
      await student.typesIn('alpha', 'cat /tmp/note');
    },
  },
  mistakes: {
    destroyed: async (student) => {
      await student.types(CREATE);
      await student.types('xm destroy alpha');
      await student.waits(0.2);
    },
    fresh: async (student) => {
      await student.types(CREATE);
      await student.waits(0.2);
    },
    gone: async (student) => {
      await student.types('xm restore /tmp/second.save');
      await student.typesIn('alpha', 'echo one > /tmp/note');
      await student.types('xm save alpha /tmp/third.save');
      await student.waits(0.2);
    },
  },
};
