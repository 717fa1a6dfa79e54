/** Drives a world with the terminal as its consoles, until what was asked for has happened, or the person leaves. */
import { DiskUnavailable } from '../lab/host-devices.ts';
import type { Pace } from '../lab/pacing.ts';
import type { WorldStop, WorldUntil } from '../lab/world/turns.ts';
import { driveWorld } from '../lab/world/world-pacing.ts';
import type { AnyWorld } from '../lab/world/world-pacing.ts';
import { SILENCE_NS, type Beside } from './run.ts';
import { Terminal, type Keys } from './terminal.ts';
import { UserError } from './user-error.ts';
import { WorldConsoles } from './world-consoles.ts';

/** How a run ended: as the world says; the person left; nobody types, and all consoles are silent. */
export type WorldEnding = WorldStop | { readonly kind: 'left' } | { readonly kind: 'silent' };

/** Runs to the end, as runInTerminal does one host. Throws UserError for a disk that cannot be read. */
export async function runWorldInTerminal(
  world: AnyWorld,
  wanted: WorldUntil,
  keys: Keys = process.stdin,
  { look, save, isServing = false }: Beside = {},
): Promise<WorldEnding> {
  const asked = wanted.text !== undefined || wanted.ns !== undefined;
  const names = world.description.hosts.map(({ name }) => name);
  const isWatched = process.stdout.isTTY;
  const consoles = new WorldConsoles(names, (bytes) => process.stdout.write(bytes), isWatched);
  let menu = new AbortController();
  let heardNs = 0;
  for (const host of names.keys())
    world.onConsole(host, (bytes) => {
      heardNs = world.ns;
      consoles.print(host, bytes);
    });
  const terminal = new Terminal(
    keys,
    (bytes) => {
      heardNs = world.ns;
      world.type(consoles.shown, bytes);
    },
    () => {
      menu.abort();
    },
  );
  const nobodyComes = (): boolean => terminal.inputEnded && !isServing;
  const endsInSilence = (): boolean => !asked && nobodyComes();
  const until: WorldUntil = {
    ...(wanted.text === undefined ? {} : { text: wanted.text }),
    get ns() {
      return wanted.ns ?? (endsInSilence() ? heardNs + SILENCE_NS : Infinity);
    },
  };
  const pace: Pace = {
    realTime: (keys.isTTY === true || isServing) && !asked,
    get inputEnded() {
      return nobodyComes() && wanted.ns === undefined;
    },
    get signal() {
      return menu.signal;
    },
    ...(look === undefined ? {} : { onSlice: look }),
  };
  try {
    for (;;) {
      const stop = await driveWorld(world, until, pace);
      if (stop !== undefined) return stop.kind === 'time' && endsInSilence() ? { kind: 'silent' } : stop;
      const key = await terminal.ask(question(names, consoles.shown, save !== undefined));
      if (key === 'q') return { kind: 'left' };
      if (key === 's' && save !== undefined) process.stderr.write(`[${await save()}]\r\n`);
      if (Number(key) >= 1 && Number(key) <= names.length) consoles.show(Number(key) - 1);
      menu = new AbortController();
    }
  } catch (error) {
    throw error instanceof DiskUnavailable ? new UserError(error.message) : error;
  } finally {
    terminal.close();
    consoles.end();
  }
}

function question(names: readonly string[], shown: number, canSave: boolean): string {
  const others = names.map((name, host) => `${String(host + 1)} ${name}`).join(', ');
  return `the console of ${names[shown]!}: ${others}: shows that host's; ${canSave ? 's saves all, ' : ''}q ends all`;
}
