/** What a debugger can be told: one row for each command. */
import { hex64, PAGE_BYTES } from '../../../core/machine.ts';
import { backInstruction, backLine, backToWrite, eventSearch } from '../../lab/time/travel.ts';
import { lastLineOf } from '../../lab/function-lines.ts';
import { markOf } from '../../lab/time/marks.ts';
import type { Mark } from '../../lab/time/recording.ts';
import { INSTANT_HELP, parseInstant } from '../instant.ts';
import { saveSnapshot, writeRun } from '../kept-runs.ts';
import { PATIENCE_SECONDS, type Debugger } from './debugger.ts';
import * as looks from './looks.ts';
import { describeEventBreak, fitsBreak, HYPERCALLS, parseEventBreak } from './stops.ts';
import { Wrong } from './wrong.ts';

export interface Command {
  /** Its name, and shorter ones. */
  readonly names: readonly string[];
  readonly args: string;
  readonly help: string;
  /** Does it; gives what is to be printed. Rejects with Wrong. */
  readonly run: (debug: Debugger, args: string) => string | Promise<string>;
  /** What its arguments may begin with. */
  readonly words?: (debug: Debugger) => readonly string[];
}

function count(text: string, usual = 1): number {
  if (text === '') return usual;
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new Wrong(`${text}: it must be a whole number above 0`);
  return value;
}

/** Virtual address, sign-interpreted. */
function address(text: string): number {
  if (!/^(0x[0-9a-f]{1,16}|\d{1,15})$/i.test(text))
    throw new Wrong(`${text}: it is no address, as 0xffffffff80100000 is`);
  return Number(BigInt.asIntN(64, BigInt(text)));
}

/** An address, if one is there, and a count. */
function place(text: string, usual: number): { from: number | null; count: number } {
  const [first = '', second = ''] = text.split(/\s+/);
  if (/^0x/i.test(first)) return { from: address(first), count: count(second, usual) };
  return { from: null, count: count(first, usual) };
}

function path(text: string): string {
  if (text === '') throw new Wrong('it needs a file');
  return text;
}

/** Steps of a kind, and where they lead. */
function stepping(kind: Parameters<Debugger['step']>[0]): Command['run'] {
  return async (debug, args) => {
    const said = await debug.step(kind, count(args));
    return `${said}\n${looks.where(debug)}`;
  };
}

/** Goes back by a way of its own, so many times. */
function backwards(what: string, step: (debug: Debugger) => boolean): Command['run'] {
  return (debug, args) => {
    for (let n = count(args); n > 0; n--)
      if (!step(debug)) throw new Wrong(`there is no ${what} between here and ${debug.beginning}`);
    return looks.where(debug);
  };
}

/** `\r`, `\n`, `\t`, `\e`, `\\`, `\x03` are keys. */
function keysOf(text: string): Uint8Array {
  const named: Readonly<Record<string, string>> = { r: '\r', n: '\n', t: '\t', e: '\x1b', '\\': '\\' };
  const plain = text.replace(/\\(x[0-9a-f]{2}|.)/gi, (_, key: string) =>
    key.length === 3 ? String.fromCharCode(parseInt(key.slice(1), 16)) : (named[key] ?? key),
  );
  return new TextEncoder().encode(plain);
}

function type(debug: Debugger, keys: Uint8Array): string {
  const { past, domain } = debug.lab;
  if (domain.shutdown !== null) throw new Wrong('the domain has ended: nobody reads what is typed');
  const dropped = past.inputs.all.filter((input) => !past.inputs.hasCome(input)).length;
  const isBranch = debug.marks !== null && debug.ticks < debug.endTicks;
  debug.lab.type(keys);
  debug.marks = debug.marks === null ? null : upTo(debug, debug.marks);
  if (!isBranch) return 'typed; `until` or `continue` goes on';
  return `typed: from here on this is another run, and the recording's ${String(dropped)} later inputs do not come; \`until\` or \`continue\` goes on`;
}

/** Marks that are behind the debugger. */
function upTo({ kept }: Debugger, marks: readonly Mark[]): Mark[] {
  return marks.filter(({ ns }) => ns < kept.run.ns);
}

function lookAt(debug: Debugger, name: string): string {
  if (name !== '') {
    debug.look(name);
    return looks.where(debug);
  }
  return debug.hosts
    .map((host) => `${host.lab === debug.lab ? '*' : ' '} ${host.name}  ${looks.seconds(host.lab.ns)}`)
    .join('\n');
}

function breakAt(debug: Debugger, args: string): string {
  if (args === '') return list(debug);
  const event = parseEventBreak(args);
  if (event !== null) {
    debug.stops.addEvent(event);
    return `stops at every ${describeEventBreak(event)}`;
  }
  const match = /^(.+):(\d+)$/.exec(args);
  if (match === null) throw new Wrong('it is FILE:LINE, `hypercall [NAME] [domain N]` or `event [domain N]`');
  const wanted = { file: match[1]!, line: Number(match[2]) };
  const text = debug.sources.get(wanted.file)?.split('\n');
  const found = debug.stops.addLine(
    text === undefined ? wanted : { ...wanted, last: lastLineOf(wanted.file, text, wanted.line) },
  );
  return `stops before ${found}`;
}

