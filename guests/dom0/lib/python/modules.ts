/** What configurations import: the parts of os, re, string and sys that they use. */
import { S_IFDIR, S_IFREG, utsname } from 'mote/abi';
import { currentDirectory, readDirectory, Stat, systemName } from 'programs/lib/calls';
import { found } from 'programs/lib/regex';
import { environment } from 'programs/lib/start';
import { call as callValue, Call, define, exception, isDefined } from './calling';
import { raise, raiseValue } from './raising';
import { join } from './text-methods';
import { bool_, builtin, dict, int, list, MODULE, none, TEXT, text, TUPLE, Value } from './values';

const MODULES: string[] = ['os', 'os.path', 're', 'string', 'sys'];
const DIGITS: string = '0123456789';
const LOWERCASE: string = 'abcdefghijklmnopqrstuvwxyz';

/** A module; null: there is none of this name. */
export function moduleNamed(name: string): Value | null {
  if (!MODULES.includes(name)) return null;
  const made = new Value(MODULE);
  made.text = name;
  return made;
}

/** What a module has by a name; null: it has none. */
export function ofModule(module: Value, name: string): Value | null {
  const full = module.text + '.' + name;
  if (isDefined(full)) return builtin(full);
  if (full == 'os.path') return moduleNamed(full);
  if (full == 'os.environ') return environ();
  if (full == 'os.sep') return text('/');
  if (full == 'sys.argv') return list([text('xm')]);
  if (full == 'sys.platform') return text('linux2');
  if (full == 'string.digits') return text(DIGITS);
  if (full == 'string.lowercase' || full == 'string.ascii_lowercase') return text(LOWERCASE);
  // As functions, the string module has what texts can do themselves.
  if (module.text == 'string' && isDefined('str.' + name)) return builtin('str.' + name, module);
  return null;
}

function environ(): Value {
  const made = dict();
  const all = environment();
  for (let n = 0; n < all.length; n++) {
    const equals = all[n].indexOf('=');
    if (equals > 0) made.setKey(text(all[n].substring(0, equals)), text(all[n].substring(equals + 1)));
  }
  return made;
}

function uname(_: Call): Value {
  const fields: usize[] = [
    utsname.sysname,
    utsname.nodename,
    utsname.release,
    utsname.version,
    utsname.machine,
  ];
  const made: Value[] = [];
  for (let n = 0; n < fields.length; n++) made.push(text(systemName(fields[n])));
  return list(made, TUPLE);
}

function getenv(call: Call): Value {
  const all = environ();
  const at = all.indexOfKey(call.args[0]);
  if (at >= 0) return all.items[at];
  return call.args.length > 1 ? call.args[1] : none;
}

function pathOf(value: Value): string {
  if (value.kind != TEXT) raise('TypeError', 'a str is expected, not ' + value.typeName);
  return value.text;
}

/** Whether there is something at a path: of any type (0), or of one. */
function isThere(call: Call, type: u32): Value {
  const stat = new Stat();
  return bool_(stat.of(pathOf(call.args[0])) == 0 && (type == 0 || stat.type == type));
}

function listDirectory(call: Call): Value {
  const path = pathOf(call.args[0]);
  const names = readDirectory(path);
  if (names == null) return raise('OSError', 'No such directory: ' + path);
  const made: Value[] = [];
  for (let n = 0; n < names.length; n++) if (names[n] != '.' && names[n] != '..') made.push(text(names[n]));
  return list(made);
}

function joinPath(call: Call): Value {
  let path = '';
  for (let n = 0; n < call.args.length; n++) {
    const part = pathOf(call.args[n]);
    if (part.startsWith('/') || path == '') path = part;
    else path += (path.endsWith('/') ? '' : '/') + part;
  }
  return text(path);
}

function folderOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash > 0 ? path.substring(0, slash) : slash == 0 ? '/' : '';
}

function defineOs(): void {
  define('os.uname', 0, 0, uname);
  define('os.getenv', 1, 2, getenv);
  define('os.getcwd', 0, 0, (_) => text(currentDirectory()));
  define('os.listdir', 1, 1, listDirectory);
  define('os.path.exists', 1, 1, (call) => isThere(call, 0));
  define('os.path.isfile', 1, 1, (call) => isThere(call, S_IFREG));
  define('os.path.isdir', 1, 1, (call) => isThere(call, S_IFDIR));
  define('os.path.join', 1, 100, joinPath);
  define('os.path.basename', 1, 1, (call) => {
    const path = pathOf(call.args[0]);
    return text(path.substring(path.lastIndexOf('/') + 1));
  });
  define('os.path.dirname', 1, 1, (call) => text(folderOf(pathOf(call.args[0]))));
}

/** What cannot be said in our expressions is refused, not taken for something else. */
const BEYOND: string = '[](){}+?|';

/** Whether an expression is found: as a match has no parts here, it is True, or None. */
function matches(call: Call, begins: string): Value {
  const pattern = pathOf(call.args[0]);
  for (let n = 0; n < pattern.length; n++)
    if (BEYOND.includes(pattern.charAt(n)) && (n == 0 || pattern.charAt(n - 1) != '\\'))
      return raise('ValueError', pattern + ': of expressions . * ^ $ and \\ are known here');
  return found(
    begins + (pattern.startsWith('^') ? pattern.substring(begins.length) : pattern),
    pathOf(call.args[1]),
  )
    ? bool_(true)
    : none;
}

function exit(call: Call): Value {
  const status = call.args.length > 0 ? call.args[0] : int(0);
  raiseValue(exception('SystemExit', [status]));
  return none;
}

export function defineModules(): void {
  defineOs();
  define('re.search', 2, 2, (call) => matches(call, ''));
  define('re.match', 2, 2, (call) => matches(call, '^'));
  define('sys.exit', 0, 1, exit);
  define('string.join', 1, 2, (call) =>
    join(call.args.length > 1 ? pathOf(call.args[1]) : ' ', call.args[0]),
  );
  define('string.atoi', 1, 2, (call) => callValue(builtin('int'), call.args, call.given));
}
