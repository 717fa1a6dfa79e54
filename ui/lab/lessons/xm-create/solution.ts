/** What a student does who does it right, and what the text warns of. */
import type { Solution } from '../testing-lessons.ts';

const DESCRIBE =
  "cat /etc/xen/mote > /etc/xen/first; echo 'name = \"first\"' >> /etc/xen/first; echo 'memory = 24' >> /etc/xen/first";

export const XM_CREATE_SOLUTION: Solution = {
  steps: {
    paused: async (student) => {
      await student.types(DESCRIBE);
      await student.types('xm create -p first');
      await student.waits(0.2);
    },
    prompt: async (student) => {
      await student.types('xm unpause first');
      await student.waits(0.5);
    },
    store: (student) => student.typesIn('first', 'xenstore-write data/hello there'),
    second: async (student) => {
      await student.types('xm create first name=second');
      await student.waits(0.5);
    },
    ends: async (student) => {
      await student.types('xm shutdown -w first');
      await student.types('xm destroy second');
    },
  },
  mistakes: {
    running: async (student) => {
      await student.types(DESCRIBE);
      await student.types('xm create first');
      await student.waits(0.5);
      await student.types('xm pause first');
    },
    size: async (student) => {
      await student.types(DESCRIBE);
      await student.types('xm create -p first memory=32');
      await student.waits(0.2);
    },
    elsewhere: (student) => student.types('xenstore-write data/hello there'),
    plug: (student) => student.types('xm destroy first'),
    asked: (student) => student.types('xm shutdown -w second'),
  },
};
