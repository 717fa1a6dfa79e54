/**
 * Brings back a graph that graph-writer.ts saved, into a new world: where that has an object of the same kind in the same
 * place, it gets the saved values, so that what is no state there (who listens, what is bound to the machine) stays; where it
 * has none, one is made.
 */
import { ByteReader } from './bytes.ts';
import type { ClassTable } from './classes.ts';
import { SnapshotError } from './errors.ts';
import type { SavedGraph } from './graph-writer.ts';
import * as tags from './tags.ts';
import type { NumberArray } from './tags.ts';

interface Shape {
  /** Empty: a plain object. */
  readonly name: string;
  readonly prototype: object;
  readonly keys: readonly string[];
}

/** How deep a graph may be: a damaged one must not overflow the stack. */
const MOST_DEEP = 2000;

class GraphReader {
  private readonly classes: ClassTable;
  private readonly reader: ByteReader;
  private readonly blocks: readonly Uint8Array[];
  private readonly objects: object[] = [];
  private readonly shapes: Shape[] = [];
  /** Objects of the new world that have got their values. */
  private readonly used = new Set<object>();
  private depth = 0;

  constructor(graph: SavedGraph, classes: ClassTable) {
    this.classes = classes;
    this.reader = new ByteReader(graph.bytes);
    this.blocks = graph.blocks;
  }

  read(root: object): void {
    if (this.value(root) !== root) throw new SnapshotError('damaged: it is no world');
    if (this.reader.left > 0) throw new SnapshotError('damaged: it goes on behind its end');
  }

  /** The next value; `there`: what the new world has in its place. */
  private value(there: unknown): unknown {
    const tag = this.reader.byte();
    switch (tag) {
      case tags.UNDEFINED:
        return undefined;
      case tags.NULL:
        return null;
      case tags.FALSE:
        return false;
      case tags.TRUE:
        return true;
      case tags.INTEGER: {
        const zigzag = this.reader.count();
        return zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2;
      }
      case tags.NUMBER:
        return this.reader.number();
      case tags.STRING:
        return this.reader.text();
      default:
        if (++this.depth > MOST_DEEP) throw new SnapshotError('damaged: it is too deep');
        try {
          return this.object(tag, there);
        } finally {
          this.depth--;
        }
    }
  }

  private object(tag: number, there: unknown): unknown {
    switch (tag) {
      case tags.REFERENCE:
        return this.referred();
      case tags.OBJECT:
      case tags.NEW_SHAPE:
        return this.fields(tag === tags.OBJECT ? this.knownShape() : this.newShape(), there);
      case tags.ARRAY:
        return this.list(this.reuse(there, Array.isArray) ?? []);
      case tags.SET:
        return this.set(this.reuse(there, (value) => value instanceof Set) ?? new Set());
      case tags.MAP:
        return this.map(this.reuse(there, (value) => value instanceof Map) ?? new Map());
      case tags.FROZEN_BLOCK:
        return this.begin(this.block());
      case tags.INLINE_BYTES:
      case tags.BLOCK:
        return this.numbers(tag === tags.BLOCK, there);
      default:
        throw new SnapshotError(`damaged: it has a value of kind ${String(tag)}`);
    }
  }

  private referred(): object {
    const value = this.objects[this.reader.count()];
    if (value === undefined) throw new SnapshotError('damaged: it refers to what is not there');
    return value;
  }

  /** What is there if it is of the kind and has no values yet. */
  private reuse<T extends object>(there: unknown, isKind: (value: object) => value is T): T | undefined {
    if (typeof there !== 'object' || there === null || this.used.has(there)) return undefined;
    return isKind(there) ? there : undefined;
  }

  private begin<T extends object>(value: T): T {
    this.used.add(value);
    this.objects.push(value);
    return value;
  }

  private list(list: unknown[]): unknown[] {
    this.begin(list);
    const count = this.reader.countOf('a list');
    list.length = Math.min(list.length, count);
    for (let index = 0; index < count; index++) list[index] = this.value(list[index]);
    return list;
  }

  private set(set: Set<unknown>): Set<unknown> {
    this.begin(set);
    set.clear();
    for (let left = this.reader.countOf('a set'); left > 0; left--) set.add(this.value(undefined));
    return set;
  }

  private map(map: Map<unknown, unknown>): Map<unknown, unknown> {
    this.begin(map);
    const before = new Map(map);
    map.clear();
    for (let left = this.reader.countOf('a map'); left > 0; left--) {
      const key = this.value(undefined);
      map.set(key, this.value(before.get(key)));
    }
    return map;
  }

  private numbers(isBlock: boolean, there: unknown): NumberArray {
    const Kind = tags.ARRAY_KINDS[this.reader.byte()];
    if (Kind === undefined) throw new SnapshotError('damaged: it has an array of no kind');
    const bytes = isBlock ? this.block() : this.reader.block();
    if (bytes.length % Kind.BYTES_PER_ELEMENT !== 0)
      throw new SnapshotError('damaged: an array has no bytes');
    const known = this.reuse(there, (value): value is NumberArray => value.constructor === Kind);
    if (known?.byteLength !== bytes.length) return this.begin(new Kind(bytes.slice().buffer));
    new Uint8Array(known.buffer, known.byteOffset, known.byteLength).set(bytes);
    return this.begin(known);
  }

  private block(): Uint8Array {
    const block = this.blocks[this.reader.count()];
    if (block === undefined) throw new SnapshotError('damaged: it refers to a block that is not there');
    return block;
  }

  private knownShape(): Shape {
    const shape = this.shapes[this.reader.count()];
    if (shape === undefined) throw new SnapshotError('damaged: it has an object of no shape');
    return shape;
  }

  private newShape(): Shape {
    const name = this.reader.text();
    const keys: string[] = [];
    for (let left = this.reader.countOf('a shape'); left > 0; left--) keys.push(this.reader.text());
    const saved = name === '' ? { type: Object } : this.classes.named(name);
    if (saved === undefined)
      throw new SnapshotError(`it is of another version: this one knows no ${JSON.stringify(name)}`);
    if (keys.includes('__proto__')) throw new SnapshotError('damaged: an object has a field __proto__');
    const shape = { name, prototype: saved.type.prototype as object, keys };
    this.shapes.push(shape);
    return shape;
  }

  private fields({ name, prototype, keys }: Shape, there: unknown): object {
    const isSame = (value: object): value is Record<string, unknown> =>
      Object.getPrototypeOf(value) === prototype;
    const known = this.reuse(there, isSame);
    const value = this.begin(known ?? (Object.create(prototype) as Record<string, unknown>));
    if (known !== undefined && name === '')
      for (const key of Object.keys(known)) if (!keys.includes(key)) Reflect.deleteProperty(known, key);
    for (const key of keys) {
      if (known !== undefined && name !== '' && !Object.hasOwn(known, key))
        throw new SnapshotError(`it is of another version: here, a ${name} has no ${JSON.stringify(key)}`);
      value[key] = this.value(value[key]);
    }
    return value;
  }
}

/**
 * Gives `root`, the root of a new world, what was saved of another one. Throws SnapshotError; `root` is of no use then.
 */
export function readGraph(graph: SavedGraph, root: object, classes: ClassTable): void {
  new GraphReader(graph, classes).read(root);
}
