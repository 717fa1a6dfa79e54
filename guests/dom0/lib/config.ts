/**
 * A domain's settings as xend keeps them and hosts send them to each other: `name = value` on a line of its own, where a value is
 * a string in quotes, a number, or a list of strings in brackets, which may go over several lines; `#` begins a comment. What
 * people write may be more (config-file.ts).
 */
import { readFile } from 'programs/lib/io';

/** A value: a list has its items, everything else one. */
export class Setting {
  items: string[] = [];
  isList: bool = false;
  isNumber: bool = false;

  constructor(
    public name: string,
    public line: i32,
  ) {}

  get text(): string {
    return this.items.length > 0 ? this.items[0] : '';
  }
}

export class Config {
  settings: Setting[] = [];
  /** FILE:LINE: what was wrong; empty: nothing. */
  problem: string = '';
  private at: i32 = 0;
  private line: i32 = 1;
  private text: string = '';

  constructor(readonly path: string) {}

  /** Reads the file; false: `problem`. */
  read(): bool {
    const text = readFile(this.path);
    if (text == null) {
      this.problem = this.path + ': it cannot be read';
      return false;
    }
    return this.parse(text);
  }

  /** Takes a text instead of the file's; false: `problem`. */
  parse(text: string): bool {
    this.text = text;
    while (this.problem == '' && this.skip(true)) this.readSetting();
    return this.problem == '';
  }

  find(name: string): Setting | null {
    for (let n = this.settings.length - 1; n >= 0; n--)
      if (this.settings[n].name == name) return this.settings[n];
    return null;
  }

  /** What a setting says; `usual`: where there is none. */
  textOf(name: string, usual: string = ''): string {
    const setting = this.find(name);
    return setting == null ? usual : setting.text;
  }

  /** The text of all settings. */
  get source(): string {
    return this.text;
  }

  /** What is wrong with a setting; one of line 0 is the command line's. */
  complain(setting: Setting, what: string): void {
    this.problem = this.place(setting.line) + setting.name + ': ' + what;
  }

  private place(line: i32): string {
    return line == 0 ? 'on the command line: ' : this.path + ':' + line.toString() + ': ';
  }

  private fail(what: string): void {
    if (this.problem == '') this.problem = this.place(this.line) + what;
  }

  private peek(): i32 {
    return this.at < this.text.length ? this.text.charCodeAt(this.at) : -1;
  }

  /** Passes blanks and comments, and ends of lines if they do not matter here. Whether something is left. */
  private skip(lines: bool): bool {
    while (this.at < this.text.length) {
      const code = this.peek();
      if (code == 35) while (this.at < this.text.length && this.peek() != 10) this.at++;
      else if (code == 10 && lines) {
        this.line++;
        this.at++;
      } else if (code == 32 || code == 9 || code == 13) this.at++;
      else break;
    }
    return this.at < this.text.length;
  }

  private readSetting(): void {
    const start = this.at;
    while (isNameCode(this.peek())) this.at++;
    const setting = new Setting(this.text.substring(start, this.at), this.line);
    this.skip(false);
    if (setting.name == '' || this.peek() != 61) {
      this.fail('a line is to be `name = value`');
      return;
    }
    this.at++;
    this.skip(false);
    if (this.peek() == 91) this.readList(setting);
    else setting.items.push(this.readValue(setting));
    this.skip(false);
    if (this.at < this.text.length && this.peek() != 10) this.fail('something stands behind the value');
    this.settings.push(setting);
  }

  private readList(setting: Setting): void {
    setting.isList = true;
    this.at++;
    while (this.problem == '' && this.skip(true) && this.peek() != 93) {
      setting.items.push(this.readValue(setting));
      this.skip(true);
      if (this.peek() == 44) this.at++;
      else if (this.peek() >= 0 && this.peek() != 93) this.fail('a list wants a comma or its end');
    }
    if (this.peek() != 93) this.fail('a list has no end');
    this.at++;
  }

  private readValue(setting: Setting): string {
    const quote = this.peek();
    const start = this.at;
    if (quote != 34 && quote != 39) {
      while (isNameCode(this.peek())) this.at++;
      const word = this.text.substring(start, this.at);
      setting.isNumber = isNumber(word);
      if (!setting.isNumber) this.fail('a value is a text in quotes, a number, or a list');
      return word;
    }
    this.at++;
    while (this.at < this.text.length && this.peek() != quote && this.peek() != 10) this.at++;
    if (this.peek() != quote) this.fail('a text has no end');
    const said = this.text.substring(start + 1, this.at++);
    // As in Python, a number may be told as a text.
    setting.isNumber = isNumber(said);
    return said;
  }
}

function isNameCode(code: i32): bool {
  return (
    (code >= 48 && code <= 57) || (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code == 95
  );
}

function isNumber(word: string): bool {
  if (word == '') return false;
  for (let n = 0; n < word.length; n++) if (word.charCodeAt(n) < 48 || word.charCodeAt(n) > 57) return false;
  return true;
}
