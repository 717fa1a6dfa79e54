/** What comes into a world from outside, and when: with its description and its images, all that a run is a function of. */
import type { LanFault } from '../../../devices/lan/lan.ts';
import type { InputAt } from '../time/past.ts';

/** What comes to a host: keys that are typed on its console, or a fault. Its instant is by the host's clock. */
export interface Input extends InputAt {
  readonly host: number;
}

/** What is broken of a LAN: of the frames that cross its switch behind that time. */
export interface LanInput {
  readonly lan: number;
  readonly atNs: number;
  readonly fault: LanFault;
}
