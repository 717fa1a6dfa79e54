/** What a student does who does it right, and what the text warns of. */
import type { Solution } from '../testing-lessons.ts';

const CREATE = 'xm create mote name=alpha memory=16; xm create mote name=beta memory=16';

export const EVENT_CHANNELS_SOLUTION: Solution = {
  steps: {
    offer: async (student) => {
      await student.types(CREATE);
      await student.typesIn('alpha', 'hypercall event_channel_op 6 @0x27ff0,0');
    },
    bind: (student) => student.typesIn('beta', 'hypercall event_channel_op 0 @0x500000001,0'),
    lost: async (student) => {
      await student.typesIn('beta', 'hypercall event_channel_op 4 @5,0');
      await student.typesIn('beta', 'hypercall event_channel_op 4 @5,0');
    },
    mend: (student) => student.typesIn('alpha', 'hypercall event_channel_op 9 @5,0'),
    close: (student) => student.typesIn('alpha', 'hypercall event_channel_op 3 @5,0'),
  },
  mistakes: {
    other: async (student) => {
      await student.types(CREATE);
      await student.typesIn('alpha', 'hypercall event_channel_op 6 @0x07ff0,0');
    },
    'wrong-end': (student) => student.typesIn('beta', 'hypercall event_channel_op 3 @5,0'),
  },
};
