/**
 * A domain's configuration as people write it: a program (python/program.ts), whose names are the settings when it has been
 * executed. What xend keeps of a domain are those settings alone (config.ts).
 */
import { complain, readFile } from 'programs/lib/io';
import { Config } from './config';
import { Program } from './python/program';
import { DICT, INT, list, NONE, TEXT, text, textOf, Value } from './python/values';
import { isSetting, LISTS } from './settings';

/** Executes a file with settings of the command line, NAME=VALUE, which hold whatever the file says. What was wrong: `problem`. */
export function executeConfig(path: string, settings: string[]): Config {
  const file = new ConfigFile(path);
  file.read(settings);
  return file.config;
}

class ConfigFile {
  readonly config: Config;
  private readonly program: Program = new Program();
  /** The settings, as lines of a configuration. */
  private source: string = '';
  /** By setting: the line on which it was assigned; 0: on the command line. */
  private lines: i32[] = [];
  /** Lists of the command line, by their names. */
  private lists: Map<string, Value> = new Map();

  constructor(readonly path: string) {
    this.config = new Config(path);
  }

  read(settings: string[]): void {
    const program = this.program;
    const said = readFile(this.path);
    if (said == null) {
      this.config.problem = this.path + ': it cannot be read';
      return;
    }
    for (let n = 0; n < settings.length; n++)
      if (!this.isListRead(nameIn(settings[n]), valueIn(settings[n]))) return;
    for (let n = 0; n < settings.length; n++)
      if (!LISTS.includes(nameIn(settings[n]))) program.set(nameIn(settings[n]), text(valueIn(settings[n])));
    if (!program.run(this.path, said)) {
      this.config.problem = program.problem;
      return;
    }
    for (let n = 0; n < settings.length; n++) this.hold(nameIn(settings[n]), valueIn(settings[n]));
    const names = program.scope.names.keys();
    for (let n = 0; n < names.length && this.config.problem == ''; n++) this.take(names[n], settings);
    if (this.config.problem != '' || !this.config.parse(this.source)) return;
    for (let n = 0; n < this.lines.length; n++) this.config.settings[n].line = this.lines[n];
  }

  /** What the command line says: to a list that is added. */
  private hold(name: string, value: string): void {
    const program = this.program;
    const before = program.scope.find(name);
    if (LISTS.includes(name) && value.startsWith('[')) {
      program.set(name, this.lists.get(name));
      program.scope.lines.set(name, 0);
    } else if (LISTS.includes(name)) {
      const items = before != null && before.isSequence ? before.items.slice(0) : new Array<Value>();
      items.push(text(value));
      program.set(name, list(items));
    } else if (isSetting(name)) {
      program.set(name, text(value));
      program.scope.lines.set(name, 0);
    }
  }

  /** A list that is written as in a file, which it is read as before that is: it stands for the file's own. */
  private isListRead(name: string, value: string): bool {
    if (!LISTS.includes(name) || !value.startsWith('[')) return true;
    const own = new Program();
    const found = own.run('on the command line', name + ' = ' + value) ? own.scope.find(name) : null;
    if (found == null) this.config.problem = own.problem;
    else this.lists.set(name, found);
    return found != null;
  }

  private take(name: string, given: string[]): void {
    const value = this.program.scope.names.get(name);
    // Functions and modules are no settings, and None is as if it were not there.
    if (value.kind > DICT || value.kind == NONE) return;
    const lines = this.program.scope.lines;
    const line = lines.has(name) ? lines.get(name) : 0;
    if (isSetting(name)) this.add(name, value, line);
    else if (!this.program.hasRead(name)) this.unused(name, line, given);
  }

  /** A name that is no setting, and that the file does nothing with. */
  private unused(name: string, line: i32, given: string[]): void {
    for (let n = 0; n < given.length; n++)
      if (nameIn(given[n]) == name) {
        this.config.problem = 'on the command line: ' + name + ': there is no such setting';
        return;
      }
    if (line > 0)
      complain(
        this.path + ':' + line.toString() + ': ' + name + ': there is no such setting: it does nothing',
      );
  }

  private add(name: string, value: Value, line: i32): void {
    let said = '';
    if (value.isSequence) {
      for (let n = 0; n < value.items.length; n++)
        said += (n > 0 ? ', ' : '') + this.plain(name, value.items[n], line);
      said = '[ ' + said + ' ]';
    } else said = this.plain(name, value, line);
    this.source += name + ' = ' + said + '\n';
    this.lines.push(line);
  }

  /** A text or a number as a line of a configuration has it. */
  private plain(name: string, value: Value, line: i32): string {
    const said = value.isNumber ? value.int.toString() : textOf(value);
    let problem = '';
    if (!value.isNumber && value.kind != TEXT)
      problem = 'it is a ' + value.typeName + ', not a text or a number';
    else if (said.includes('\n')) problem = 'it has a line break in it';
    else if (said.includes('"') && said.includes("'")) problem = 'it has both kinds of quotes in it';
    if (problem != '') {
      const place = line == 0 ? 'on the command line: ' : this.path + ':' + line.toString() + ': ';
      this.config.problem = place + name + ': ' + problem;
    }
    if (value.kind == INT && value.int >= 0) return said;
    return said.includes('"') ? "'" + said + "'" : '"' + said + '"';
  }
}

function nameIn(setting: string): string {
  return setting.substring(0, setting.indexOf('='));
}
function valueIn(setting: string): string {
  return setting.substring(setting.indexOf('=') + 1);
}
