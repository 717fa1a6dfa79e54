/** What a host would do, without having done it. */
import type { Xen } from '../../hypervisor/xen.ts';
import type { Lab } from './lab.ts';

/**
 * Lets a host do something that has never happened: nobody hears of it, and behind it everything is as it was. `work` runs the
 * hypervisor by itself; other hosts of its world stand still meanwhile. Throws what that throws.
 */
export function aside<T>(lab: Lab, work: (hypervisor: Xen) => T): T {
  const { hypervisor, course, breaks } = lab;
  const { console, onConsole } = hypervisor;
  const { onOutput } = console;
  if (lab.crash !== null) throw lab.crash;
  const saved = course.save();
  console.onOutput = hypervisor.onConsole = () => undefined;
  breaks.disarm();
  try {
    return hypervisor.trace.quietly(() => work(hypervisor));
  } finally {
    course.restore(saved);
    console.onOutput = onOutput;
    hypervisor.onConsole = onConsole;
    breaks.arm();
  }
}
