/**
 * How long a test waits for the page: by what its guest does, never by the clock. What waits for something that never comes
 * fails, and tells what the page shows instead.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Locator, Page } from 'playwright-core';

/** Time of the guest, in seconds, in which something has to come that the guest is to do. */
const PATIENCE_SECONDS = 120;
/** One skips idle time, and has been a minute on before the page has drawn: as many turns of the page have to pass as well. */
const LEAST_TURNS = 120;
/** While the guest stands its time is none to go by: a build, a hash, a file that is read are waited for so many turns. */
const STANDING_TURNS = 2400;
/** A turn of the page: it has answered, and been let alone so long. Whoever looks more often takes from what it has to work with. */
const TURN_MS = 250;
/** Of a console, in characters. */
const TOLD_CHARACTERS = 300;

interface Seen {
  readonly guestSeconds: number;
  readonly shown: string;
}

/** What the page shows now; undefined while it is being loaded, or gone. */
async function look(page: Pick<Page, 'evaluate'>): Promise<Seen | undefined> {
  try {
    return await page.evaluate((characters) => {
      const text = (selector: string): string => document.querySelector(selector)?.textContent ?? '';
      const guestSeconds = Number(text('[data-testid=time]'));
      const shown = [
        `${String(guestSeconds)} s of guest time`,
        `status: ${text('[data-testid=status]')}`,
        `alert: ${text('[role=alert]')}`,
        `console: ${text('[data-testid=console] .xterm-rows').trimEnd().slice(-characters)}`,
      ];
      return { guestSeconds, shown: shown.join('\n') };
    }, TOLD_CHARACTERS);
  } catch {
    return undefined;
  }
}

/**
 * Comes to its end, and says what the page shows, where there is nothing more to be hoped for; says nothing where it is not
 * wanted any more.
 */
export async function losesPatience(
  page: Pick<Page, 'evaluate' | 'isClosed'>,
  signal: AbortSignal,
  turn: () => Promise<unknown> = () => sleep(TURN_MS),
): Promise<string | undefined> {
  let [turns, stood, seconds] = [0, 0, 0];
  let before: Seen | undefined;
  while (stood < STANDING_TURNS && (seconds < PATIENCE_SECONDS || turns < LEAST_TURNS)) {
    await turn();
    if (signal.aborted || page.isClosed()) return undefined;
    const now = await look(page);
    const passed = (now?.guestSeconds ?? 0) - (before?.guestSeconds ?? now?.guestSeconds ?? 0);
    // A page that is opened anew has an earlier time.
    seconds += Math.max(0, passed);
    stood = passed > 0 ? 0 : stood + 1;
    turns++;
    before = now ?? before;
  }
  return before?.shown ?? 'nothing';
}

/** The page that one is which waits patiently. */
const themselves = new WeakMap<object, Page>();

/** Does something at a page that may have to wait for it. `what` is told where it never comes. */
export async function patiently<T>(
  page: Page,
  what: () => string,
  does: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const over = new AbortController();
  const done = does(over.signal).then((value) => ({ value }));
  try {
    const first = await Promise.race([done, losesPatience(themselves.get(page) ?? page, over.signal)]);
    if (typeof first === 'string') throw new Error(`${what()} has not come; the page shows ${first}`);
    // Where the page was closed, what was done says so.
    return (await done).value;
  } finally {
    over.abort();
  }
}

function told(argument: unknown): string {
  if (typeof argument === 'function') return '…';
  return argument instanceof RegExp ? String(argument) : JSON.stringify(argument);
}

function isLocator(value: unknown): value is Locator {
  return typeof value === 'object' && value !== null && 'waitFor' in value && 'filter' in value;
}

/** A page that waits patiently in every call, and so do its parts. */
export function patient(page: Page): Page {
  const made = patientPart(page, page, 'page');
  themselves.set(made, page);
  return made;
}

function patientPart<T extends Page | Locator>(part: T, page: Page, path: string): T {
  return new Proxy(part, {
    get(target, key) {
      const member: unknown = Reflect.get(target, key, target);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]): unknown => {
        const called = `${path}.${String(key)}(${args.map(told).join(', ')})`;
        const result: unknown = Reflect.apply(member, target, args);
        if (isLocator(result)) return patientPart(result, page, called);
        return result instanceof Promise
          ? patiently(
              page,
              () => called,
              () => result,
            )
          : result;
      };
    },
  });
}

/** Waits until this is read. */
export async function eventually(page: Page, read: () => Promise<string>, expected: RegExp): Promise<void> {
  let last = '';
  await patiently(
    page,
    () => `${String(expected)}, only ${last},`,
    async (signal) => {
      while (!expected.test((last = await read()))) {
        signal.throwIfAborted();
        await sleep(TURN_MS / 4);
      }
    },
  );
}

/** Waits until the console that keys go to has this. */
export async function consoleHas(page: Page, wanted: string): Promise<void> {
  await page.waitForFunction(
    (text) =>
      document.querySelector('[data-testid=console] .xterm-rows')?.textContent.includes(text) === true,
    wanted,
  );
}
