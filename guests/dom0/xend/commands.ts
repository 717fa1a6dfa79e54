/** What can be asked of xend that changes something: each is what a command of xm does. */
import { getpid, unlink } from 'programs/lib/calls';
import { putFile } from 'dom0/lib/log';
import { output, outputStatus } from './run';

export class Command {
  constructor(
    public op: string,
    /** Whether it is about a domain, whose name comes first. */
    public isOfDomain: bool,
    /** What else it needs, in their order. */
    public fields: string[],
    /** Of xm, with $1 and so on for what was given. */
    public words: string[],
  ) {}
}

const COMMANDS: Command[] = [
  new Command('create', false, ['config'], ['xm', 'create', '-q', '-p', '-F', '$1']),
  new Command('unpause', true, [], ['xm', 'unpause', '$1']),
  new Command('pause', true, [], ['xm', 'pause', '$1']),
  new Command('shutdown', true, ['reason'], ['xm', 'shutdown', '$2', '$1']),
  new Command('destroy', true, [], ['xm', 'destroy', '$1']),
  new Command('save', true, ['file'], ['xm', 'save', '$1', '$2']),
  new Command('restore', false, ['file'], ['xm', 'restore', '$1']),
  new Command('mem_target_set', true, ['target'], ['xm', 'mem-set', '$1', '$2']),
  new Command('maxmem_set', true, ['memory'], ['xm', 'mem-max', '$1', '$2']),
  new Command('rename', true, ['name'], ['xm', 'rename', '$1', '$2']),
  new Command('pincpu', true, ['vcpu', 'cpumap'], ['xm', 'vcpu-pin', '$1', '$2', '$3']),
  new Command('set_vcpus', true, ['vcpus'], ['xm', 'vcpu-set', '$1', '$2']),
  new Command('send_sysrq', true, ['key'], ['xm', 'sysrq', '$1', '$2']),
];

/** What a shutdown is for, and the switch that says so. */
const REASONS: string[] = ['poweroff', 'halt', 'reboot'];
const SWITCHES: string[] = ['--', '-H', '-R'];

export function commandOf(op: string): Command | null {
  for (let n = 0; n < COMMANDS.length; n++) if (COMMANDS[n].op == op) return COMMANDS[n];
  return null;
}

/** Does it: empty, or what xm says is wrong. */
export function acts(command: Command, values: string[]): string {
  let file = '';
  if (command.op == 'create') {
    file = '/tmp/xend.' + getpid().toString() + '.sxp';
    if (putFile(file, values[0]) < 0) return file + ': it cannot be written';
    values[0] = file;
  }
  if (command.op == 'shutdown') {
    const reason = REASONS.indexOf(values[1]);
    if (reason < 0) return values[1] + ': a domain ends for ' + REASONS.join(', ');
    values[1] = SWITCHES[reason];
  }
  const words = command.words.map<string>((word) => word);
  for (let n = 0; n < words.length; n++)
    if (words[n].startsWith('$')) words[n] = values[I32.parseInt(words[n].substring(1)) - 1];
  const told = output(words).trim();
  if (file != '') unlink(file);
  if (outputStatus == 0) return '';
  return told.startsWith('xm: ') ? told.substring(4) : told == '' ? 'it has failed' : told;
}
