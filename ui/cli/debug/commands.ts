/** What a debugger can be told: one row for each command. */
import { backInstruction, backLine } from '../../lab/time/travel.ts';
import { FILTER_HELP } from '../../lab/event-words.ts';
import { INSTANT_HELP } from '../instant.ts';
import { saveSnapshot } from '../kept-runs.ts';
import {
  address,
  backToEvent,
  backwards,
  branches,
  breakAt,
  count,
  dropBranch,
  eventWords,
  goTo,
  keysOf,
  list,
  lookAt,
  onWrite,
  path,
  place,
  record,
  stepping,
  takeUp,
  toWrite,
  type,
  until,
} from './actions.ts';
import { PATIENCE_SECONDS, type Debugger } from './debugger.ts';
import * as looks from './looks.ts';
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
    help: `back to the last event: ${FILTER_HELP}`,
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
    names: ['until-write', 'uw'],
    args: 'ADDRESS [N]',
    help: 'on to behind the instruction that next writes to N bytes of memory, 8 unless said otherwise',
    run: onWrite,
  },
  {
    names: ['break', 'br'],
    args: '[WHERE]',
    help: `stop at FILE:LINE, or at an event: ${FILTER_HELP}; alone, lists them`,
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
    run: (debug, args) => looks.backtrace(debug, args),
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
    run: (debug, args) => {
      const { from, count: instructions } = place(args, 10);
      return looks.disassembly(debug, from, Math.min(instructions, 10_000));
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
  {
    names: ['xenstore', 'xs'],
    args: '[PATH]',
    help: 'the store from a node on, asked of its server aside: nothing comes of it',
    run: ({ lab }, args) => looks.xenstore(lab, args),
  },
  {
    names: ['story'],
    args: '[N]',
    help: 'the last N events before here, 20 unless said otherwise, a sentence each, with their numbers',
    run: (debug, args) => looks.story(debug, count(args, 20)),
  },
  {
    names: ['explain', 'e'],
    args: '[NUMBER]',
    help: 'the event that it stands at, or one of the story: what it is, its values, what for, why refused',
    run: (debug, args) => looks.explained(debug, args),
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
    names: ['branches'],
    args: '',
    help: 'runs that were left where something else was typed in the past; drop-branch N forgets one',
    run: (debug) => branches(debug),
  },
  {
    names: ['branch'],
    args: 'N',
    help: 'to where that run was left, and on with it; the one that is left for it is kept, too',
    run: takeUp,
  },
  {
    names: ['drop-branch'],
    args: 'N',
    help: 'forget a run that was left',
    run: dropBranch,
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
