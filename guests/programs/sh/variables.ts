/** The shell's variables: text by name, and which of them programs get. */

const values = new Map<string, string>();
const exported = new Set<string>();

export function get(name: string): string {
  return values.has(name) ? values.get(name) : '';
}
export function isSet(name: string): bool {
  return values.has(name);
}
export function set(name: string, value: string): void {
  values.set(name, value);
}
export function unset(name: string): void {
  values.delete(name);
  exported.delete(name);
}
export function markExported(name: string): void {
  exported.add(name);
}

/** "NAME=value" of a list or an assignment: takes it over. */
export function assign(text: string): void {
  const at = text.indexOf('=');
  values.set(text.substring(0, at), text.substring(at + 1));
}

/** Values that functions have covered by their own (`local`), the latest last; null: there was none. */
class Covered {
  constructor(
    public name: string,
    public value: string | null,
  ) {}
}
const covered: Covered[] = [];

/** A function begins: what to give `endScope`. */
export function beginScope(): i32 {
  return covered.length;
}
/** The variable is the running function's own. */
export function cover(name: string): void {
  covered.push(new Covered(name, isSet(name) ? get(name) : null));
}
/** A function has ended: what its own variables covered is there again. */
export function endScope(mark: i32): void {
  while (covered.length > mark) {
    const last = covered.pop();
    const value = last.value;
    if (value == null) values.delete(last.name);
    else values.set(last.name, value);
  }
}

/** Those that programs get, as "NAME=value". */
export function environment(): string[] {
  const names = exported.values();
  names.sort();
  return names.map<string>((name) => name + '=' + get(name));
}

/** All, for `set` without arguments. */
export function all(): string[] {
  const names = values.keys();
  names.sort();
  return names.map<string>((name) => name + '=' + get(name));
}

/** Whether text can be a variable's name. */
export function isName(text: string): bool {
  for (let n = 0; n < text.length; n++) {
    const c = text.charCodeAt(n) | 0x20;
    const letter = (c >= 0x61 && c <= 0x7a) || text.charAt(n) == '_';
    const digit = text.charCodeAt(n) >= 0x30 && text.charCodeAt(n) <= 0x39;
    if (!letter && !(digit && n > 0)) return false;
  }
  return text.length > 0;
}

/** $0, $1 and so on. */
export let parameters: string[] = ['sh'];
export function setParameters(list: string[]): void {
  parameters = list;
}
/** $? */
export let lastStatus: i32 = 0;
export function setStatus(status: i32): void {
  lastStatus = status;
}
/** $! */
export let lastBackground: i32 = 0;
export function setBackground(pid: i32): void {
  lastBackground = pid;
}
