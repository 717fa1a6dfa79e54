/** nbd-client [-r] [-N NAME] HOST [PORT] /dev/nbdN | -d /dev/nbdN: makes a disk of one that another host serves; -d: takes it away. */
import {
  NBD_CLEAR_SOCK,
  NBD_FLAG_READ_ONLY,
  NBD_SET_FLAGS,
  NBD_SET_SIZE,
  NBD_SET_SOCK,
  O_RDWR,
  SOCK_STREAM,
} from 'mote/abi';
import { agreeAsClient, exportedBytes, exportedFlags, PORT } from 'dom0/lib/nbd';
import { close, control, open } from 'programs/lib/calls';
import { complain, complainOf, print } from 'programs/lib/io';
import { address, badAddress, connect, socket } from 'programs/lib/sockets';
import { bad, number } from 'programs/lib/text';

const USAGE = 'usage: nbd-client [-r] [-N NAME] HOST [PORT] /dev/nbdN | -d /dev/nbdN';

export function main(args: string[]): i32 {
  if (args.length == 3 && args[1] == '-d') return take(args[2]);
  let flags = 0;
  let name = '';
  const words: string[] = [];
  for (let n = 1; n < args.length; n++) {
    if (args[n] == '-r') flags = NBD_FLAG_READ_ONLY;
    else if (args[n] == '-N' && n + 1 < args.length) name = args[++n];
    else if (args[n].startsWith('-')) words.length = 0;
    else words.push(args[n]);
  }
  const port = words.length == 3 ? number(words[1]) : PORT;
  if (words.length < 2 || words.length > 3 || (words.length == 3 && (bad || port < 1 || port > 65535))) {
    complain(USAGE);
    return 2;
  }
  const host = address(words[0]);
  if (badAddress) {
    complain(words[0] + ': no such host');
    return 1;
  }
  return attach(words[words.length - 1], host, <u32>port, name, flags);
}

function attach(device: string, host: u32, port: u32, name: string, flags: i32): i32 {
  const fd = socket(SOCK_STREAM);
  let failed = fd < 0 ? fd : connect(fd, host, port);
  if (failed < 0) return complainOf('port ' + port.toString(), failed);
  const problem = agreeAsClient(fd, name);
  if (problem != '') {
    complain(problem);
    return 1;
  }
  const disk = open(device, O_RDWR);
  failed = disk < 0 ? disk : control(disk, NBD_SET_SOCK, fd);
  if (failed == 0) failed = control(disk, NBD_SET_FLAGS, (exportedFlags & ~1) | flags);
  if (failed == 0) failed = control(disk, NBD_SET_SIZE, <usize>exportedBytes);
  if (disk >= 0) close(disk);
  close(fd);
  if (failed < 0) return complainOf(device, failed);
  print('Connected ' + device + ', ' + exportedBytes.toString() + ' bytes\n');
  return 0;
}

function take(device: string): i32 {
  const disk = open(device, O_RDWR);
  if (disk < 0) return complainOf(device, disk);
  const failed = control(disk, NBD_CLEAR_SOCK, 0);
  close(disk);
  return failed < 0 ? complainOf(device, failed) : 0;
}
