/** brctl show; brctl setloss BRIDGE PERMILLE [SEED]: the host's bridge and its ports, as bridge-utils shows them; frames it loses. */
import { SIOCGIFHWADDR, SOCK_DGRAM, ifreq } from 'mote/abi';
import { answer, ask, loseFrames } from 'programs/lib/interfaces';
import { complain, complainOf, print, readFile } from 'programs/lib/io';
import { socket } from 'programs/lib/sockets';
import { bad, hex, number } from 'programs/lib/text';

const USAGE = 'usage: brctl show | setloss BRIDGE PERMILLE [SEED]';
const MILLE: i64 = 1000;
const USUAL_SEED: i64 = 1;
/** Before the bridge's address in its id: 802.1D's usual priority. */
const PRIORITY = '8000.';
/** Further ports stand below the first one. */
const COLUMN = '\n\t\t\t\t\t\t\t';

let fd = -1;

export function main(args: string[]): i32 {
  fd = socket(SOCK_DGRAM);
  if (fd < 0) return complainOf('socket', fd);
  if (args.length == 2 && args[1] == 'show') return show();
  if (args.length >= 4 && args.length <= 5 && args[1] == 'setloss') return setLoss(args);
  complain(USAGE);
  return 2;
}

function show(): i32 {
  const text = readFile('/proc/net/bridge');
  if (text == null) return complainOf('/proc/net/bridge', -2);
  print('bridge name\tbridge id\t\tSTP enabled\tinterfaces\n');
  const lines = text.split('\n');
  for (let n = 0; n < lines.length; n++) {
    const words = lines[n].split(' ');
    if (words.length > 1 && words[1] == 'loss') showBridge(words[0], lines);
  }
  return 0;
}

function showBridge(name: string, lines: string[]): void {
  const ports: string[] = [];
  for (let n = 0; n < lines.length; n++) {
    const words = lines[n].split(' ');
    if (words.length == 3 && words[0] == name && words[1] == 'port') ports.push(words[2]);
  }
  ports.sort();
  print(name + '\t\t' + PRIORITY + hardwareOf(name) + '\tno\t\t' + ports.join(COLUMN) + '\n');
}

function hardwareOf(name: string): string {
  ask(fd, SIOCGIFHWADDR, name);
  let text = '';
  for (let n: usize = 0; n < 6; n++) text += hex(load<u8>(answer() + ifreq.ifr_hwaddr + n), 2);
  return text;
}

function setLoss(args: string[]): i32 {
  const perMille = number(args[3]);
  let wrong = bad || perMille < 0 || perMille > MILLE;
  const seed = args.length == 5 ? number(args[4]) : USUAL_SEED;
  wrong = wrong || bad || seed < 0 || seed > <i64>u32.MAX_VALUE;
  if (wrong) {
    complain(USAGE);
    return 2;
  }
  const failed = loseFrames(fd, args[2], <u32>perMille, <u32>seed);
  return failed < 0 ? complainOf(args[2], failed) : 0;
}
