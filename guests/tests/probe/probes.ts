import { INSTRUCTIONS } from './instructions.ts';
import { HYPERCALLS } from './hypercalls.ts';
import { MSRS } from './msrs.ts';
import type { Probe } from './probe.ts';

/** All questions, in the order they are asked: later ones find what earlier ones left. */
export const PROBES: readonly Probe[] = [...HYPERCALLS, ...MSRS, ...INSTRUCTIONS];
