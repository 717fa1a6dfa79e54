/** nbd-server [-r] PORT FILE: serves an image, raw, qcow or qcow2, as a disk, to one client after the other; -r: it is only read. */
import { SIG_IGN, SIGPIPE, SOCK_STREAM } from 'mote/abi';
import { imageProblem } from 'dom0/lib/image';
import { agreeAsServer, serve } from 'dom0/lib/nbd';
import { openImage } from 'dom0/lib/qcow';
import { detach, letGo, ready } from 'dom0/lib/daemon';
import { close, setSignal } from 'programs/lib/calls';
import { complain, complainOf } from 'programs/lib/io';
import { takeOptions } from 'programs/lib/options';
import { accept, bind, listen, socket } from 'programs/lib/sockets';
import { bad, number } from 'programs/lib/text';
import { stay } from 'programs/lib/stay';

const USAGE = 'nbd-server [-r] PORT FILE';

export function main(args: string[]): i32 {
  const options = takeOptions(args, 'r', USAGE);
  if (options == null) return 2;
  const port = args.length == 3 ? number(args[1]) : 0;
  if (args.length != 3 || bad || port < 1 || port > 65535) {
    complain('usage: ' + USAGE);
    return 2;
  }
  const image = openImage(args[2], options.includes('r'));
  if (image == null) {
    complain(args[2] + ': ' + imageProblem);
    return 1;
  }
  const listener = socket(SOCK_STREAM);
  let failed = listener < 0 ? listener : bind(listener, 0, <u32>port);
  if (failed == 0) failed = listen(listener, 4);
  if (failed < 0) return complainOf('port ' + args[1], failed);
  detach('nbd-server');
  letGo();
  ready();
  setSignal(SIGPIPE, SIG_IGN);
  stay();
  while (true) {
    const fd = accept(listener);
    if (fd < 0) continue;
    if (agreeAsServer(fd, image)) serve(fd, image);
    image.flush();
    close(fd);
  }
}
