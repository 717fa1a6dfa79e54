/**
 * The debug keys: what Xen tells of itself when asked on its serial line or by XEN_SYSCTL_debug_keys. A key that is none is
 * passed over in silence, as Xen does. Compare common/keyhandler.c.
 */
import type { Hypervisor } from '../state/hypervisor.ts';
import { clocks } from './clocks.ts';
import { domains } from './domains.ts';
import { eventChannels } from './event-channels.ts';
import { grantTables } from './grant-tables.ts';
import type { DebugKey } from './key.ts';
import { pressed } from './key.ts';
import { heap, memory } from './memory.ts';
import { dom0Registers, registers } from './registers.ts';
import { runQueues } from './run-queues.ts';
import { timers } from './timers.ts';

const help: DebugKey = {
  key: 'h',
  description: 'show this message',
  diagnostic: null,
  dump: () => [
    pressed('h', 'showing installed handlers'),
    ...DEBUG_KEYS.map(
      ({ key, description }) => ` key '${key}' (ascii '${key.charCodeAt(0).toString(16)}') => ${description}`,
    ),
  ],
};

const all: DebugKey = {
  key: '*',
  description: 'print all diagnostics',
  diagnostic: null,
  dump: (hypervisor) => {
    const lines = [pressed('*', 'firing all diagnostic keyhandlers')];
    for (const when of ['interrupt', 'tasklet'] as const)
      for (const { key, description, diagnostic, dump } of DEBUG_KEYS)
        if (diagnostic === when) lines.push(`[${key}: ${description}]`, ...dump(hypervisor));
    return lines;
  },
};

/** In the order of their characters. */
export const DEBUG_KEYS: readonly DebugKey[] = [
  all,
  dom0Registers,
  heap,
  timers,
  registers,
  eventChannels,
  grantTables,
  help,
  memory,
  domains,
  runQueues,
  clocks,
];

/** handle_keypress: does what a key (its character's code) asks for. */
export function handleKeypress(hypervisor: Hypervisor, code: number): void {
  const found = DEBUG_KEYS.find(({ key }) => key.charCodeAt(0) === code);
  if (found === undefined) return;
  for (const line of found.dump(hypervisor)) hypervisor.console.log(line);
}
