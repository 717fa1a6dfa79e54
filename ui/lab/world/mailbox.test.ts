/** Messages between two threads. */
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { Mailbox } from './mailbox.ts';

/** A thread that sends back what it gets: by the bytes alone, since it has nothing of ours but memory. */
const ECHO = `
  const { workerData: [from, to] } = require('node:worker_threads');
  const cells = (shared) => new Int32Array(shared, 0, 4);
  const bytes = (shared) => new Uint8Array(shared, 16);
  for (;;) {
    Atomics.wait(cells(from), 0, 0);
    Atomics.wait(cells(to), 0, 1);
    bytes(to).set(bytes(from));
    cells(to).set(cells(from).subarray(1, 3), 1);
    for (const [shared, state] of [[to, 1], [from, 0]]) {
      Atomics.store(cells(shared), 0, state);
      Atomics.notify(cells(shared), 0);
    }
  }`;

test('messages of any length come whole and in their order, however many pieces they go in', async () => {
  const [out, back] = [new Mailbox(), new Mailbox()];
  const thread = new Worker(ECHO, { eval: true, workerData: [out.shared, back.shared] });
  for (const length of [0, 1, 1000, 2 ** 18, 2 ** 18 + 1, 2 ** 19, 5]) {
    const message = Uint8Array.from({ length }, (_, n) => n * 7 + length);
    out.send(message);
    expect(Buffer.compare(back.receive(60_000)!, message)).toBe(0);
  }
  await thread.terminate();
});

test('where nothing comes, that is told', () => {
  expect(new Mailbox().receive(1)).toBe(null);
});
