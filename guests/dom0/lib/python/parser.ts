/** Statements ("Simple statements" and "Compound statements" in the language reference of Python). */
import { canBeSet, expression, expressions, targets } from './expressions';
import { Reader } from './reader';
import { Place, Source } from './source';
import * as syntax from './syntax';
import { Node } from './syntax';
import { DEDENT, END, INDENT, NAME, NEWLINE } from './tokens';

const CHANGES: string[] = ['+=', '-=', '*=', '/=', '//=', '%=', '**=', '&=', '|=', '^=', '<<=', '>>='];
const UNKNOWN: string[] = ['class', 'exec', 'lambda', 'with', 'yield'];

/** All of a text; what is wrong is told to the source. */
export function parse(source: Source): Node {
  const reader = new Reader(source);
  const block = new Node(syntax.BLOCK, reader.place);
  while (!source.isWrong && reader.token.kind != END) statement(reader, block);
  return block;
}

function statement(reader: Reader, block: Node): void {
  const place = reader.place;
  const token = reader.token;
  if (token.kind == INDENT) reader.fail('it is indented further than the line before, for no reason');
  else if (token.kind == NAME && UNKNOWN.includes(token.text)) reader.fail(token.text + ' is not known here');
  else if (reader.takes('if')) block.with(choice(reader, place));
  else if (reader.takes('while')) {
    const loop = new Node(syntax.WHILE, place).with(expression(reader));
    block.with(loop.with(body(reader)));
  } else if (reader.takes('for')) {
    const loop = new Node(syntax.FOR, place).with(targets(reader));
    reader.wants('in');
    loop.with(expressions(reader));
    block.with(loop.with(body(reader)));
  } else if (reader.takes('def')) block.with(definition(reader, place));
  else if (reader.takes('try')) block.with(attempt(reader, place));
  else line(reader, block);
}

/** Short statements up to the line's end. */
function line(reader: Reader, block: Node): void {
  do block.with(short(reader));
  while (reader.takes(';') && reader.token.kind != NEWLINE);
  if (!reader.takesKind(NEWLINE) && !reader.source.isWrong)
    reader.unexpected("the line's end is expected here, not ");
}

/** A colon, and what is behind it: on the same line, or indented below. */
function body(reader: Reader): Node {
  reader.wants(':');
  const block = new Node(syntax.BLOCK, reader.place);
  if (!reader.takesKind(NEWLINE)) {
    line(reader, block);
    return block;
  }
  if (!reader.enters()) return block;
  if (!reader.takesKind(INDENT)) reader.fail('an indented block is expected here');
  while (!reader.source.isWrong && !reader.takesKind(DEDENT)) statement(reader, block);
  reader.leaves();
  return block;
}

/** Behind `if` or `elif`. */
function choice(reader: Reader, place: Place): Node {
  const node = new Node(syntax.IF, place).with(expression(reader)).with(body(reader));
  const here = reader.place;
  if (reader.takes('elif')) node.with(new Node(syntax.BLOCK, here).with(choice(reader, here)));
  else if (reader.takes('else')) node.with(body(reader));
  else node.with(new Node(syntax.BLOCK, here));
  return node;
}

function definition(reader: Reader, place: Place): Node {
  const node = new Node(syntax.DEF, place, reader.wantsName());
  reader.wants('(');
  while (!reader.source.isWrong && !reader.token.is(')')) {
    const here = reader.place;
    node.names.push(reader.wantsName());
    node.with(reader.takes('=') ? expression(reader) : new Node(syntax.NOTHING, here));
    if (!reader.takes(',')) break;
  }
  reader.wants(')');
  return node.with(body(reader));
}

