/** Ctrl-C while the shell itself works, not a program: what it was told to do ends, up to the prompt. */
import { SIGINT } from 'mote/abi';
import { setSignal } from 'programs/lib/calls';
import { addressOf } from 'programs/lib/intrinsics';

let struck: bool = false;

function strike(): void {
  struck = true;
}

export function heedInterrupts(): void {
  setSignal(SIGINT, addressOf(strike.index));
}

export function isStruck(): bool {
  return struck;
}

/** Whether it was pressed since this was asked last. */
export function takeStrike(): bool {
  const was = struck;
  struck = false;
  return was;
}
