/** A command as the parser finds it, for the executor to walk. */

/** `<`, `>`, `>>`, `2>`, `2>>` and the file's word, `<<` and the text, or `>&`, `2>&` and the number of a descriptor. */
export class Redirection {
  constructor(
    public kind: string,
    public word: string,
  ) {}
}

export abstract class Command {
  redirections: Redirection[] = [];
}

/** A program or a builtin with its words; words of the form NAME=value before it are assignments. */
export class Simple extends Command {
  words: string[] = [];
}

export class Pipeline extends Command {
  parts: Command[] = [];
  negated: bool = false;
}

/** Commands joined: `;` (one after the other), `&` (in the background), `&&`, `||`, each operator behind its command. */
export class Sequence extends Command {
  commands: Command[] = [];
  operators: string[] = [];
}

export class Subshell extends Command {
  constructor(public body: Command) {
    super();
  }
}

/** if and elif with their branches; the last branch without a condition is else. */
export class If extends Command {
  conditions: Command[] = [];
  branches: Command[] = [];
}

/** while, or until. */
export class Loop extends Command {
  constructor(
    public condition: Command,
    public body: Command,
    public until: bool,
  ) {
    super();
  }
}

export class For extends Command {
  constructor(
    public variable: string,
    public words: string[],
    public body: Command,
  ) {
    super();
  }
}

export class Case extends Command {
  /** By branch: its patterns, and its body. */
  patterns: string[][] = [];
  bodies: Command[] = [];
  constructor(public word: string) {
    super();
  }
}

export class FunctionDefinition extends Command {
  constructor(
    public name: string,
    public body: Command,
  ) {
    super();
  }
}
