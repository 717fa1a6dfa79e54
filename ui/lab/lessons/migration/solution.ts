/** What a student does who does it right, and what the text warns of. */
import type { Student } from '../testing.ts';
import type { Solution } from '../testing-lessons.ts';

const [A, B] = [0, 1];
const TO_A = 'alpha 10.0.0.100';
const TO_B = 'alpha 10.0.0.101';

async function opens(student: Student, host: number): Promise<void> {
  await student.types("echo '(xend-relocation-server yes)' >> /etc/xen/xend-config.sxp", host);
  await student.types("echo '(xend-relocation-hosts-allow .)' >> /etc/xen/xend-config.sxp", host);
  await student.types('xend restart', host);
}

export const MIGRATION_SOLUTION: Solution = {
  steps: {
    move: async (student) => {
      await student.types('xm create mote name=alpha memory=8', A);
      await opens(student, B);
      await student.types(`xm migrate ${TO_B}`, A);
    },
    live: async (student) => {
      await opens(student, A);
      await student.types(`xm migrate --live ${TO_A}`, B);
    },
    busy: async (student) => {
      await student.typesIn('alpha', 'thrash 1 40 > /dev/null &', A);
      await student.types(`xm migrate --live --resource=100 ${TO_B}`, A);
    },
    converges: (student) => student.types(`xm migrate --live ${TO_A}`, B),
  },
  mistakes: {
    closed: async (student) => {
      await student.types('xm create mote name=alpha memory=8', A);
      await student.types(`xm migrate ${TO_B}`, A);
    },
    still: async (student) => {
      await opens(student, A);
      await student.types(`xm migrate ${TO_A}`, B);
    },
    rounds: (student) => student.types(`xm migrate --live --resource=100 --max-rounds=6 ${TO_A}`, B),
    stopped: async (student) => {
      await student.typesIn('alpha', 'kill %1', B);
      await student.types(`xm migrate --live --resource=100 ${TO_A}`, B);
    },
  },
  weighty: ['rounds', 'stopped'],
};
