/**
 * tapdisk [-r] PATH: serves a disk from an image, raw, qcow or qcow2, and prints which device it is; -r: it is only read. It is a process
 * of its own: it ends when the device is used no more, and whoever uses the device has errors when it ends before.
 */
import {
  NBD_FLAG_AUTOCLEAR,
  NBD_FLAG_READ_ONLY,
  NBD_FLAG_SEND_FLUSH,
  O_RDWR,
  SIG_IGN,
  SIGPIPE,
} from 'mote/abi';
import { NBD_SET_FLAGS, NBD_SET_SIZE, NBD_SET_SOCK, SOCK_STREAM } from 'mote/abi';
import { detach, letGo, ready } from 'dom0/lib/daemon';
import { Image, imageProblem } from 'dom0/lib/image';
import { serve } from 'dom0/lib/nbd';
import { openImage } from 'dom0/lib/qcow';
import { close, control, open, setSignal } from 'programs/lib/calls';
import { complain, complainOf, flush, print } from 'programs/lib/io';
import { takeOptions } from 'programs/lib/options';
import { accept, bind, connect, listen, localPort, socket } from 'programs/lib/sockets';
import { stay } from 'programs/lib/stay';

const USAGE = 'tapdisk [-r] PATH';
const LOCALHOST: u32 = 0x7f00_0001;
const DEVICE = '/dev/nbd';
const COUNT = 8;
const EBUSY: i32 = 16;

export function main(args: string[]): i32 {
  const options = takeOptions(args, 'r', USAGE);
  if (options == null) return 2;
  if (args.length != 2) {
    complain('usage: ' + USAGE);
    return 2;
  }
  const image = openImage(args[1], options.includes('r'));
  if (image == null) {
    complain(args[1] + ': ' + imageProblem);
    return 1;
  }
  detach('tapdisk');
  const fd = offer(image);
  if (fd < 0) return complainOf(args[1], fd);
  flush();
  letGo();
  ready();
  setSignal(SIGPIPE, SIG_IGN);
  stay();
  serve(fd, image);
  image.flush();
  return 0;
}

/** Gives one end of a connection to the kernel: the other one, or a negative errno. */
function offer(image: Image): i32 {
  const listener = socket(SOCK_STREAM);
  let failed = listener < 0 ? listener : bind(listener, LOCALHOST, 0);
  if (failed == 0) failed = listen(listener, 1);
  const theirs = socket(SOCK_STREAM);
  if (failed == 0) failed = theirs < 0 ? theirs : connect(theirs, LOCALHOST, localPort(listener));
  if (failed < 0) return failed;
  const ours = accept(listener);
  close(listener);
  if (ours < 0) return ours;
  failed = attach(theirs, image);
  close(theirs);
  return failed < 0 ? failed : ours;
}

/** Takes the first device that is free. */
function attach(fd: i32, image: Image): i32 {
  let failed = -EBUSY;
  for (let n = 0; n < COUNT && failed == -EBUSY; n++) {
    const name = DEVICE + n.toString();
    const device = open(name, O_RDWR);
    if (device < 0) return device;
    failed = control(device, NBD_SET_SOCK, fd);
    const flags = NBD_FLAG_SEND_FLUSH | NBD_FLAG_AUTOCLEAR | (image.readOnly ? NBD_FLAG_READ_ONLY : 0);
    if (failed == 0) failed = control(device, NBD_SET_FLAGS, flags);
    if (failed == 0) failed = control(device, NBD_SET_SIZE, <usize>image.size);
    close(device);
    if (failed == 0) print(name + '\n');
  }
  return failed;
}
