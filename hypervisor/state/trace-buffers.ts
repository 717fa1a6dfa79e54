/** The trace buffers that a toolstack has asked for (XEN_SYSCTL_tbuf_op): what is in them lies in machine memory. */
import { TRC_ALL } from '../abi/trace.ts';

export class TraceBuffers {
  /** Pages of the buffer of each processor; 0: there are none, which can change once. */
  pages = 0;
  /** The frame that tells which frames the buffers are in (t_info); -1: there is none. */
  infoMfn = -1;
  /** Those frames, by processor. */
  readonly frames: number[][] = [];
  isEnabled = false;
  /** Which classes and subclasses of events are wanted, and of which processors. */
  eventMask = TRC_ALL;
  cpuMask = 0xffff_ffff;
  /** Records that there was no room for, by processor, and when the first of them was, in ticks. */
  readonly lost: number[] = [];
  readonly lostTicks: number[] = [];
  /** Run states (RUNSTATE_*) as they were recorded last, by domain and vcpu: `1.0`. */
  readonly runstates = new Map<string, number>();
  /** A buffer is half full: whoever reads them is to be told. */
  isDue = false;
}
