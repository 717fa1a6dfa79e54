/**
 * mount: what is mounted where. mount [-t TYPE] [-o ro,offset=BYTES] SOURCE DIRECTORY: mounts a disk, or a file as one; of type 9p, the
 * tree that a server calls SOURCE. -o offset=BYTES: it begins there in the file. With -o nofail it is all right that there is no
 * such thing.
 */
import { MS_RDONLY } from 'mote/abi';
import { currentDirectory, mount } from 'programs/lib/calls';
import { complain, complainOf, print, readFile } from 'programs/lib/io';

const USAGE = 'usage: mount [-t TYPE] [-o ro|rw|loop|offset=BYTES|nofail,...] SOURCE DIRECTORY';

export function main(args: string[]): i32 {
  if (args.length == 1) return list();
  let type = 'ext2';
  let flags = 0;
  let mayFail = false;
  let offset = '';
  const places: string[] = [];
  for (let n = 1; n < args.length; n++) {
    if (args[n] == '-t' && n + 1 < args.length) type = args[++n];
    else if (args[n] == '-o' && n + 1 < args.length) {
      const options = args[++n].split(',');
      for (let at = 0; at < options.length; at++) {
        const option = options[at];
        if (option == 'ro') flags = MS_RDONLY;
        else if (option == 'nofail') mayFail = true;
        else if (option.startsWith('offset=')) offset = option;
        else if (option != 'rw' && option != 'loop' && option != 'defaults') return wrong();
      }
    } else if (args[n].startsWith('-')) return wrong();
    else places.push(args[n]);
  }
  if (places.length != 2) return wrong();
  // What is mounted is told of by a path that means the same everywhere.
  if (type.startsWith('ext') && !places[0].startsWith('/')) {
    const here = currentDirectory();
    places[0] = (here == '/' ? '' : here) + '/' + places[0];
  }
  const failed = mount(places[0], places[1], type == 'ext3' ? 'ext2' : type, flags, offset);
  if (mayFail && failed == -ENOENT) return 0;
  if (failed == -ENODEV) {
    complain(type + ': there is no such file system, or no such disk as ' + places[0]);
    return 1;
  }
  return failed < 0 ? complainOf(places[0] + ' on ' + places[1], failed) : 0;
}

const ENOENT = 2;
const ENODEV = 19;

function wrong(): i32 {
  complain(USAGE);
  return 2;
}

/** A line of /proc/mounts has the source, the directory, the type, and more. */
function list(): i32 {
  const text = readFile('/proc/mounts');
  if (text == null) {
    complain('/proc is not there');
    return 1;
  }
  const lines = text.trimEnd().split('\n');
  for (let n = 0; n < lines.length; n++) {
    const fields = lines[n].split(' ');
    print(fields[0] + ' on ' + fields[1] + ' type ' + fields[2] + ' (' + fields[3] + ')\n');
  }
  return 0;
}
