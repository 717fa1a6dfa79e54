/** Names that the stage and its inspector say things by. */

/** VIRQ_* of xen.h. */
export const VIRQ_NAMES: Readonly<Record<number, string>> = {
  0: 'timer',
  1: 'debug',
  2: 'console',
  3: 'domain exception',
  4: 'trace buffers',
  6: 'debugger',
  7: 'oprofile',
  8: 'console ring',
  9: 'PCPU state',
  10: 'memory event',
  11: 'Argo',
  12: 'out of memory',
  13: 'PMU',
};

/** XenbusState*, of xenbus.h. */
export const XENBUS_STATES = [
  'unknown',
  'initialising',
  'init wait',
  'initialised',
  'connected',
  'closing',
  'closed',
  'reconfiguring',
  'reconfigured',
] as const;
