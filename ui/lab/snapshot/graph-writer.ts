/**
 * Saves a graph of objects: plain objects, arrays, maps, sets, arrays of numbers, and objects of the classes in a ClassTable.
 * The same graph gives the same bytes. What is referred to twice is there once; circles are.
 */
import type { SavedClass } from '../../../devices/saved.ts';
import { ByteWriter } from './bytes.ts';
import type { ClassTable } from './classes.ts';
import { SnapshotError } from './errors.ts';
import * as tags from './tags.ts';

export interface SavedGraph {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Larger arrays of numbers, by the numbers that `bytes` has for them. They are nobody else's to write to. */
  readonly blocks: readonly Uint8Array[];
}

const PLAIN: SavedClass = { type: Object };

class GraphWriter {
  private readonly classes: ClassTable;
  private readonly writer = new ByteWriter();
  private readonly blocks: Uint8Array[] = [];
  private readonly seen = new Map<object, number>();
  /** Who has a buffer: two arrays over one would be two after they were restored. */
  private readonly buffers = new Set<ArrayBufferLike>();
  private readonly shapes = new Map<string, number>();

  constructor(classes: ClassTable) {
    this.classes = classes;
  }

  write(root: unknown): SavedGraph {
    this.value(root, 'world', false);
    return { bytes: this.writer.taken(), blocks: this.blocks };
  }

  /** `path` says where it is, for errors; `isFrozen`: the arrays of numbers in it do not change. */
  private value(value: unknown, path: string, isFrozen: boolean): void {
    switch (typeof value) {
      case 'undefined':
        this.writer.byte(tags.UNDEFINED);
        return;
      case 'boolean':
        this.writer.byte(value ? tags.TRUE : tags.FALSE);
        return;
      case 'number':
        this.number(value);
        return;
      case 'string':
        this.writer.byte(tags.STRING);
        this.writer.text(value);
        return;
      case 'object':
        if (value === null) this.writer.byte(tags.NULL);
        else this.object(value, path, isFrozen);
        return;
      default:
        throw new SnapshotError(`${path} is a ${typeof value}, and that is no state`);
    }
  }

  private number(value: number): void {
    const zigzag = value < 0 ? -2 * value - 1 : 2 * value;
    if (Number.isInteger(value) && Number.isSafeInteger(zigzag) && !Object.is(value, -0)) {
      this.writer.byte(tags.INTEGER);
      this.writer.count(zigzag);
    } else {
      this.writer.byte(tags.NUMBER);
      this.writer.number(value);
    }
  }

  private object(value: object, path: string, isFrozen: boolean): void {
    const number = this.seen.get(value);
    if (number !== undefined) {
      this.writer.byte(tags.REFERENCE);
      this.writer.count(number);
      return;
    }
    this.seen.set(value, this.seen.size);
    if (Array.isArray(value)) this.list(tags.ARRAY, value, path, isFrozen);
    else if (value instanceof Map) this.map(value, path, isFrozen);
    else if (value instanceof Set) this.list(tags.SET, [...(value as Set<unknown>)], path, isFrozen);
    else if (ArrayBuffer.isView(value)) this.numbers(value, path, isFrozen);
    else this.fields(value as Record<string, unknown>, path, isFrozen);
  }

  private list(tag: number, items: readonly unknown[], path: string, isFrozen: boolean): void {
    this.writer.byte(tag);
    this.writer.count(items.length);
    for (let index = 0; index < items.length; index++)
      this.value(items[index], `${path}[${String(index)}]`, isFrozen);
  }

  private map(map: ReadonlyMap<unknown, unknown>, path: string, isFrozen: boolean): void {
    this.writer.byte(tags.MAP);
    this.writer.count(map.size);
    for (const [key, value] of map) {
      this.value(key, `a key of ${path}`, false);
      this.value(value, typeof key === 'object' ? `a value of ${path}` : `${path}{${String(key)}}`, isFrozen);
    }
  }

  private numbers(view: ArrayBufferView, path: string, isFrozen: boolean): void {
    const kind = tags.ARRAY_KINDS.findIndex((each) => view.constructor === each);
    if (kind < 0) throw new SnapshotError(`${path} is a ${view.constructor.name}, and that is no state`);
    const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
    if (isFrozen && view instanceof Uint8Array) {
      this.writer.byte(tags.FROZEN_BLOCK);
      this.block(bytes);
      return;
    }
    if (this.buffers.has(view.buffer))
      throw new SnapshotError(`${path} shares its memory with another array`);
    this.buffers.add(view.buffer);
    const isInline = bytes.length <= tags.INLINE_LIMIT;
    this.writer.byte(isInline ? tags.INLINE_BYTES : tags.BLOCK);
    this.writer.byte(kind);
    if (isInline) this.writer.block(bytes);
    else this.block(bytes.slice());
  }

  private block(bytes: Uint8Array): void {
    this.writer.count(this.blocks.length);
    this.blocks.push(bytes);
  }

  private fields(value: Record<string, unknown>, path: string, isFrozen: boolean): void {
    const known =
      Object.getPrototypeOf(value) === Object.prototype ? { name: '', saved: PLAIN } : this.classes.of(value);
    if (known === undefined)
      throw new SnapshotError(
        `${path} is a ${value.constructor.name}, a class that is in no list of what is state`,
      );
    const { name, saved } = known;
    const keys = Object.keys(value).filter((key) => !(saved.but?.includes(key) ?? false));
    this.shape(name, keys);
    for (const key of keys)
      this.value(value[key], `${path}.${key}`, isFrozen || (saved.frozen?.includes(key) ?? false));
  }

  private shape(name: string, keys: readonly string[]): void {
    const id = `${name} ${keys.join(' ')}`;
    const number = this.shapes.get(id);
    if (number !== undefined) {
      this.writer.byte(tags.OBJECT);
      this.writer.count(number);
      return;
    }
    this.shapes.set(id, this.shapes.size);
    this.writer.byte(tags.NEW_SHAPE);
    this.writer.text(name);
    this.writer.count(keys.length);
    for (const key of keys) this.writer.text(key);
  }
}

/** Saves all that can be reached from `root`. Throws SnapshotError, which names the place, for what is no state. */
export function writeGraph(root: unknown, classes: ClassTable): SavedGraph {
  return new GraphWriter(classes).write(root);
}
