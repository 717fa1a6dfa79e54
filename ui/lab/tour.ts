/**
 * The tour of a host: what a person types at its consoles, what is to be seen then, and why it is worth a look. A run of it is
 * a function of the images alone: keys go in where the text before them has come out.
 */
import type { Lab } from './lab.ts';
import type { Until } from './stop.ts';

export interface TourStep {
  /** What this shows. */
  readonly tells: string;
  /** What is typed; a return is added. Empty: nothing. */
  readonly types: string;
  /** A regular expression for what the console is to print from then on. */
  readonly until: string;
}

/** Domain 0's prompt, or that of a domain with Mote, after what a command has printed. */
const PROMPT = '\\n/ \\$ $';
const PATIENCE_NS = 30e9;
const SLICE_TICKS = 100_000_000;
/** Ctrl-], which leaves a domain's console. */
const LEAVE = '\x1d';

/** A command that prints what is given, and then the prompt. */
function command(types: string, tells: string, prints = ''): TourStep {
  return { tells, types, until: prints === '' ? PROMPT : `\\n${prints}[^]*${PROMPT}` };
}

/** The console of a domain is taken and left. */
function enter(domain: string): TourStep {
  return {
    tells: `The console of ${domain}, by xenconsoled.`,
    types: `xm console ${domain}\recho here`,
    until: `\\nhere${PROMPT}`,
  };
}
const LEAVING: TourStep = { tells: 'Back in domain 0.', types: LEAVE, until: PROMPT };

/** The host that the tour is of. */
export const TOUR_HOST = { commandLine: '', memoryMb: 96, vcpus: 1, isDom0: true, hostMb: 256 } as const;

/** The part with Mote alone. */
export const TOUR: readonly TourStep[] = [
  {
    tells: 'Xen starts domain 0, which starts its store, its daemons, its network.',
    types: '',
    until: PROMPT,
  },
  command('xm list', 'One domain, the host itself.', 'Name.*Time\\(s\\)\\nDomain-0 +0 '),
  command('xm info', 'What the hypervisor says of the machine.', 'host +:'),
  command('mke2fs /tmp/web.img 1024; ls -l /tmp', 'A file that is to be a disk.', '.*web\\.img'),
  command('xm create web', 'A domain: builder, store, backends.', 'Started domain web \\(id=1\\)'),
  command('xm create mote', 'Another one.', 'Started domain mote \\(id=2\\)'),
  command('xm list', 'Three domains on one processor.', 'Name[^]*web +1 +32[^]*mote +2 +32'),
  enter('web'),
  command(
    'mount -t ext2 /dev/xvda /mnt; echo "It works" > /mnt/index.html',
    'Its disk: blkfront to blkback.',
  ),
  command('httpd /mnt &', 'A web server on it.'),
  command(
    'ifconfig eth0',
    'Its card: an address by DHCP, netfront to netback.',
    'eth0: [^]*inet 10\\.0\\.0\\.101',
  ),
  LEAVING,
  command(
    'ping -c 2 10.0.0.101',
    'The way to it: bridge, backend, ring, frontend.',
    'PING[^]* 0% packet loss',
  ),
  command('wget -q -O - http://10.0.0.101/index.html', 'What it serves.', 'It works'),
  command('brctl show', 'The bridge and who is plugged in.', 'bridge name[^]*peth0[^]*vif1\\.0'),
  command(
    'xm block-list web; xm network-list web',
    'Its devices in the store.',
    'Vdev[^]*51712[^]*Idx[^]*00:16:3e',
  ),
  command('xm pause web; xm list web', 'It stands still.', 'Name[^]*web +1 +32 +1 +..p---'),
  command(
    'xm unpause web; xm mem-set web 24; sleep 1; xm list web',
    'Its balloon gives memory back.',
    'Name[^]*web +1 +24 ',
  ),
  command(
    'xm sched-credit -d web -w 512; xm sched-credit',
    'Its share of the processor.',
    'Name[^]*web +1 +512 +0',
  ),
  command('xm reboot web; sleep 4; xm list', 'It ends, and xend makes it anew.', 'Name[^]*web +3 +32'),
  enter('web'),
  command('mount -t ext2 /dev/xvda /mnt; cat /mnt/index.html', 'The same disk.', 'It works'),
  LEAVING,
  enter('mote'),
  {
    tells: 'A kernel that asks for what no kernel may: its domain crashes, and xend restarts it.',
    types: 'hypercall mmuext_op 0 0; hypercall set_trap_table 0; spin',
    until: '\\(XEN\\) Domain 2[^]*crashed[^]*\\n/ \\$ $',
  },
  command(
    'sleep 2; xm list; xm dmesg -c',
    'Everybody else goes on. Xen says why it died.',
    'Name[^]*mote +4 +32[^]*\\(XEN\\)',
  ),
  command('xm destroy web; xm destroy mote; xm list', 'The end.', 'Name.*\\nDomain-0 +0 [^\\n]*'),
];

/** When a step is over: a terminal is sent more than a newline. */
export function endOf(step: TourStep): RegExp {
  return new RegExp(step.until.replaceAll('\\n', '\\r?\\n'));
}

/** What a step types. */
export function keysOf({ types }: TourStep): Uint8Array {
  return new TextEncoder().encode(types === '' || types === LEAVE ? types : `${types}\r`);
}

/** Begins a step: types it. It is over when the lab has run until this, and has had its effect if that is the text. */
export function begin(lab: Lab, step: TourStep): Until {
  lab.type(keysOf(step));
  return { text: endOf(step), ns: lab.ns + PATIENCE_NS };
}

/** Does a step: types it, and runs until it has had its effect. False: it has not, for so long. */
export function play(lab: Lab, step: TourStep): boolean {
  const until = begin(lab, step);
  let stop;
  while (stop === undefined) stop = lab.run(until, SLICE_TICKS);
  return stop.kind === 'text';
}
