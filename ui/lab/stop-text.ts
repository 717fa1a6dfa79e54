/** Why a run or a step stopped, and how far it went, in a sentence. */
import { EVENT_STEPS, isEventStep } from './event-steps.ts';
import type { EventStep } from './event-steps.ts';
import type { Lab } from './lab.ts';
import type { EventPlace, Stop } from './stop.ts';
import type { StepKind } from './protocol.ts';

/** Where a run began. */
export interface Start {
  readonly ns: number;
  readonly instructions: number;
}

const WANTED: Readonly<Record<Exclude<StepKind, EventStep>, string>> = {
  instruction: 'the next instruction',
  line: 'another line',
  over: 'another line of this function',
  out: 'who called this function',
};

/** What a step is after. */
export function wantedBy(kind: StepKind): string {
  return isEventStep(kind) ? `the next ${EVENT_STEPS[kind].one}` : WANTED[kind];
}

/**
 * `stop`: undefined for a run that was told to pause, null for a step that gave up. `kind`: of the step, where it was one.
 */
export function describeStop(lab: Lab, stop: Stop | undefined | null, start: Start, kind?: StepKind): string {
  return `${reason(lab, stop, kind)}${went(lab, start)}`;
}

function reason(lab: Lab, stop: Stop | undefined | null, kind: StepKind | undefined): string {
  if (stop === null) return `Gave up: ${kind === undefined ? 'it' : wantedBy(kind)} has not come`;
  if (stop === undefined)
    return kind === undefined ? `Paused${at(lab)}` : `Cancelled before ${wantedBy(kind)}${at(lab)}`;
  switch (stop.kind) {
    case 'breakpoint':
      return `Breakpoint${who(lab)}${at(lab)}`;
    case 'event':
      return `What you wait for: ${by(stop.event)}`;
    case 'step':
      return stop.event === undefined
        ? `One ${kind === 'instruction' ? 'instruction' : 'step'}${who(lab)}${at(lab)}`
        : `Stepped to ${one(kind)}: ${by(stop.event)}`;
    case 'text':
      return `The console has printed ${JSON.stringify(stop.text.trim().slice(-40))}`;
    case 'time':
      return 'That much guest time is over';
    case 'instructions':
      return 'That many instructions are retired';
    case 'ended':
      return 'The domain has ended';
    case 'idle':
      return 'Everybody waits for ever: no timer is set, only input changes that';
    case 'waiting':
      return 'A disk lacks bytes that are elsewhere';
  }
}

/** Of what a step has come to. */
function one(kind: StepKind | undefined): string {
  if (kind === undefined || !isEventStep(kind)) return 'what was looked for';
  const { article, one: name } = EVENT_STEPS[kind];
  return `${article} ${name}`;
}

function by({ domain, vcpu, text }: EventPlace): string {
  return `d${String(domain)}v${String(vcpu)} ${text}`;
}

function who({ hypervisor: { current } }: Lab): string {
  return current === null ? '' : ` in d${String(current.domain.id)}v${String(current.id)}`;
}

/** Where the sources have it. */
function at(lab: Lab): string {
  const place = lab.here();
  return place === null ? '' : ` at ${place.function}, ${place.file}:${String(place.line)}`;
}

const MILLISECOND_NS = 1e6;

/** Instructions, and time where it passed without them: a host that was idle has jumped. */
function went(lab: Lab, { ns, instructions }: Start): string {
  const done = lab.instructions - instructions;
  const idleNs = lab.ns - ns - done * lab.periodNs;
  const steps = done === 0 ? '' : `${done.toLocaleString('en')} instruction${done === 1 ? '' : 's'} on`;
  const jump =
    idleNs < MILLISECOND_NS ? '' : `the host was idle, and ${(idleNs / 1e9).toFixed(3)} s of its time passed`;
  const all = [steps, jump].filter((part) => part !== '').join('; ');
  return all === '' ? '.' : ` (${all}).`;
}
