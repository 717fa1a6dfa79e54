/**
 * The terminal as a console: raw, every key goes to the guest but one, Ctrl-\, which is Xenoscope's own. Ctrl-] is the guest's:
 * in domain 0 it leaves the console of another domain.
 */

const CTRL_BACKSLASH = 0x1c;

/** Where keys come from: process.stdin, a terminal or not. */
export type Keys = NodeJS.ReadableStream & {
  readonly isTTY?: boolean;
  setRawMode?(raw: boolean): unknown;
};

export class Terminal {
  /** The input is at its end: nobody will type any more. */
  inputEnded = false;
  private readonly keys: Keys;
  private readonly onKeys: (bytes: Uint8Array) => void;
  private readonly onMenu: () => void;
  /** Whoever waits for the answer to a question. */
  private answer: ((key: number) => void) | null = null;

  /** Takes the terminal over. `onMenu` is called for Ctrl-\. */
  constructor(keys: Keys, onKeys: (bytes: Uint8Array) => void, onMenu: () => void) {
    this.keys = keys;
    this.onKeys = onKeys;
    this.onMenu = onMenu;
    this.setRaw(true);
    keys.on('data', this.receive);
    keys.on('end', this.end);
    keys.resume();
  }

  /** Gives it back. */
  close(): void {
    this.keys.off('data', this.receive);
    this.keys.off('end', this.end);
    this.setRaw(false);
    this.keys.pause();
  }

  private setRaw(raw: boolean): void {
    if (this.keys.isTTY === true) this.keys.setRawMode?.(raw);
  }

  /**
   * Asks what is to be done, and gives the key that is the answer. What is typed meanwhile is the answer, and no key for the
   * guest, unless it is Ctrl-\ again.
   */
  async ask(question: string): Promise<string> {
    process.stderr.write(`\r\n[${question}, Ctrl-\\ types Ctrl-\\, any other key goes on] `);
    const key = await new Promise<number>((done) => (this.answer = done));
    process.stderr.write('\r\n');
    if (key === CTRL_BACKSLASH) this.onKeys(Uint8Array.of(key));
    return String.fromCharCode(key);
  }

  private readonly receive = (chunk: Buffer): void => {
    let keys = chunk;
    if (this.answer !== null && keys.length > 0) {
      const { answer } = this;
      this.answer = null;
      answer(keys[0]!);
      keys = keys.subarray(1);
    }
    const menu = this.keys.isTTY === true ? keys.indexOf(CTRL_BACKSLASH) : -1;
    if (menu >= 0) this.onMenu();
    const typed = menu < 0 ? keys : keys.subarray(0, menu);
    if (typed.length > 0) this.onKeys(typed);
  };

  private readonly end = (): void => {
    this.inputEnded = true;
  };
}