function list({ stops }: Debugger): string {
  if (stops.isEmpty) return 'there are no breakpoints';
  return stops
    .all()
    .map((each, n) => `${String(n + 1).padStart(3)}  ${each}`)
    .join('\n');
}

async function until(debug: Debugger, args: string): Promise<string> {
  if (args === '') throw new Wrong('it needs a text that the console is to print (a regular expression)');
  let text: RegExp;
  try {
    text = new RegExp(args);
  } catch (error) {
    throw new Wrong((error as Error).message);
  }
  return `${await debug.go({ text })}\n${looks.where(debug)}`;
}

async function goTo(debug: Debugger, args: string): Promise<string> {
  const instant = parseInstant(args);
  if (instant === null) throw new Wrong(`it needs an instant: ${INSTANT_HELP}`);
  await debug.goTo(instant);
  return looks.where(debug);
}

async function record(debug: Debugger, args: string): Promise<string> {
  if (debug.marks === null)
    throw new Wrong('what began with a snapshot cannot be recorded: `save` makes a snapshot');
  const before = upTo(debug, debug.marks);
  debug.kept.run.settle();
  return writeRun(debug.kept, [...before, await markOf(debug.kept.run)], path(args));
}

function toWrite(debug: Debugger, args: string): string {
  const { lab } = debug;
  const { from, count: bytes } = place(args, 8);
  if (from === null) throw new Wrong('it needs an address, as 0xffffffff80100000 is');
  const at = lab.hypervisor.machine.peek(from);
  if (at < 0) throw new Wrong(`nothing is mapped at ${hex64(from)}`);
  if ((at % PAGE_BYTES) + bytes > PAGE_BYTES) throw new Wrong('it is for bytes of one page');
  if (!backToWrite(lab, at, bytes))
    throw new Wrong(`nothing has written there between ${debug.beginning} and here`);
  return looks.where(debug);
}

function backToEvent(debug: Debugger, args: string): string {
  const wanted = parseEventBreak(args === '' ? 'hypercall' : args);
  if (wanted === null) throw new Wrong('it is `hypercall [NAME] [domain N]` or `event [domain N]`');
  debug.back(
    eventSearch((event) => fitsBreak(event, wanted)),
    describeEventBreak(wanted),
  );
  return looks.where(debug);
}

const eventWords = (): string[] => ['event', ...HYPERCALLS.map((name) => `hypercall ${name}`)];

