/** A shell of domain 0, typed at as a person would who is logged in at its console. */
import type { LoneHost } from '../../lab/scenario/lone-host.ts';

const PROMPT = /root@dom0:\S*# $/;
const CTRL_RIGHT_BRACKET = '\x1d';
/** What a shell tells a terminal about pasting, and about colours, and asks it. */
const TERMINAL = /\x1b\[\??[0-9;]*[hlmn]/g;
/** Guest time: far more than a command takes. */
const PATIENCE_SECONDS = 60;

/** How shells inside domains prompt: Mote's, and BusyBox's as root, which asks the terminal where it is. */
const PROMPTS = { mote: /\/ \$ $/, linux: /[~/] # (?:\x1b\[6n)?$/ };

export class Shell {
  readonly host: LoneHost;

  constructor(host: LoneHost) {
    this.host = host;
  }

  /** What a line prints until there is `prompt` again, without that and without the line itself. */
  private async answer(line: string, prompt: RegExp, withinSeconds = PATIENCE_SECONDS): Promise<string> {
    const { console } = this.host;
    const from = console.text.length;
    console.enter(line);
    await console.expect(prompt, { withinSeconds });
    const printed = console.text.slice(from).replace(TERMINAL, '');
    return printed.slice(printed.indexOf('\n') + 1, printed.lastIndexOf('\n') + 1).trimEnd();
  }

  /** What a command prints. */
  run(command: string, withinSeconds?: number): Promise<string> {
    return this.answer(command, PROMPT, withinSeconds);
  }

  /** What a command prints, which must succeed: rejects with an Error where it does not. */
  async does(command: string, withinSeconds?: number): Promise<string> {
    const printed = await this.run(`${command}; echo "status $?"`, withinSeconds);
    const end = /status (\d+)$/.exec(printed);
    if (end?.[1] !== '0') throw new Error(`${command}: ${printed}`);
    return printed.slice(0, end.index).trimEnd();
  }

  /** Writes a file of these lines. */
  async writes(path: string, ...lines: readonly string[]): Promise<void> {
    const quoted = lines.map((line) => `'${line.replaceAll("'", `'\\''`)}'`);
    await this.does(`printf '%s\\n' ${quoted.join(' ')} > ${path}`);
  }

  /** Makes a domain of Mote with these settings besides its name; its devices are connected then. */
  async makes(name: string, ...settings: readonly string[]): Promise<void> {
    const quoted = [`name="${name}"`, ...settings].map((each) => `'${each}'`);
    await this.does(`xl create -q /etc/xen/mote ${quoted.join(' ')} && sleep 1`);
  }

  /** What commands print at the console of a domain, which is at its prompt or comes to it. */
  async inside(name: string, of: keyof typeof PROMPTS, ...commands: readonly string[]): Promise<string[]> {
    const { console } = this.host;
    const prompt = PROMPTS[of];
    console.enter(`xl console ${name}`);
    // Whoever comes back to a console sees no prompt until there is a new one.
    console.enter("echo he''re");
    await console.expect(new RegExp(`here\\s+${prompt.source}`), { withinSeconds: PATIENCE_SECONDS });
    const printed: string[] = [];
    for (const command of commands) printed.push(await this.answer(command, prompt));
    console.type(CTRL_RIGHT_BRACKET);
    await console.expect(PROMPT);
    return printed;
  }

  /** What one command prints in a domain of Mote. */
  async inMote(name: string, command: string): Promise<string> {
    return (await this.inside(name, 'mote', command))[0]!;
  }
}
