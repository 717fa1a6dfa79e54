/**
 * The shell's grammar, by recursive descent:
 *
 *     sequence  = pipeline { (`;` | `&` | `&&` | `||` | line's end) pipeline }
 *     pipeline  = [ `!` ] command { `|` command }
 *     command   = simple | ( sequence ) | { sequence } | if | while | until | for | case | name ( ) command
 */
import {
  Case,
  Command,
  For,
  FunctionDefinition,
  If,
  Loop,
  Pipeline,
  Redirection,
  Sequence,
  Simple,
  Subshell,
} from './tree';
import { Input } from 'programs/lib/io';
import { Token } from './token';
import { incomplete, inDocument, isRedirection, tokenize } from './words';

const CLOSERS: StaticArray<string> = ['then', 'else', 'elif', 'fi', 'do', 'done', 'esac', '}'];

/** What is wrong with the text; empty: nothing. */
export let problem: string = '';
/** The text ends too early: more of it may come. */
export let unfinished: bool = false;
/** There was nothing more to parse. */
export let ended: bool = false;

/** The command of a text; null where there is none in it, or `problem` says what is wrong. */
export function parse(text: string): Sequence | null {
  problem = '';
  unfinished = false;
  const tokens = tokenize(text);
  if (incomplete) {
    openEnded();
    return null;
  }
  return new Parser(tokens, null).whole();
}

/** The command that begins with an input's next line, and takes as many as it needs; null as above, or where `ended`. */
export function parseNext(input: Input): Sequence | null {
  problem = '';
  unfinished = false;
  const tokens = tokensOfLine(input);
  ended = tokens == null;
  return tokens == null || problem != '' ? null : new Parser(tokens, input).whole();
}

/** The tokens of an input's next line, with those behind it that a quote or a here-document goes on in; null: there is none. */
function tokensOfLine(input: Input): Token[] | null {
  let line = input.line();
  if (line == null) return null;
  let text = line + '\n';
  let tokens = tokenize(text);
  while (incomplete) {
    line = input.line();
    if (line == null) {
      openEnded();
      break;
    }
    text += line + '\n';
    tokens = tokenize(text);
  }
  return tokens;
}

function openEnded(): void {
  problem = inDocument ? 'a here-document has no end' : 'a quote is not closed';
  unfinished = true;
}

class Parser {
  private at: i32 = 0;
  /** How many constructs are open: in one, the next line belongs to it. */
  private nesting: i32 = 0;

  /** `input`: where more lines come from. */
  constructor(
    private tokens: Token[],
    private input: Input | null,
  ) {}

  whole(): Sequence | null {
    const sequence = this.sequence();
    if (problem == '' && !this.done) this.unexpected();
    return problem == '' && sequence.commands.length > 0 ? sequence : null;
  }

  private get done(): bool {
    while (this.at >= this.tokens.length) if (this.nesting == 0 || !this.takeLine()) return true;
    return false;
  }
  private takeLine(): bool {
    const input = this.input;
    if (input == null || problem != '') return false;
    const more = tokensOfLine(input);
    if (more == null) return false;
    this.tokens = more;
    this.at = 0;
    return problem == '';
  }
  private isOperator(text: string): bool {
    return !this.done && this.tokens[this.at].isOperator && this.tokens[this.at].text == text;
  }
  private isWord(text: string): bool {
    return !this.done && !this.tokens[this.at].isOperator && this.tokens[this.at].text == text;
  }
  private takeOperator(text: string): bool {
    if (!this.isOperator(text)) return false;
    this.at++;
    return true;
  }
  private takeWord(text: string): bool {
    if (!this.isWord(text)) return false;
    this.at++;
    return true;
  }

  private unexpected(): void {
    if (problem != '') return;
    unfinished = this.done;
    const found = this.done
      ? 'the end'
      : this.tokens[this.at].text == '\n'
        ? "the line's end"
        : '`' + this.tokens[this.at].text + '`';
    problem = 'syntax error near ' + found;
  }
  private expectWord(text: string): void {
    if (!this.takeWord(text)) this.unexpected();
  }
  private skipLines(): void {
    while (this.takeOperator('\n') || this.takeOperator(';'));
  }

  sequence(): Sequence {
    const sequence = new Sequence();
    this.skipLines();
    while (problem == '' && !this.done && !this.atCloser()) {
      sequence.commands.push(this.pipeline());
      let operator = ';';
      if (this.takeOperator('&&')) operator = '&&';
      else if (this.takeOperator('||')) operator = '||';
      else if (this.takeOperator('&')) operator = '&';
      else if (!this.isOperator(';') && !this.isOperator('\n') && !this.done && !this.atCloser())
        this.unexpected();
      sequence.operators.push(operator);
      if (operator == '&&' || operator == '||') {
        this.goesOn();
        if (this.done || this.atCloser()) this.unexpected();
      } else this.skipLines();
    }
    return sequence;
  }

