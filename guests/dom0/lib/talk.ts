/** Talking by a connection at the terminal, until Ctrl-] or its end: keys go out as they are, and what comes is shown as it is. */
import { EAGAIN } from 'xen';
import { ECHO, ICANON, ISIG, POLLIN, TCGETS, TCSETS, termios } from 'mote/abi';
import { close, control, read, setNonBlocking, write, writeAll } from 'programs/lib/calls';
import { flush, print } from 'programs/lib/io';
import { PollSet } from 'programs/lib/poll';

const CTRL_RIGHT_BRACKET: u8 = 29;
/** The terminal's settings, and what they were. */
const settings = new ArrayBuffer(<i32>termios.SIZE);
const before = new ArrayBuffer(<i32>termios.SIZE);
const buffer = new ArrayBuffer(2048);

/** Until then; the connection is closed. */
export function talk(fd: i32): void {
  setNonBlocking(fd);
  setRaw(true);
  serve(fd);
  setRaw(false);
  close(fd);
  print('\n');
  flush();
}

/** Keys go to the domain as they are, and what it prints comes as it is. */
function setRaw(raw: bool): void {
  const at = changetype<usize>(settings);
  if (!raw) {
    control(0, TCSETS, changetype<usize>(before));
    return;
  }
  if (control(0, TCGETS, changetype<usize>(before)) < 0) return;
  memory.copy(at, changetype<usize>(before), termios.SIZE);
  store<u32>(at, 0, termios.c_iflag);
  store<u32>(at, 0, termios.c_oflag);
  store<u32>(at, load<u32>(at, termios.c_lflag) & ~(ICANON | ECHO | ISIG), termios.c_lflag);
  control(0, TCSETS, at);
}

function serve(fd: i32): void {
  const set = new PollSet();
  let goesOn = true;
  while (goesOn) {
    set.clear();
    const keys = set.add(0, POLLIN);
    const domain = set.add(fd, POLLIN);
    set.wait(-1);
    if (set.events(domain) != 0) goesOn = output(fd);
    if (goesOn && set.events(keys) != 0) goesOn = input(fd);
  }
}

/** Shows what the domain has printed. False: it has ended. */
function output(fd: i32): bool {
  const got = read(fd, buffer, buffer.byteLength);
  if (got > 0) writeAll(1, buffer, got);
  return got > 0 || got == -EAGAIN;
}

/** Types what was typed; what a domain that does not listen has no room for is lost. False: it was Ctrl-], or the end. */
function input(fd: i32): bool {
  const got = read(0, buffer, 64);
  let count = 0;
  while (count < got && load<u8>(changetype<usize>(buffer) + count) != CTRL_RIGHT_BRACKET) count++;
  if (count > 0) write(fd, buffer, count);
  return got > 0 && count == got;
}
