/**
 * The tour's second part: two hosts on a LAN, and a domain that goes from one to the other while somebody fetches from it; or does not
 * go, for it is not let in, or the cable is cut. As the first part (../tour.ts), a run of it is a function of the images alone.
 */
import { endOf, keysOf } from '../tour.ts';
import type { TourStep } from '../tour.ts';
import type { WorldDescription } from './description.ts';
import type { AnyWorld } from './world-pacing.ts';

export interface WorldTourStep extends TourStep {
  /** Of the host whose console it is. */
  readonly host: number;
}

const [A, B] = [0, 1];
const PROMPT = '\\n/ \\$ $';
const PATIENCE_NS = 200e9;
/** The domain's address: the first one that the gateway leases behind the hosts'. */
const URL = 'http://10.0.0.102/file';
const OPEN =
  `echo '(xend-relocation-server yes)' >> /etc/xen/xend-config.sxp; ` +
  `echo "(xend-relocation-hosts-allow '')" >> /etc/xen/xend-config.sxp; xend restart`;

const small = { hostMb: 96, memoryMb: 48, kernel: 'mote', ramdisk: 'dom0' } as const;

/** The world that it is of; its images are `mote` and `dom0`. */
export const TOUR_WORLD: WorldDescription = {
  hosts: [
    { name: 'A', ...small },
    { name: 'B', ...small },
  ],
};

function on(host: number, tells: string, types: string, prints = ''): WorldTourStep {
  return { host, tells, types, until: prints === '' ? PROMPT : `${prints}[^]*${PROMPT}` };
}

export const WORLD_TOUR: readonly WorldTourStep[] = [
  on(A, 'Two hosts on a LAN. This is A, at 10.0.0.100.', ''),
  on(B, 'And this is B, at 10.0.0.101.', ''),
  on(
    A,
    'A domain with a card.',
    `echo "vif = [ '' ]" >> /etc/xen/mote; xm create mote memory=10`,
    'Started domain mote \\(id=1\\)',
  ),
  on(A, 'Its console.', 'xm console mote\recho here', '\\nhere'),
  on(A, 'Its address, of the gateway on the LAN.', 'ifconfig eth0', 'inet 10\\.0\\.0\\.102'),
  on(
    A,
    'It serves a file of a megabyte.',
    'dd if=/dev/zero of=/tmp/file bs=1024 count=1024; httpd /tmp > /dev/null &',
  ),
  { host: A, tells: 'Back in domain 0.', types: '\x1d', until: PROMPT },
  on(
    A,
    'It cannot go to B: nobody is let in there unless it is said so. Nothing of it was sent.',
    'xm migrate --live mote 10.0.0.101',
    '\\nxm: mote: 10.0.0.101: [^\\n]*does its xend take in domains',
  ),
  on(B, 'B takes in domains from now on.', OPEN),
  on(
    B,
    'And fetches the file, again and again, without a pause; it would say so where a fetch fails.',
    `touch /tmp/go; sh -c 'while cat /tmp/go; do wget -q -O /dev/null ${URL} || echo bro""ken; done' &`,
  ),
  on(
    A,
    'Now it goes, while it serves: rounds of pages, the last one while it stands still.',
    'xm migrate --live mote 10.0.0.101',
    'Round +Sent[^]*\\nlast +\\d+ [^]*\\nSent \\d+ KiB in \\d+ ms, suspended for \\d+ ms',
  ),
  on(A, 'It is not here any more.', 'xm list', 'Name.*\\nDomain-0 +0 [^\\n]*'),
  on(
    B,
    'It is here. No fetch has failed. That is enough of them.',
    'xm list; rm /tmp/go; sleep 1',
    '\\nmote +\\d+ +10 ',
  ),
  on(
    B,
    'The six stages, as xend has logged them.',
    'grep relocation: /var/log/xen/xend.log',
    'pre-migration[^]*reservation[^]*commitment[^]*activation: mote runs',
  ),
  on(
    A,
    'Back again? A takes in domains, too; but in a second its bridge will lose all that crosses it.',
    OPEN,
  ),
  on(A, 'That is as good as a cut cable.', 'sh -c "sleep 1; brctl setloss xenbr0 1000" &'),
  on(
    B,
    'It goes slowly, so that the cut finds it under way. After half a minute without a word it stays.',
    'xm migrate --live --resource=20 mote 10.0.0.100',
    'xm: mote: 10\\.0\\.0\\.100 could not take it',
  ),
  on(B, 'It has gone on here all the time.', 'xm list', '\\nmote +\\d+ +10 +1 +[r-][b-]----'),
  on(
    A,
    'The cable is whole again. What had come of it is thrown away: there is one copy, never two.',
    'brctl setloss xenbr0 0; sleep 95; xm list',
    'Name.*\\nDomain-0 +0 [^\\n]*',
  ),
  on(B, 'The end.', 'xm destroy mote; xm list', 'Name.*\\nDomain-0 +0 [^\\n]*'),
];

/** Does a step: types it, and runs until it has had its effect. False: it has not, for so long. */
export async function playInWorld(world: AnyWorld, step: WorldTourStep): Promise<boolean> {
  if (step.types !== '') world.type(step.host, keysOf(step));
  const stop = await world.run({
    text: { host: step.host, pattern: endOf(step) },
    ns: world.ns + PATIENCE_NS,
  });
  return stop?.kind === 'host';
}
