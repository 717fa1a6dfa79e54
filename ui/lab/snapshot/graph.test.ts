/** Graphs of objects, saved and read. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ClassTable } from './classes.ts';
import { SnapshotError } from './errors.ts';
import { readGraph } from './graph-reader.ts';
import { writeGraph } from './graph-writer.ts';

class Point {
  x = 0;
  y = 0;
  readonly next: Point | null;
  /** Somebody listens. */
  onMove: (() => void) | null = null;

  constructor(next: Point | null) {
    this.next = next;
  }
}
class Disk {
  readonly blocks = new Map<number, Uint8Array>();
}
const CLASSES = new ClassTable({
  Point: { type: Point, but: ['onMove'] },
  Disk: { type: Disk, frozen: ['blocks'] },
});

/** What comes out of a new world `root` that gets what was saved of `value`. */
function through(value: unknown, root: object = { value: undefined }): unknown {
  readGraph(writeGraph({ value }, CLASSES), root, CLASSES);
  return (root as { value: unknown }).value;
}

const values = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.double(),
    fc.maxSafeInteger(),
    fc.string(),
    fc.constantFrom(undefined, null, true, false, -0, 0.5, -1.5, Infinity),
    fc.uint8Array({ maxLength: 400 }),
    fc.float64Array({ maxLength: 60 }),
    fc.array(tie('value')),
    fc.dictionary(
      fc.string().filter((key) => key !== '__proto__'),
      tie('value'),
      { noNullPrototype: true },
    ),
    fc.array(fc.tuple(fc.string(), tie('value'))).map((entries) => new Map(entries)),
    fc.array(fc.integer()).map((items) => new Set(items)),
  ),
})).value;

test('whatever was saved is read, into a world that has nothing, something else, or the same', () => {
  fc.assert(
    fc.property(values, values, (value, other) => {
      expect(through(value)).toStrictEqual(value);
      expect(through(value, { value: other })).toStrictEqual(value);
      const again = writeGraph({ value: through(value) }, CLASSES);
      expect(again).toEqual(writeGraph({ value }, CLASSES));
    }),
    { seed: 3 },
  );
});

test('what was one object is one, circles are circles, and of who listens nothing is saved', () => {
  const last = new Point(null);
  const first = new Point(last);
  const circle: unknown[] = [first, last, new Map([[last, first]])];
  circle.push(circle);
  last.onMove = () => undefined;
  const read = through(circle) as [Point, Point, Map<Point, Point>, unknown];
  expect(read[0].next).toBe(read[1]);
  expect(read[2].get(read[1])).toBe(read[0]);
  expect(read[3]).toBe(read);
  expect(read[1]).toBeInstanceOf(Point);
  expect(read[1].onMove).toBe(undefined);
});

test('objects of the new world stay, with who listens to them, and none stands for two', () => {
  const heard: number[] = [];
  const there = new Point(null);
  there.onMove = () => heard.push(1);
  const root = { value: [there, there] };
  const [one, other] = [new Point(null), new Point(null)];
  one.x = 1;
  other.x = 2;
  const [first, second] = through([one, other], root) as Point[];
  expect(first).toBe(there);
  expect(second).not.toBe(there);
  expect([first!.x, second!.x]).toEqual([1, 2]);
  first!.onMove?.();
  expect(heard).toEqual([1]);
});

test('blocks of a disk are shared, other arrays copied', () => {
  const disk = new Disk();
  const block = new Uint8Array(4096).fill(7);
  const array = new Uint8Array(4096).fill(8);
  disk.blocks.set(3, block);
  const graph = writeGraph({ disk, array }, CLASSES);
  expect(graph.blocks[0]).toEqual(block);
  expect(graph.blocks[0]!.buffer).toBe(block.buffer);
  expect(graph.blocks[1]!.buffer).not.toBe(array.buffer);
  const root: { disk: Disk; array?: Uint8Array } = { disk: new Disk() };
  readGraph(graph, root, CLASSES);
  expect(root.disk.blocks.get(3)!.buffer).toBe(block.buffer);
});

class Unknown {}

describe('what cannot be saved is refused with the place where it is', () => {
  test.each<[string, unknown, string]>([
    ['a function', { a: [() => 0] }, 'world.value.a[0] is a function, and that is no state'],
    [
      'a class in no list',
      { a: new Unknown() },
      'world.value.a is a Unknown, a class that is in no list of what is state',
    ],
    ['a symbol', new Map([['k', Symbol('s')]]), 'world.value{k} is a symbol, and that is no state'],
    [
      'a promise',
      [Promise.resolve()],
      'world.value[0] is a Promise, a class that is in no list of what is state',
    ],
    [
      'two arrays over the same memory',
      ((bytes) => [bytes, new Uint16Array(bytes.buffer)])(new Uint8Array(8)),
      'world.value[1] shares its memory with another array',
    ],
  ])('%s', (_what, value, message) => {
    expect(() => writeGraph({ value }, CLASSES)).toThrow(new SnapshotError(message));
  });
});

test('damaged bytes are an error of one line, or another graph; never anything else', () => {
  const graph = writeGraph(
    { value: [new Point(new Point(null)), 'text', new Map([[1, new Uint8Array(300)]])] },
    CLASSES,
  );
  fc.assert(
    fc.property(fc.nat(graph.bytes.length - 1), fc.nat(255), fc.nat(40), (at, byte, cut) => {
      const bytes = graph.bytes.slice(0, cut === 0 ? at : undefined);
      bytes[at] = byte;
      try {
        readGraph({ bytes, blocks: graph.blocks }, { value: undefined }, CLASSES);
      } catch (error) {
        expect(error).toBeInstanceOf(SnapshotError);
        expect((error as Error).message).toMatch(/^[^\n]+$/);
      }
    }),
    { seed: 4, numRuns: 3000 },
  );
});