function attempt(reader: Reader, place: Place): Node {
  const node = new Node(syntax.TRY, place).with(body(reader));
  let here = reader.place;
  while (reader.takes('except')) {
    const type = reader.token.is(':') ? new Node(syntax.NOTHING, here) : expression(reader);
    const name = reader.takes('as') || reader.takes(',') ? reader.wantsName() : '';
    node.with(new Node(syntax.HANDLER, here, name).with(type).with(body(reader)));
    here = reader.place;
  }
  const isHandled = node.children.length > 1;
  node.with(isHandled && reader.takes('else') ? body(reader) : new Node(syntax.BLOCK, here));
  if (reader.takes('finally')) return node.with(body(reader));
  if (!isHandled) reader.unexpected('except or finally is expected here, not ');
  return node.with(new Node(syntax.BLOCK, here));
}

function short(reader: Reader): Node {
  const place = reader.place;
  if (reader.takes('pass')) return new Node(syntax.PASS, place);
  if (reader.takes('break')) return new Node(syntax.BREAK, place);
  if (reader.takes('continue')) return new Node(syntax.CONTINUE, place);
  if (reader.takes('import')) return imported(reader, new Node(syntax.IMPORT, place), true);
  if (reader.takes('from')) {
    const node = new Node(syntax.FROM, place, dotted(reader));
    reader.wants('import');
    return imported(reader, node, false);
  }
  if (reader.takes('return')) return upTo(reader, new Node(syntax.RETURN, place), 1);
  if (reader.takes('raise')) return upTo(reader, new Node(syntax.RAISE, place), 2);
  if (reader.takes('assert')) return upTo(reader, new Node(syntax.ASSERT, place), 2);
  if (reader.takes('del')) return upTo(reader, new Node(syntax.DEL, place), i32.MAX_VALUE);
  if (reader.takes('global')) {
    const node = new Node(syntax.GLOBAL, place);
    do node.names.push(reader.wantsName());
    while (reader.takes(','));
    return node;
  }
  // As a statement; as a function it is an expression like others.
  if (reader.token.is('print') && !reader.following.is('(') && !reader.following.is('=')) {
    reader.next();
    return upTo(reader, new Node(syntax.PRINT, place), i32.MAX_VALUE);
  }
  return assignment(reader);
}

/** So many expressions at most, with commas between. */
function upTo(reader: Reader, node: Node, most: i32): Node {
  const kind = reader.token.kind;
  if (kind == NEWLINE || reader.token.is(';')) return node;
  if (most == 1) return node.with(expressions(reader));
  do node.with(expression(reader));
  while (node.children.length < most && reader.takes(','));
  return node;
}

/** Modules or what they have, each with the name that it gets here. */
function imported(reader: Reader, node: Node, areModules: bool): Node {
  const isClosed = !areModules && reader.takes('(');
  do {
    const name = !areModules && reader.takes('*') ? '*' : dotted(reader);
    node.names.push(name);
    node.names.push(reader.takes('as') ? reader.wantsName() : name);
  } while (reader.takes(','));
  if (isClosed) reader.wants(')');
  return node;
}

function dotted(reader: Reader): string {
  let name = reader.wantsName();
  while (reader.takes('.')) name += '.' + reader.wantsName();
  return name;
}

function assignment(reader: Reader): Node {
  const place = reader.place;
  const first = expressions(reader);
  const sign = reader.token;
  if (sign.kind != NEWLINE && CHANGES.includes(sign.text)) {
    reader.next();
    checkTarget(reader, first);
    const operator = sign.text.substring(0, sign.text.length - 1);
    return new Node(syntax.CHANGE, sign.place, operator).with(first).with(expressions(reader));
  }
  if (!sign.is('=')) return new Node(syntax.ALONE, place).with(first);
  const node = new Node(syntax.ASSIGNMENT, place).with(first);
  while (reader.takes('=')) {
    checkTarget(reader, node.children[node.children.length - 1]);
    node.with(expressions(reader));
  }
  return node;
}

function checkTarget(reader: Reader, node: Node): void {
  if (!canBeSet(node)) reader.source.fail(node.place, 'nothing can be assigned to this');
}
