/** The terminal as a domain's console: raw, every key goes to the guest, Ctrl-] leaves. */

const CTRL_RIGHT_BRACKET = 0x1d;

export class Terminal {
  private readonly onKeys: (bytes: Uint8Array) => void;
  private readonly onLeave: () => void;

  /** Takes the terminal over. `onLeave` is called for Ctrl-]. */
  constructor(onKeys: (bytes: Uint8Array) => void, onLeave: () => void) {
    this.onKeys = onKeys;
    this.onLeave = onLeave;
    const { stdin } = process;
    if (stdin.isTTY) stdin.setRawMode(true);
    stdin.on('data', this.receive);
    stdin.resume();
  }

  /** Gives it back. */
  close(): void {
    const { stdin } = process;
    stdin.off('data', this.receive);
    if (stdin.isTTY) stdin.setRawMode(false);
    stdin.pause();
  }

  private readonly receive = (chunk: Buffer): void => {
    const leave = process.stdin.isTTY ? chunk.indexOf(CTRL_RIGHT_BRACKET) : -1;
    const keys = leave < 0 ? chunk : chunk.subarray(0, leave);
    if (keys.length > 0) this.onKeys(keys);
    if (leave >= 0) this.onLeave();
  };
}
