/** What is waited for in vain is given up by the guest's time, or by turns of a page whose guest stands; nothing else is. */
import { expect, test } from 'vitest';
import { losesPatience } from './testing-patience.ts';

/** What is said in the end of a page whose guest is at these times, turn by turn, and after how many turns. */
async function givenUp(at: (turn: number) => number | undefined, closedAt = Infinity) {
  let turns = 0;
  const page = {
    isClosed: () => turns >= closedAt,
    evaluate: (): Promise<never> => {
      const guestSeconds = at(turns++);
      if (guestSeconds === undefined) return Promise.reject(new Error('it is being loaded'));
      return Promise.resolve({ guestSeconds, shown: `${String(guestSeconds)} s` } as never);
    },
  };
  const shown = await losesPatience(page, new AbortController().signal, () => Promise.resolve());
  return { shown, turns };
}

test('the guest has two minutes, however many turns they are', async () => {
  expect(await givenUp((turn) => 7 + turn / 64)).toEqual({ shown: '127 s', turns: 120 * 64 + 1 });
});

test('one that skips idle time has turns of the page besides', async () => {
  expect(await givenUp((turn) => turn * 1000)).toEqual({ shown: '119000 s', turns: 120 });
});

test('one that stands has more turns, each time that it does', async () => {
  expect(await givenUp(() => 3)).toEqual({ shown: '3 s', turns: 2400 });
  expect(await givenUp((turn) => Math.min(turn, 50))).toEqual({ shown: '50 s', turns: 2451 });
});

test('a page that is loaded anew begins with an earlier time', async () => {
  const loaded = (turn: number) => (turn < 100 ? 500 + turn : turn < 110 ? undefined : (turn - 110) / 2);
  expect(await givenUp(loaded)).toEqual({ shown: '21 s', turns: 153 });
});

test('one that is closed is nothing to wait for', async () => {
  expect(await givenUp(() => 3, 20)).toEqual({ shown: undefined, turns: 20 });
});
