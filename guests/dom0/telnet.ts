/** telnet HOST [PORT]: talks to whoever listens there, as it is typed, until Ctrl-] or the connection's end. */
import { SIG_IGN, SIGPIPE, SOCK_STREAM } from 'mote/abi';
import { talk } from 'dom0/lib/talk';
import { setSignal } from 'programs/lib/calls';
import { complain, complainOf, flush, print } from 'programs/lib/io';
import { address, addressText, badAddress, connect, socket } from 'programs/lib/sockets';
import { bad, number } from 'programs/lib/text';

const USUAL_PORT: i64 = 23;

export function main(args: string[]): i32 {
  const port = args.length == 3 ? number(args[2]) : USUAL_PORT;
  if (args.length < 2 || args.length > 3 || (args.length == 3 && bad) || port < 1 || port > 65535) {
    complain('usage: telnet HOST [PORT]');
    return 2;
  }
  const host = address(args[1]);
  if (badAddress) {
    complain(args[1] + ': no such host');
    return 1;
  }
  print('Trying ' + addressText(host) + '...\n');
  const fd = socket(SOCK_STREAM);
  const failed = fd < 0 ? fd : connect(fd, host, <u32>port);
  if (failed < 0) return complainOf('Unable to connect to remote host', failed);
  print('Connected to ' + args[1] + ".\nEscape character is '^]'.\n");
  flush();
  setSignal(SIGPIPE, SIG_IGN);
  talk(fd);
  print('Connection closed.\n');
  return 0;
}
