/** What one steps by, forth and back, and how fast a run goes: what buttons and keys do alike. */
import { signal } from '@preact/signals';
import { isEventStep } from '../lab/event-steps.ts';
import type { BackKind, StepKind } from '../lab/protocol.ts';
import { kept } from './kept.ts';
import type { LabClient } from './lab-client.ts';

/** What one goes by. */
export type Unit = StepKind | 'breakpoint';

interface UnitWords {
  readonly unit: Unit;
  readonly label: string;
  readonly title: string;
}

/** One goes forth by these and back by all but the two that have no way back. */
export const UNITS: readonly { readonly group: string; readonly units: readonly UnitWords[] }[] = [
  {
    group: 'What happens',
    units: [
      { unit: 'hypercall', label: 'hypercall', title: 'A guest’s kernel calls Xen' },
      { unit: 'event', label: 'event upcall', title: 'Xen enters the guest’s event handler' },
      { unit: 'trap', label: 'trap', title: 'Xen hands an exception to a guest' },
      { unit: 'notification', label: 'notification', title: 'A port of an event channel is raised' },
      { unit: 'schedule', label: 'scheduling', title: 'A processor goes to another vcpu' },
      { unit: 'store', label: 'xenstore message', title: 'A domain and the store’s server' },
      { unit: 'frame', label: 'change of a frame', title: 'A page’s type, a page table’s entry' },
      {
        unit: 'ring',
        label: 'request in a ring',
        title: 'A frontend or its backend puts something into their ring',
      },
      {
        unit: 'device',
        label: 'disk or network card',
        title: 'A disk reads or writes; a frame goes out or comes in',
      },
      {
        unit: 'console',
        label: 'line on a console',
        title: 'A domain prints, on the machine’s console or on its own',
      },
      { unit: 'round', label: 'migration round', title: 'The dirty bitmap is asked for' },
    ],
  },
  {
    group: 'Code',
    units: [
      { unit: 'line', label: 'source line', title: 'Another line of the kernel’s or program’s own source' },
      { unit: 'over', label: 'line, over calls', title: 'Another line, past what this one calls' },
      { unit: 'out', label: 'out of the function', title: 'Until this function has returned' },
      { unit: 'instruction', label: 'instruction', title: 'One instruction of the running vcpu' },
      { unit: 'breakpoint', label: 'breakpoint', title: 'A line, or an event, that a run stops at' },
    ],
  },
];

/** By what one goes by. */
export const WORDS = new Map(UNITS.flatMap(({ units }) => units.map((each) => [each.unit, each] as const)));

export function isUnit(value: unknown): value is Unit {
  return typeof value === 'string' && WORDS.has(value as Unit);
}

export const unit = kept<Unit>('step-by', 'hypercall', isUnit);

/** How fast a run goes: so many steps a second, or as the host does. */
export const SPEEDS = ['real time', 'skip idle time', '1 step/s', '3 steps/s', '8 steps/s'] as const;
export type Speed = (typeof SPEEDS)[number];
export const speed = signal<Speed>('real time');

/** Nobody waits for the wall clock while the guest is idle. */
export function skipsIdle(): boolean {
  return speed.value === 'skip idle time';
}

/** Whether steps follow each other by themselves. */
export const walks = signal(false);

/** Of the domain that is looked at, where one is. */
function ofDomain(client: LabClient): { readonly domain?: number } {
  const { follows, shown } = client.state.value;
  return follows ? {} : { domain: shown };
}

export function stepBy(client: LabClient, by: Unit): void {
  if (by === 'breakpoint') client.send({ type: 'run' });
  else client.send({ type: 'step', kind: by, ...(isEventStep(by) ? ofDomain(client) : {}) });
}

export function backBy(client: LabClient, by: Unit): void {
  if (!hasWayBack(by)) return;
  client.send({ type: 'back', kind: by, ...(isEventStep(by) ? ofDomain(client) : {}) });
}

export function hasWayBack(by: Unit): by is BackKind {
  return by !== 'over' && by !== 'out';
}

/** Runs, or walks at the speed that is chosen; stops where it does either. */
export function toggleRun(client: LabClient): void {
  if (walks.value) walks.value = false;
  else if (client.state.value.running) client.send({ type: 'pause' });
  else if (stepsPerSecond() > 0 && unit.value !== 'breakpoint') walks.value = true;
  else client.send({ type: 'run' });
}

export function stepsPerSecond(): number {
  return parseInt(speed.value, 10) || 0;
}
