/** brctl show | addbr|delbr BRIDGE | addif|delif BRIDGE INTERFACE... | setfd BRIDGE SECONDS | stp BRIDGE on|off | setloss BRIDGE PERMILLE [SEED]: bridges, and the frames they lose. */
import { EBUSY, EEXIST, EINVAL, ENODEV } from 'xen';
import {
  SIOCBRADDBR,
  SIOCBRADDIF,
  SIOCBRDELBR,
  SIOCBRDELIF,
  SIOCGIFHWADDR,
  SOCK_DGRAM,
  ifreq,
} from 'mote/abi';
import { answer, ask, changePort, indexOf, loseFrames } from 'programs/lib/interfaces';
import { complain, complainOf, print, readFile } from 'programs/lib/io';
import { socket } from 'programs/lib/sockets';
import { bad, hex, number } from 'programs/lib/text';

const USAGE =
  'usage: brctl show | addbr|delbr BRIDGE | addif|delif BRIDGE INTERFACE... | setfd BRIDGE SECONDS | stp BRIDGE on|off | setloss BRIDGE PERMILLE [SEED]';
const MILLE: i64 = 1000;
const USUAL_SEED: i64 = 1;
/** Before the bridge's address in its id: 802.1D's usual priority. */
const PRIORITY = '8000.';
/** Further ports stand below the first one. */
const COLUMN = '\n\t\t\t\t\t\t\t';

class Command {
  constructor(
    public name: string,
    /** Arguments, at least and at most. */
    public least: i32,
    public most: i32,
    public work: (args: string[]) => i32,
  ) {}
}

let fd = -1;

const MANY: i32 = 64;
const COMMANDS: Command[] = [
  new Command('show', 0, MANY, show),
  new Command('addbr', 1, 1, addBridge),
  new Command('delbr', 1, 1, removeBridge),
  new Command('addif', 2, MANY, (args: string[]) => changePorts(args, SIOCBRADDIF)),
  new Command('delif', 2, MANY, (args: string[]) => changePorts(args, SIOCBRDELIF)),
  new Command('setfd', 2, 2, setDelay),
  new Command('stp', 2, 2, setTree),
  new Command('setloss', 2, 3, setLoss),
];

export function main(args: string[]): i32 {
  fd = socket(SOCK_DGRAM);
  if (fd < 0) return complainOf('socket', fd);
  for (let n = 0; n < COMMANDS.length && args.length > 1; n++) {
    const command = COMMANDS[n];
    const given = args.length - 2;
    if (command.name == args[1] && given >= command.least && given <= command.most)
      return command.work(args.slice(2));
  }
  return misused();
}

function misused(): i32 {
  complain(USAGE);
  return 2;
}

/** The lines of /proc/net/bridge, in words. */
function lines(): string[][] {
  const text = readFile('/proc/net/bridge');
  return (text == null ? '' : text).split('\n').map<string[]>((line) => line.split(' '));
}

/** Whether there is such a bridge; that there is none has been said. */
function isBridge(name: string): bool {
  const all = lines();
  for (let n = 0; n < all.length; n++)
    if (all[n].length > 1 && all[n][0] == name && all[n][1] == 'loss') return true;
  complain('bridge ' + name + ' does not exist!');
  return false;
}

function show(args: string[]): i32 {
  const all = lines();
  for (let n = 0; n < args.length; n++) if (!isBridge(args[n])) return 1;
  print('bridge name\tbridge id\t\tSTP enabled\tinterfaces\n');
  for (let n = 0; n < all.length; n++)
    if (all[n].length > 1 && all[n][1] == 'loss' && (args.length == 0 || args.includes(all[n][0])))
      showBridge(all[n][0], all);
  return 0;
}

function showBridge(name: string, all: string[][]): void {
  const ports: string[] = [];
  for (let n = 0; n < all.length; n++)
    if (all[n].length == 3 && all[n][0] == name && all[n][1] == 'port') ports.push(all[n][2]);
  ports.sort();
  print(name + '\t\t' + PRIORITY + hardwareOf(name) + '\tno\t\t' + ports.join(COLUMN) + '\n');
}

function hardwareOf(name: string): string {
  ask(fd, SIOCGIFHWADDR, name);
  let text = '';
  for (let n: usize = 0; n < 6; n++) text += hex(load<u8>(answer() + ifreq.ifr_hwaddr + n), 2);
  return text;
}

function addBridge(args: string[]): i32 {
  const failed = ask(fd, SIOCBRADDBR, args[0]);
  if (failed != -EEXIST) return failed < 0 ? complainOf(args[0], failed) : 0;
  complain('device ' + args[0] + " already exists; can't create bridge with the same name");
  return 1;
}

function removeBridge(args: string[]): i32 {
  const failed = ask(fd, SIOCBRDELBR, args[0]);
  if (failed == -ENODEV && !isBridge(args[0])) return 1;
  if (failed != -EBUSY) return failed < 0 ? complainOf(args[0], failed) : 0;
  complain('bridge ' + args[0] + " is still up; can't delete it");
  return 1;
}

function changePorts(args: string[], command: i32): i32 {
  if (!isBridge(args[0])) return 1;
  for (let n = 1; n < args.length; n++) {
    const index = indexOf(fd, args[n]);
    let problem = index < 0 ? 'interface ' + args[n] + ' does not exist!' : '';
    const failed = index < 0 ? 0 : changePort(fd, command, args[0], index);
    if (failed == -EBUSY)
      problem =
        'device ' + args[n] + " is already a member of a bridge; can't enslave it to bridge " + args[0] + '.';
    else if (failed == -EINVAL && command == SIOCBRDELIF)
      problem = 'device ' + args[n] + ' is not a slave of ' + args[0];
    else if (failed < 0) return complainOf(args[n], failed);
    if (problem != '') {
      complain(problem);
      return 1;
    }
  }
  return 0;
}

/** Ports wait that long for a spanning tree alone, and there is none. */
function setDelay(args: string[]): i32 {
  if (!isBridge(args[0])) return 1;
  const parts = args[1].split('.');
  for (let n = 0; n < parts.length; n++)
    if (number(parts[n]) < 0 || bad || parts.length > 2) return misused();
  return 0;
}

function setTree(args: string[]): i32 {
  if (!isBridge(args[0])) return 1;
  if (args[1] == 'off' || args[1] == 'no' || args[1] == '0') return 0;
  if (args[1] != 'on' && args[1] != 'yes' && args[1] != '1') return misused();
  complain(args[0] + ': there is no spanning tree here: bridges are not to be joined in a ring');
  return 1;
}

function setLoss(args: string[]): i32 {
  const perMille = number(args[1]);
  let wrong = bad || perMille < 0 || perMille > MILLE;
  const seed = args.length == 3 ? number(args[2]) : USUAL_SEED;
  wrong = wrong || bad || seed < 0 || seed > <i64>u32.MAX_VALUE;
  if (wrong) return misused();
  const failed = loseFrames(fd, args[0], <u32>perMille, <u32>seed);
  return failed < 0 ? complainOf(args[0], failed) : 0;
}
