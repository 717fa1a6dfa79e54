/** What a configuration's text is made of: a tree, whose nodes are of these kinds. */
import { Place } from './source';

/** Expressions. In brackets: the node's children. */
export const INTEGER: i32 = 0;
export const TEXT_OF: i32 = 1;
export const NAMED: i32 = 2;
export const LIST_OF: i32 = 3;
export const TUPLE_OF: i32 = 4;
/** [key, value, key, value...] */
export const DICT_OF: i32 = 5;
/** [what, and then EACH and WHERE in their order] */
export const COMPREHENSION: i32 = 6;
/** [target, of what] */
export const EACH: i32 = 7;
/** [condition] */
export const WHERE: i32 = 8;
/** [what, arguments...], a named one as GIVEN */
export const CALL: i32 = 9;
/** [value], its name the text */
export const GIVEN: i32 = 10;
/** [of what, which] */
export const ITEM: i32 = 11;
/** [of what, from, to], NOTHING where there is none */
export const SLICE: i32 = 12;
export const ATTRIBUTE: i32 = 13;
/** One operand, two; the text is the sign. */
export const UNARY: i32 = 14;
export const BINARY: i32 = 15;
/** [operands...], the names are the signs between them */
export const COMPARISON: i32 = 16;
export const AND: i32 = 17;
export const OR: i32 = 18;
export const NOT: i32 = 19;
/** [condition, if so, if not] */
export const CHOICE: i32 = 20;
export const NOTHING: i32 = 21;

/** Statements. */
export const BLOCK: i32 = 32;
export const ALONE: i32 = 33;
/** [targets..., value] */
export const ASSIGNMENT: i32 = 34;
/** [target, value], the text is the sign */
export const CHANGE: i32 = 35;
/** [condition, block, otherwise] */
export const IF: i32 = 36;
/** [condition, block] */
export const WHILE: i32 = 37;
/** [target, of what, block] */
export const FOR: i32 = 38;
/** [usual values..., block]: NOTHING where there is none; the names are the parameters */
export const DEF: i32 = 39;
/** [value], or nothing */
export const RETURN: i32 = 40;
export const PASS: i32 = 41;
export const BREAK: i32 = 42;
export const CONTINUE: i32 = 43;
/** The names are modules, each with the name that it gets. */
export const IMPORT: i32 = 44;
/** The text is a module; the names are of what it has, each with the name that it gets. */
export const FROM: i32 = 45;
export const GLOBAL: i32 = 46;
/** [type, message], both may be missing */
export const RAISE: i32 = 47;
/** [block, HANDLER..., otherwise, at last] */
export const TRY: i32 = 48;
/** [type, block]; the text is the exception's name */
export const HANDLER: i32 = 49;
export const DEL: i32 = 50;
/** [values...] */
export const PRINT: i32 = 51;
/** [condition, message] */
export const ASSERT: i32 = 52;

export class Node {
  children: Node[] = [];
  names: string[] = [];
  int: i64 = 0;

  constructor(
    readonly kind: i32,
    readonly place: Place,
    readonly text: string = '',
  ) {}

  with(child: Node): Node {
    this.children.push(child);
    return this;
  }
}
