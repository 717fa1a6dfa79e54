/** Structures of guests' memory as events tell them: types alone, which the package's users see, too. */

/** A member's value: exact as a number, or, where it does not fit one, its 16 hexadecimal digits with `0x`. */
export type PlainValue = number | string;

/** A structure: its scalar members by their dotted paths, unsigned but for those that C has signed. Arrays are left out. */
export type Plain = Readonly<Record<string, PlainValue>>;

/** The structures that a hypercall points to. */
export interface Given {
  /** The command's name in Xen's headers; null: the hypercall has none, or there is no such command. */
  readonly command: string | null;
  /** How many structures it names: 0 where it names none. */
  readonly count: number;
  /** The first of them; none where they cannot be read. */
  readonly structures: readonly Plain[];
}
