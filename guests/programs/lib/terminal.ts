/** Whether somebody sits at the other end of a descriptor. */
import { TCGETS, termios } from 'mote/abi';
import { control } from './calls';

const settings = new ArrayBuffer(<i32>termios.SIZE);

export function isTerminal(fd: i32): bool {
  return control(fd, TCGETS, changetype<usize>(settings)) == 0;
}
