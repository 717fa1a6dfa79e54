/** sysctl [-w] NAME[=VALUE]... | -a | -p [FILE]: settings of the kernel, which are files below /proc/sys; -p: those of a file, /etc/sysctl.conf. */
import { O_WRONLY, S_IFDIR } from 'mote/abi';
import { close, open, readDirectory, Stat, writeAll } from 'programs/lib/calls';
import { complain, complainOf, print, readFile } from 'programs/lib/io';

const ROOT = '/proc/sys';
const USUAL_FILE = '/etc/sysctl.conf';

export function main(args: string[]): i32 {
  if (args.length > 1 && args[1] == '-a') return showAll(ROOT);
  if (args.length > 1 && args[1] == '-p') return fromFile(args.length > 2 ? args[2] : USUAL_FILE);
  const first = args.length > 1 && args[1] == '-w' ? 2 : 1;
  if (first >= args.length || args[first].startsWith('-')) {
    complain('usage: sysctl [-w] NAME[=VALUE]... | -a | -p [FILE]');
    return 2;
  }
  let status = 0;
  for (let n = first; n < args.length; n++)
    status |= args[n].includes('=') ? put(args[n]) : show(args[n].trim());
  return status;
}

/** A name with dots or slashes is a path. */
function pathOf(name: string): string {
  return ROOT + '/' + (name.includes('/') ? name : name.replaceAll('.', '/'));
}

function show(name: string): i32 {
  const text = readFile(pathOf(name));
  if (text == null) return missing(name);
  print(name + ' = ' + text.trimEnd() + '\n');
  return 0;
}

function missing(name: string): i32 {
  complain('cannot stat ' + pathOf(name) + ': No such file or directory');
  return 1;
}

function put(setting: string): i32 {
  const at = setting.indexOf('=');
  const name = setting.substring(0, at).trim();
  const value = setting.substring(at + 1).trim();
  const fd = open(pathOf(name), O_WRONLY);
  if (fd < 0) return missing(name);
  const bytes = String.UTF8.encode(value + '\n');
  const failed = writeAll(fd, bytes, bytes.byteLength);
  close(fd);
  if (failed < 0) return complainOf('setting key "' + name + '"', failed);
  print(name + ' = ' + value + '\n');
  return 0;
}

function fromFile(path: string): i32 {
  const text = readFile(path);
  if (text == null) return complainOf(path, -2);
  const lines = text.split('\n');
  let status = 0;
  for (let n = 0; n < lines.length; n++) {
    const line = lines[n].trim();
    if (line != '' && !line.startsWith('#') && !line.startsWith(';')) status |= put(line);
  }
  return status;
}

function showAll(directory: string): i32 {
  const found = readDirectory(directory);
  if (found == null) return complainOf(directory, -2);
  found.sort();
  const stat = new Stat();
  for (let n = 0; n < found.length; n++) {
    const path = directory + '/' + found[n];
    if (found[n] == '.' || found[n] == '..' || stat.of(path) < 0) continue;
    if (stat.type == S_IFDIR) showAll(path);
    else show(path.substring(ROOT.length + 1).replaceAll('/', '.'));
  }
  return 0;
}
