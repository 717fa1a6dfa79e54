/** A lesson behind messages, as the page takes it: begun, judged while it runs, gone on with from its evidence. */
import { expect, test } from 'vitest';
import { dom0Images } from '../../../guests/toolchain/mote-node.ts';
import { loadCore } from '../core-node.ts';
import type { Command, Update } from '../protocol.ts';
import { Session } from '../session/session.ts';
import { buildKernels } from './build-node.ts';
import { gradeResult } from './grade.ts';
import { NO_PROGRESS, withDone } from './result.ts';
import { XM_CREATE } from './xm-create/lesson.ts';

const keys = (line: string): Command => ({ type: 'keys', bytes: new TextEncoder().encode(`${line}\r`) });

test('a step is judged while it runs, and the lesson goes on from there', async () => {
  const updates: Update[] = [];
  const session = new Session(loadCore(), (update) => updates.push(structuredClone(update)));
  const images = await dom0Images();
  const printed = (): string =>
    updates.map((each) => (each.type === 'console' ? new TextDecoder().decode(each.bytes) : '')).join('');
  const until = (text: string): Promise<void> => session.command({ type: 'runUntil', text });
  const judged = () => updates.flatMap((each) => (each.type === 'lesson' ? [each.judged] : []));

  await session.command({ type: 'pace', realTime: false });
  const began = session.command({ type: 'lesson', lesson: 'xm-create', done: [], ...images });
  await until('/ \\$ $');
  await began;
  await session.command(keys('xm create mote name=first; echo made'));
  await until('\\nmade');
  await session.command({ type: 'runUntil', seconds: 0.5 });
  expect(judged()).toEqual([{ kind: 'mistakes', step: 'paused', made: ['running'] }]);
  await session.command(keys('xm destroy first; xm create -p mote name=first memory=24; echo again'));
  await until('\\nagain');
  await session.command({ type: 'runUntil', seconds: 1 });
  const progress = judged().reduce(
    (before, each) => (each.kind === 'done' ? withDone(before, each) : before),
    NO_PROGRESS,
  );
  expect(progress.done).toEqual([{ step: 'paused', answer: 0 }]);

  // What the page exports is what `xenoscope grade` takes.
  const result = { lesson: 'xm-create', guesses: {}, evidence: progress.evidence };
  expect((await gradeResult(loadCore(), XM_CREATE, result, images, buildKernels))[0]).toMatchObject({
    holds: true,
    answer: 0,
  });

  updates.length = 0;
  const from = progress.evidence[0]!.recording;
  const goesOn = session.command({ type: 'lesson', lesson: 'xm-create', done: ['paused'], from, ...images });
  await session.command(keys('xm unpause first; echo on'));
  await until('\\non');
  await goesOn;
  expect(printed()).toContain('xm create -p mote');
  await session.command({ type: 'runUntil', seconds: 2 });
  expect(judged()).toMatchObject([{ kind: 'done', step: 'prompt', answer: 1, isNew: true }]);
});

test('a lesson that is not there is told of, and what there was goes on', async () => {
  const updates: Update[] = [];
  const session = new Session(loadCore(), (update) => updates.push(update));
  await session.command({ type: 'lesson', lesson: 'none', done: [], ...(await dom0Images()) });
  expect(updates).toContainEqual({ type: 'error', command: 'lesson', message: 'there is no lesson none' });
});
