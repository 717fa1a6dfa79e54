/** The page's own keys: F6 goes from pane to pane, F7 to F11 let the host go on, and back. They work everywhere, in the terminal too. */
import type { StepKind } from '../lab/protocol.ts';
import type { LabClient } from './lab-client.ts';
import { backBy, stepBy, toggleRun, unit } from './steps.ts';

export const RUN_KEY = 'F8';
/** A step by what is chosen, forth and back. */
export const STEP_KEY = 'F7';
export const BACK_KEY = 'Shift+F7';

/** Some kinds of step have a key of their own, as the browser names it, with Shift where it says so. */
export const STEP_KEYS: Readonly<Partial<Record<StepKind, string>>> = {
  hypercall: 'F9',
  event: 'Shift+F9',
  over: 'F10',
  line: 'F11',
  out: 'Shift+F11',
  instruction: 'Shift+F8',
};

const STEPS = new Map(Object.entries(STEP_KEYS).map(([kind, key]) => [key, kind as StepKind]));

function nameOf({ key, shiftKey }: KeyboardEvent): string {
  return shiftKey ? `Shift+${key}` : key;
}

/** Whether a key is the page's, wherever it is pressed. */
export function isPaneKey(event: KeyboardEvent): boolean {
  if (event.ctrlKey || event.altKey || event.metaKey) return false;
  return ['F6', 'F7', RUN_KEY].includes(event.key) || STEPS.has(nameOf(event));
}

/** Listens for the page's keys. Returns what ends that. */
export function listen(client: LabClient): () => void {
  const pressed = (event: KeyboardEvent): void => {
    if (document.querySelector('dialog[open]') !== null) return;
    const { running, stepping } = client.state.value;
    if (event.key === 'Escape' && stepping !== null) client.send({ type: 'pause' });
    if (!isPaneKey(event)) return;
    event.preventDefault();
    if (event.key === 'F6') goToPane(event.shiftKey ? -1 : 1);
    else if (!event.repeat) control(client, nameOf(event), running);
  };
  addEventListener('keydown', pressed);
  return () => {
    removeEventListener('keydown', pressed);
  };
}

function control(client: LabClient, key: string, running: boolean): void {
  const { booted, ended } = client.state.value;
  if (!booted || ended !== null || client.playing.value) return;
  const kind = STEPS.get(key);
  if (key === RUN_KEY) toggleRun(client);
  else if (key === STEP_KEY && !running) stepBy(client, unit.value);
  else if (key === BACK_KEY && !running) backBy(client, unit.value);
  else if (kind !== undefined && !running) client.send({ type: 'step', kind });
}

const FOCUSABLE = 'button:not(:disabled), [tabindex="0"], input, select, textarea, summary';

/** Puts the focus into the next pane, or the one before. */
function goToPane(by: 1 | -1): void {
  const panes = [...document.querySelectorAll<HTMLElement>('[data-pane]')].filter(
    (pane) => pane.offsetParent !== null,
  );
  const at = panes.findIndex((pane) => pane.contains(document.activeElement));
  const next = at < 0 ? 0 : (at + by + panes.length) % panes.length;
  const pane = panes[next];
  const terminal = pane?.querySelector<HTMLElement>('.screen:not([hidden]) textarea');
  const inside = [...(pane?.querySelectorAll<HTMLElement>(FOCUSABLE) ?? [])].find(
    (each) => each.tabIndex >= 0 && each.offsetParent !== null,
  );
  (terminal ?? inside)?.focus();
}