export const COMMANDS: readonly Command[] = [
  { names: ['step', 's'], args: '[N]', help: 'to the next line, into what it calls', run: stepping('line') },
  { names: ['next', 'n'], args: '[N]', help: 'to the next line of this function', run: stepping('over') },
  { names: ['finish', 'out'], args: '[N]', help: 'to who called this function', run: stepping('out') },
  { names: ['stepi', 'si'], args: '[N]', help: 'an instruction', run: stepping('instruction') },
  { names: ['step-hypercall'], args: '[N]', help: 'to the next hypercall', run: stepping('hypercall') },
  { names: ['step-event'], args: '[N]', help: 'to the next event upcall', run: stepping('event') },
  {
    names: ['continue', 'c'],
    args: '',
    help: `on to a breakpoint, or to the end of the recording; behind that, ${String(PATIENCE_SECONDS)} s at most`,
    run: async (debug) => `${await debug.go({})}\n${looks.where(debug)}`,
  },
  {
    names: ['until', 'u'],
    args: 'TEXT',
    help: 'on until the console prints this (a regular expression)',
    run: until,
  },
  {
    names: ['goto', 'g'],
    args: 'INSTANT',
    help: `to an instant, back or forth: ${INSTANT_HELP}`,
    run: goTo,
    words: () => ['start', 'end', 'tick'],
  },
  {
    names: ['back', 'b'],
    args: '[N]',
    help: 'an instruction back',
    run: backwards('instruction', ({ lab }) => backInstruction(lab)),
  },
  {
    names: ['back-line', 'bl'],
    args: '[N]',
    help: 'a line back',
    run: backwards('line', ({ lab }) => backLine(lab)),
  },
  {
    names: ['back-to-break', 'bb'],
    args: '',
    help: 'back to the last breakpoint',
    run: (debug) => {
      if (debug.stops.isEmpty) throw new Wrong('there are no breakpoints: `break` sets one');
      debug.back(debug.stops.search(), 'breakpoint that was come by');
      return looks.where(debug);
    },
  },
  {
    names: ['back-to', 'bt-event'],
    args: 'EVENT',
    help: 'back to the last hypercall or upcall: hypercall [NAME] [domain N], event [domain N]',
    run: backToEvent,
    words: eventWords,
  },
  {
    names: ['back-to-write', 'bw'],
    args: 'ADDRESS [N]',
    help: 'back to before the instruction that last wrote to N bytes of memory, 8 unless said otherwise',
    run: toWrite,
  },
  {
    names: ['break', 'br'],
    args: '[WHERE]',
    help: 'stop at FILE:LINE, hypercall [NAME] [domain N], event [domain N]; alone, lists them',
    run: breakAt,
    words: ({ sources }) => [...eventWords(), ...[...sources.keys()].map((file) => `${file}:`)],
  },
  {
    names: ['delete', 'd'],
    args: 'N',
    help: 'drop a breakpoint by its number',
    run: (debug, args) => {
      if (!debug.stops.drop(count(args))) throw new Wrong(`there is no breakpoint ${args}`);
      return list(debug);
    },
  },
  { names: ['where', 'w'], args: '', help: 'the instant, the line, the instruction', run: looks.where },
  {
    names: ['regs', 'r'],
    args: '[d0v0]',
    help: 'registers, of any vcpu',
    run: ({ lab }, args) => looks.registers(lab, args),
  },
  {
    names: ['backtrace', 'bt'],
    args: '[d0v0]',
    help: 'who called whom',
    run: ({ lab }, args) => looks.backtrace(lab, args),
  },
  {
    names: ['mem', 'x'],
    args: 'ADDRESS [N]',
    help: 'N bytes of memory, 64 unless said otherwise',
    run: ({ lab }, args) => {
      const [at = '', bytes = ''] = args.split(/\s+/);
      return looks.memory(lab, address(at), Math.min(count(bytes, 64), 65_536));
    },
  },
  {
    names: ['disassemble', 'dis'],
    args: '[ADDRESS] [N]',
    help: 'N instructions, 10 unless said otherwise, from here or from an address on',
    run: ({ lab }, args) => {
      const { from, count: instructions } = place(args, 10);
      return looks.disassembly(lab, from, Math.min(instructions, 10_000));
    },
  },
  {
    names: ['host'],
    args: '[NAME]',
    help: 'look at another host of a world; alone, lists them',
    run: lookAt,
    words: ({ hosts }) => hosts.map(({ name }) => name),
  },
  {
    names: ['domains'],
    args: '',
    help: 'the domains of the host, as xm list shows them',
    run: ({ lab }) => looks.domains(lab),
  },
  {
    names: ['ports'],
    args: '[DOMAIN]',
    help: 'event channels of a domain',
    run: ({ lab }, args) => looks.ports(lab, args === '' ? null : args === '0' ? 0 : count(args)),
  },
  { names: ['inputs'], args: '', help: 'what was typed, and what is to come', run: looks.inputs },
  {
    names: ['type', 't'],
    args: 'TEXT',
    help: 'type a line on the console, here: what the recording has later does not come then',
    run: (debug, args) => type(debug, keysOf(`${args}\\r`)),
  },
  {
    names: ['keys'],
    args: 'TEXT',
    help: 'the same without a return; \\x03 is Ctrl-C',
    run: (debug, args) => type(debug, keysOf(args)),
  },
  {
    names: ['save'],
    args: 'FILE',
    help: 'a snapshot of here',
    run: ({ kept }, args) => saveSnapshot(kept, path(args)),
  },
  { names: ['record'], args: 'FILE', help: 'a recording from the beginning up to here', run: record },
  {
    names: ['help', 'h'],
    args: '[COMMAND]',
    help: 'this',
    run: (_, args) => help(args),
    words: () => COMMANDS.map(({ names }) => names[0]!),
  },
  { names: ['quit', 'q'], args: '', help: 'leave (Ctrl-D, too)', run: () => '' },
];

/** By name, or by as much of its beginning as is its alone. Throws Wrong. */
export function commandNamed(name: string): Command {
  const exact = COMMANDS.find(({ names }) => names.includes(name));
  if (exact !== undefined) return exact;
  const alike = COMMANDS.filter(({ names }) => names[0]!.startsWith(name));
  if (alike.length === 1) return alike[0]!;
  throw new Wrong(
    alike.length === 0
      ? `there is no command ${name}: \`help\` lists them`
      : `${name} may be ${alike.map(({ names }) => names[0]).join(', ')}`,
  );
}

function help(name: string): string {
  const shown = name === '' ? COMMANDS : [commandNamed(name)];
  return shown
    .map((each) => `  ${`${each.names.join(', ')} ${each.args}`.trimEnd().padEnd(30)} ${each.help}`)
    .join('\n');
}

/** What a line may go on as, and the part of it that is completed. */
export function complete(debug: Debugger, line: string): [string[], string] {
  const match = /^\s*(\S+)\s+(.*)$/.exec(line);
  if (match === null) {
    const begun = line.trimStart();
    return [COMMANDS.map(({ names }) => `${names[0]!} `).filter((each) => each.startsWith(begun)), begun];
  }
  const [, name = '', args = ''] = match;
  try {
    const words = commandNamed(name).words?.(debug) ?? [];
    return [words.filter((word) => word.startsWith(args)), args];
  } catch (error) {
    if (error instanceof Wrong) return [[], args];
    throw error;
  }
}
