/** vconfig add INTERFACE ID | rem INTERFACE.ID: VLANs (802.1Q): an interface for those of another one's frames that are of this VLAN. */
import { SOCK_DGRAM } from 'mote/abi';
import { changeVlan, indexOf } from 'programs/lib/interfaces';
import { complain, complainOf, print } from 'programs/lib/io';
import { socket } from 'programs/lib/sockets';
import { bad, number } from 'programs/lib/text';

const USAGE = 'usage: vconfig add INTERFACE ID | rem INTERFACE.ID';
const MOST_ID: i64 = 4094;

export function main(args: string[]): i32 {
  const verb = args.length > 1 ? args[1] : '';
  const adds = verb == 'add';
  if ((!adds && verb != 'rem') || args.length != (adds ? 4 : 3)) {
    complain(USAGE);
    return 2;
  }
  const name = args[2];
  const fd = socket(SOCK_DGRAM);
  if (indexOf(fd, name) < 0) {
    complain(name + ': there is no such interface');
    return 1;
  }
  const id = adds ? number(args[3]) : 0;
  if (adds && (bad || id < 1 || id > MOST_ID)) {
    complain(args[3] + ': a VLAN has a number from 1 to 4094');
    return 1;
  }
  const failed = changeVlan(fd, adds, name, <i32>id);
  if (failed < 0) return complainOf(name, failed);
  print(
    adds
      ? 'Added VLAN with VID == ' + id.toString() + ' to IF -:' + name + ':-\n'
      : 'Removed VLAN -:' + name + ':-\n',
  );
  return 0;
}
