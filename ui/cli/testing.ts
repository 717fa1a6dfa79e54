/** A keyboard for tests of what is typed in a terminal. */
import { PassThrough } from 'node:stream';

/** A terminal, or a pipe, as process.stdin would be; whether it is raw. */
export class Keyboard extends PassThrough {
  readonly isTTY: boolean;
  isRaw = false;

  constructor(isTTY: boolean) {
    super();
    this.isTTY = isTTY;
  }

  setRawMode(raw: boolean): void {
    this.isRaw = raw;
  }
}
