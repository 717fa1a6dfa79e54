/** A session saves its host and opens one that was saved, as a page has it done. */
import { expect, test } from 'vitest';
import { helloKernel } from '../../../guests/tests/hello.ts';
import { loadCore } from '../core-node.ts';
import { imagesAmong } from '../own-images.ts';
import type { Command, Update } from '../protocol.ts';
import { Session } from './session.ts';

const core = loadCore();
const kernel = await helloKernel();
const BOOT: Command = { type: 'boot', kernel, commandLine: '', memoryMb: 16, vcpus: 1 };
const LATER_SECONDS = 5;

class Face {
  readonly updates: Update[] = [];
  readonly session: Session;

  constructor(images: readonly Uint8Array[] = []) {
    // What a worker posts has to survive that.
    const post = (update: Update): unknown => this.updates.push(structuredClone(update));
    this.session = new Session(core, post, imagesAmong(images));
  }

  async do(...commands: readonly Command[]): Promise<void> {
    for (const command of commands) await this.session.command(command);
  }

  last<T extends Update['type']>(type: T): Extract<Update, { type: T }> | undefined {
    return this.updates.findLast((update): update is Extract<Update, { type: T }> => update.type === type);
  }

  get printed(): string {
    return this.updates
      .map((update) => (update.type === 'console' ? new TextDecoder().decode(update.bytes) : ''))
      .join('');
  }

  async hash(): Promise<string> {
    await this.do({ type: 'runUntil', seconds: LATER_SECONDS }, { type: 'hash' });
    expect(this.last('state')!.state.ns).toBe(LATER_SECONDS * 1e9);
    return this.last('hash')!.hash;
  }
}

async function saved(): Promise<{ readonly face: Face; readonly file: Uint8Array }> {
  const face = new Face();
  await face.do(BOOT, { type: 'pace', realTime: false }, { type: 'runUntil', text: 'Type something' });
  await face.do({ type: 'save', purpose: 'file' });
  const { file, purpose, ns } = face.last('saved')!;
  expect([purpose, ns]).toEqual(['file', face.last('state')!.state.ns]);
  return { face, file };
}

test('who opens it sees what there was, and goes on to the same state; where it stands is told with its sources', async () => {
  const { face, file } = await saved();
  const other = new Face([new Uint8Array(5), kernel]);
  await other.do({ type: 'pace', realTime: false }, { type: 'open', file });
  expect(other.last('error')).toBe(undefined);
  expect(other.printed).toBe(face.printed);
  const { state } = other.last('state')!;
  expect(state.stopped).toMatch(/^It stands where it was saved, at \d+\.\d{3} s\.$/);
  expect(state.vcpus[0]!.stack[0]!.file).toMatch(/^kernel\//);
  expect(await other.hash()).toBe(await face.hash());
});

test('breakpoints that were set before hold in what is opened', async () => {
  const { file } = await saved();
  const other = new Face([kernel]);
  const wanted = { file: 'tests/kernels/hello/main.ts', line: 1, last: 1000 };
  await other.do({ type: 'breakpoints', lines: [wanted] }, { type: 'open', file });
  expect(other.last('state')!.state.breakpoints).toMatchObject([{ wanted, why: null }]);
});

test('where the kernel is not there, that is said, and it goes on without sources', async () => {
  const { file } = await saved();
  const other = new Face();
  await other.do({ type: 'open', file }, { type: 'step', kind: 'instruction' });
  expect(other.last('error')).toMatchObject({
    command: null,
    message: expect.stringMatching(
      /^No sources are shown: it needs its kernel .*, which is not here\.$/,
    ) as string,
  });
  expect(other.last('state')!.state.stopped).toMatch(/^One instruction/);
});

test('what cannot be opened is refused in a line, and what was there goes on', async () => {
  const { face, file } = await saved();
  const damaged = file.slice();
  damaged[file.length >>> 1]! ^= 1;
  for (const [bytes, message] of [
    [new TextEncoder().encode('no snapshot'), 'it is neither a snapshot nor a recording of Xenoscope'],
    [damaged, 'it is damaged or incomplete: its checksum is not that of its content'],
  ] as const) {
    await face.do({ type: 'open', file: bytes });
    expect(face.last('error')).toEqual({ type: 'error', command: 'open', message });
  }
  const other = new Face();
  await other.do(BOOT, { type: 'pace', realTime: false });
  expect(await face.hash()).toBe(await other.hash());
});
