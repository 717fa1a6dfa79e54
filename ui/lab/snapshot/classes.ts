/** The classes that a saved graph may have objects of, by name and by constructor. */
import type { SavedClass, SavedClasses } from '../../../devices/saved.ts';

export class ClassTable {
  private readonly byName = new Map<string, SavedClass>();
  private readonly byType = new Map<unknown, { readonly name: string; readonly saved: SavedClass }>();

  /** Throws RangeError for a name or a class that is there twice. */
  constructor(...lists: readonly SavedClasses[]) {
    for (const [name, saved] of lists.flatMap((list) => Object.entries(list))) {
      if (this.byName.has(name) || this.byType.has(saved.type))
        throw new RangeError(`${name} is listed twice`);
      this.byName.set(name, saved);
      this.byType.set(saved.type, { name, saved });
    }
  }

  named(name: string): SavedClass | undefined {
    return this.byName.get(name);
  }

  of(value: object): { readonly name: string; readonly saved: SavedClass } | undefined {
    return this.byType.get((Object.getPrototypeOf(value) as { constructor?: unknown } | null)?.constructor);
  }
}
