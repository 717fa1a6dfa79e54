/** What is inside a domain, in words: processes and bridges of its kernel. */
import type { ProcessView } from '../../lab/inside/view.ts';
import type { StageDomain, StageHost } from '../../lab/stage/view.ts';
import type { Thing } from '../stage/selected.ts';
import { domainName } from '../stage/color.ts';
import { fact } from './description.ts';
import type { Description, Fact } from './description.ts';

/** What domain 0's own processes are for: the names of its daemons. */
const DAEMONS: Readonly<Record<string, string>> = {
  init: 'The first process: it starts the others, and takes over those whose parents have ended.',
  systemd: 'The first process: it starts the services, and takes over processes whose parents have ended.',
  xenstored: 'It keeps xenstore, and answers domains’ reads, writes and watches over a ring with each.',
  xenconsoled: 'It takes what guests print out of their consoles’ rings, and puts in what is typed.',
  xend: 'The daemon of the tools: it makes, saves, moves and ends domains. xm asks it.',
  xl: 'The tool that makes and ends domains. For each domain one stays, and waits for its end.',
  tapdisk: 'It serves a guest’s disk out of a file, as a process of its own.',
  xensv: 'It serves the management page on port 8080.',
};

const STATE_SAYS = {
  alive: '',
  stopped: 'A signal has stopped it: it goes on when another one (SIGCONT) says so.',
  ended: 'It has ended: what is left of it waits for its parent to ask how (a zombie).',
} as const;

export function describeProcess(id: number, pid: number, host: StageHost): Description | null {
  const domain = host.domains.find((each) => each.id === id);
  const process = domain?.inside?.processes.find((each) => each.pid === pid);
  if (domain === undefined || process === undefined) return null;
  return {
    title: `Process ${String(pid)} of ${domainName(domain)}: ${process.name}`,
    says: [
      DAEMONS[process.name] ?? '',
      'A program that the domain’s kernel runs in user mode. Xen knows nothing of it but its page tables: the kernel asks Xen to load them when it gives the program its turn.',
      process.isLoaded ? 'They are loaded now: it runs, or was the last to run.' : 'Others are loaded now.',
      STATE_SAYS[process.state],
    ].filter((each) => each !== ''),
    facts: [...parentOf(process, domain), fact('domain', domainName(domain), { kind: 'domain', domain: id })],
    header: 'public/xen.h: MMUEXT_NEW_BASEPTR, MMUEXT_NEW_USER_BASEPTR',
    source: 'guests/mote/process.ts, ui/lab/inside/',
    event: `hypercall mmuext_op domain ${String(id)}`,
  };
}

function parentOf({ parent }: ProcessView, { id, inside }: StageDomain): Fact[] {
  const found = inside?.processes.find(({ pid }) => pid === parent);
  if (found === undefined) return [];
  return [
    fact('its parent', `${found.name}, ${String(parent)}`, { kind: 'process', domain: id, pid: parent }),
  ];
}

export function describeBridge(id: number, name: string, host: StageHost): Description | null {
  const domain = host.domains.find((each) => each.id === id);
  if (domain === undefined) return null;
  const bridge = domain.inside?.bridges.find((each) => each.name === name);
  return {
    title: `The bridge ${name} of ${domainName(domain)}`,
    says: [
      'A switch made of software, in domain 0’s kernel. It joins the back halves of guests’ cards, and the machine’s own card, into one network.',
      bridge === undefined
        ? 'What it has learned, its kernel does not tell.'
        : 'From each frame that comes in it learns behind which port the sender is. A frame for an address that it knows goes there alone, any other to all ports.',
    ],
    facts: [
      ...(bridge?.ports ?? []).map((port) => fact('port', port, cardOf(port))),
      ...(bridge?.learned ?? []).map(({ address, port, seconds }) =>
        fact(address, `behind ${port}, heard of ${seconds.toFixed(seconds < 1 ? 3 : 0)} s ago`),
      ),
      fact('in', domainName(domain), { kind: 'domain', domain: id }),
    ],
    header: 'public/io/netif.h, for the cards that are plugged into it',
    source: 'guests/mote/net/bridge.ts',
    event: null,
  };
}

/** `vif3.0` is the card 0 of domain 3. */
function cardOf(port: string): Thing | undefined {
  const [, domain, id] = /^vif(\d+)\.(\d+)$/.exec(port) ?? [];
  return domain === undefined
    ? undefined
    : { kind: 'device', device: 'vif', domain: Number(domain), id: Number(id) };
}
