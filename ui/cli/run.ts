/** Drives a lab with the terminal as its console, until what was asked for has happened, or the person leaves. */
import { DiskUnavailable } from '../lab/host-devices.ts';
import type { Lab } from '../lab/lab.ts';
import type { Stop, Until } from '../lab/stop.ts';
import { drive, type Pace } from '../lab/pacing.ts';
import { Progress } from './progress.ts';
import { Terminal, type Keys } from './terminal.ts';
import { UserError } from './user-error.ts';

/**
 * Where nothing was asked for and nobody can type any more, a console that is silent for so long is taken to wait for input:
 * guest time, which flies where the guest is idle.
 */
export const SILENCE_NS = 600e9;

/** How a run ended: as the lab says; the person left; nobody types, and the console is silent. */
export type Ending = Stop | { readonly kind: 'left' } | { readonly kind: 'silent' };

/** What else happens while it runs. */
export interface Beside {
  /** Called whenever the lab stands; it waits. */
  readonly look?: () => Promise<void>;
  /** Ports lead to it: whoever types, others may come. It runs as fast as the clock on the wall. */
  readonly isServing?: boolean;
  /** Saves the lab, and says what came of it. */
  readonly save?: () => Promise<string>;
}

/** Runs to the end. Guest time is real time where a person watches. Throws UserError for a disk that cannot be read. */
export async function runInTerminal(
  lab: Lab,
  wanted: Until,
  keys: Keys = process.stdin,
  { look, save, isServing = false }: Beside = {},
): Promise<Ending> {
  const asked = wanted.text !== undefined || wanted.ns !== undefined;
  const progress = new Progress(lab, process.stderr.isTTY && !process.stdout.isTTY);
  let menu = new AbortController();
  let heardNs = 0;
  lab.onConsole((bytes) => {
    heardNs = lab.ns;
    process.stdout.write(bytes);
  });
  const terminal = new Terminal(
    keys,
    (bytes) => {
      heardNs = lab.ns;
      lab.type(bytes);
    },
    () => {
      menu.abort();
    },
  );
  const nobodyComes = (): boolean => terminal.inputEnded && !isServing;
  const isSilent = (): boolean => !asked && nobodyComes() && lab.ns >= heardNs + SILENCE_NS;
  const until: Until = {
    ...(wanted.text === undefined ? {} : { text: wanted.text }),
    get ns() {
      return wanted.ns ?? (!asked && nobodyComes() ? heardNs + SILENCE_NS : Infinity);
    },
  };
  const pace: Pace = {
    realTime: (keys.isTTY === true || isServing) && !asked,
    // Who wants to come to a time gets there, though nothing happens on the way.
    get inputEnded() {
      return nobodyComes() && wanted.ns === undefined;
    },
    get signal() {
      return menu.signal;
    },
    onSlice: async () => {
      progress.tick();
      await look?.();
    },
  };
  try {
    for (;;) {
      const stop = await drive(lab, until, pace);
      if (stop !== undefined) return stop.kind === 'time' && isSilent() ? { kind: 'silent' } : stop;
      const key = await terminal.ask(
        `${whatRuns(lab)}: q ends it${save === undefined ? '' : ', s saves it'}`,
      );
      if (key === 'q') return { kind: 'left' };
      if (key === 's' && save !== undefined) process.stderr.write(`[${await save()}]\r\n`);
      menu = new AbortController();
    }
  } catch (error) {
    throw error instanceof DiskUnavailable ? new UserError(error.message) : error;
  } finally {
    terminal.close();
    progress.clear();
  }
}

/** What would end with the host. */
function whatRuns({ hypervisor, domain }: Lab): string {
  if (!domain.isPrivileged) return 'a domain runs';
  const others = hypervisor.domains.size - 1;
  return `a host runs, with ${others === 0 ? 'no domain' : others === 1 ? '1 domain' : `${String(others)} domains`} beside domain 0`;
}