  private atCloser(): bool {
    if (this.isOperator(')') || this.isOperator(';;')) return true;
    for (let n = 0; n < CLOSERS.length; n++) if (this.isWord(CLOSERS[n])) return true;
    return false;
  }

  private pipeline(): Command {
    const pipeline = new Pipeline();
    pipeline.negated = this.takeWord('!');
    pipeline.parts.push(this.command());
    while (this.takeOperator('|')) {
      this.goesOn();
      pipeline.parts.push(this.command());
    }
    return pipeline.parts.length == 1 && !pipeline.negated ? pipeline.parts[0] : pipeline;
  }

  private command(): Command {
    const command = this.compound();
    while (problem == '' && this.redirection(command));
    return command;
  }

  /** What stands here cannot be all: its next token may be in a line to come. */
  private goesOn(): void {
    this.nesting++;
    while (this.takeOperator('\n'));
    this.nesting--;
  }

  private compound(): Command {
    this.nesting++;
    const construct = this.construct();
    this.nesting--;
    return construct == null ? this.simple() : construct;
  }

  private construct(): Command | null {
    if (this.takeOperator('(')) {
      const body = this.sequence();
      if (!this.takeOperator(')')) this.unexpected();
      return new Subshell(body);
    }
    if (this.takeWord('{')) return this.closed('}');
    if (this.takeWord('if')) return this.conditional();
    if (this.takeWord('while')) return this.loop(false);
    if (this.takeWord('until')) return this.loop(true);
    if (this.takeWord('for')) return this.forLoop();
    if (this.takeWord('case')) return this.choice();
    return null;
  }

  private closed(closer: string): Sequence {
    const body = this.sequence();
    if (body.commands.length == 0) this.unexpected();
    this.expectWord(closer);
    return body;
  }

  private conditional(): Command {
    const found = new If();
    found.conditions.push(this.closed('then'));
    while (problem == '') {
      found.branches.push(this.sequence());
      if (this.takeWord('elif')) found.conditions.push(this.closed('then'));
      else if (this.takeWord('else')) {
        found.branches.push(this.closed('fi'));
        break;
      } else {
        this.expectWord('fi');
        break;
      }
    }
    return found;
  }

  private loop(until: bool): Command {
    const condition = this.closed('do');
    return new Loop(condition, this.closed('done'), until);
  }

  private forLoop(): Command {
    const variable = this.word();
    const words: string[] = [];
    if (this.takeWord('in')) while (!this.done && !this.tokens[this.at].isOperator) words.push(this.word());
    else words.push('"$@"');
    this.skipLines();
    this.expectWord('do');
    return new For(variable, words, this.closed('done'));
  }

  private choice(): Command {
    const found = new Case(this.word());
    while (this.takeOperator('\n'));
    this.expectWord('in');
    this.skipLines();
    while (problem == '' && !this.takeWord('esac')) {
      if (this.done) {
        this.unexpected();
        break;
      }
      this.takeOperator('(');
      const patterns = [this.word()];
      while (this.takeOperator('|')) patterns.push(this.word());
      if (!this.takeOperator(')')) this.unexpected();
      found.patterns.push(patterns);
      found.bodies.push(this.sequence());
      if (!this.takeOperator(';;') && !this.isWord('esac')) this.unexpected();
      this.skipLines();
    }
    return found;
  }

  private word(): string {
    if (this.done || this.tokens[this.at].isOperator) {
      this.unexpected();
      return '';
    }
    return this.tokens[this.at++].text;
  }

  private simple(): Command {
    const simple = new Simple();
    while (problem == '' && !this.done) {
      if (!this.tokens[this.at].isOperator) simple.words.push(this.word());
      else if (!this.redirection(simple)) break;
    }
    if (simple.words.length == 1 && this.takeOperator('(')) {
      if (!this.takeOperator(')')) this.unexpected();
      this.goesOn();
      return new FunctionDefinition(simple.words[0], this.command());
    }
    if (simple.words.length == 0 && simple.redirections.length == 0) this.unexpected();
    return simple;
  }

  private redirection(command: Command): bool {
    if (this.done || !this.tokens[this.at].isOperator) return false;
    const kind = this.tokens[this.at].text;
    if (!isRedirection(kind)) return false;
    this.at++;
    command.redirections.push(new Redirection(kind, this.word()));
    return true;
  }
}
