/**
 * xensv start|stop|restart|status: manages this host, and others of its network, in a web page at port 8080. Whoever reaches that may do
 * all that xm can, unless /etc/xen/xensv-password has lines of NAME:PASSWORD: then who gives one of those.
 */
import { SIG_IGN, SIGPIPE, SO_REUSEADDR, SOCK_STREAM, SOL_SOCKET, WNOHANG } from 'mote/abi';
import { detach, letGo, ready, runningDaemon, stopDaemon } from 'dom0/lib/daemon';
import { close, exit, fork, setSignal, wait } from 'programs/lib/calls';
import { complain, complainOf, print } from 'programs/lib/io';
import { accept, bind, listen, setOption, socket } from 'programs/lib/sockets';
import { reopenStore } from 'programs/lib/store';
import { stay } from 'programs/lib/stay';
import { answer } from './xensv/server';

const NAME: string = 'xensv';
const PORT: u32 = 8080;
const BACKLOG: i32 = 16;
/** As the Linux Standard Base has it for `status`. */
const NOT_RUNNING: i32 = 3;

export function main(args: string[]): i32 {
  const what = args.length == 2 ? args[1] : '';
  if (what == 'status') return status();
  if (what == 'stop' || what == 'restart') stopDaemon(NAME);
  if (what == 'stop') return 0;
  if (what == 'start' || what == 'restart') return runningDaemon(NAME) != 0 ? 0 : start();
  complain('usage: xensv start|stop|restart|status');
  return 2;
}

function status(): i32 {
  const pid = runningDaemon(NAME);
  print(pid == 0 ? 'xensv is not running\n' : 'xensv is running, as process ' + pid.toString() + '\n');
  return pid == 0 ? NOT_RUNNING : 0;
}

function start(): i32 {
  const listener = socket(SOCK_STREAM);
  setOption(listener, SOL_SOCKET, SO_REUSEADDR, 1);
  let failed = bind(listener, 0, PORT);
  if (failed >= 0) failed = listen(listener, BACKLOG);
  if (failed < 0) return complainOf('port ' + PORT.toString(), failed);
  detach(NAME);
  setSignal(SIGPIPE, SIG_IGN);
  ready();
  letGo();
  stay();
  for (;;) {
    const connection = accept(listener);
    while (wait(-1, WNOHANG) > 0) {}
    if (connection < 0) continue;
    // What is asked for may take its time, and who asks as well.
    if (fork() == 0) {
      close(listener);
      reopenStore();
      answer(connection);
      exit(0);
    }
    close(connection);
  }
  return 0;
}
