/**
 * Which faults spread: somebody counts, somebody else does wrong, as two programs of one system, as two domains of one hypervisor, as two
 * machines. How fast the one still counts afterwards is measured, in the guest's time.
 */
import { Host } from '../../guests/tests/dom0/testing.ts';
import { moteConfig } from '../../guests/tests/dom0/testing-counts.ts';
import { buildProgram } from '../../guests/toolchain/build.ts';
import { readSources } from '../../guests/toolchain/node.ts';
import { table } from './table.ts';

/** What is done wrong, as it is typed. */
export const FAULTS = {
  'a program writes where nothing is': 'wild &',
  'a program computes for ever': 'spin &',
  'a program takes all memory': 'thrash 500 1000 &',
  'a kernel breaks': 'hypercall mmuext_op 0 0; hypercall set_trap_table 0; spin',
} as const;
export type FaultName = keyof typeof FAULTS;

const WILD = `/** wild: writes where nothing is. */
export function main(args: string[]): i32 {
  store<u64>(16, 1);
  return 0;
}
`;
const COUNT = 'wc -c < /tmp/n';

/** How somebody counts, a byte for each turn, and for how long it is looked at. */
export interface Counting {
  readonly command: string;
  readonly seconds: number;
}
/** With all that it gets of a processor. */
const BUSILY: Counting = { command: 'while true; do echo >> /tmp/n; done &', seconds: 0.05 };
/** Now and then, which costs little. */
export const NOW_AND_THEN: Counting = {
  command: 'while true; do echo >> /tmp/n; sleep 0.02; done &',
  seconds: 1,
};
const SETTLES_SECONDS = 0.05;

/** Somebody who counts, and somebody who does wrong. */
interface Pair {
  /** How far it has counted; null: it is gone, or does not answer. */
  count(): number | null;
  wait(seconds: number): void;
  offend(fault: FaultName): void;
}

async function wildProgram(): Promise<Uint8Array> {
  const sources = new Map([...readSources(), ['programs/wild.ts', WILD]]);
  return (await buildProgram(sources, 'programs/wild.ts')).file;
}

/** What a host says; null: it does not. */
function asked(ask: () => string): number | null {
  try {
    // What becomes of what runs in the background is told in between.
    const count = ask()
      .split('\n')
      .findLast((line) => /^\s*\d+\s*$/.test(line));
    return count === undefined ? null : Number(count);
  } catch {
    return null;
  }
}

function waits(host: Host, seconds: number): void {
  const { lab } = host;
  const ns = lab.ns + seconds * 1e9;
  while (lab.ns < ns && lab.domain.shutdown === null) lab.run({ ns }, 1e8);
}

/** Two programs of one system. */
async function programs(files: Readonly<Record<string, Uint8Array>>, counting: string): Promise<Pair> {
  const host = await Host.boot(files, { memoryMb: 96, hostMb: 160 });
  host.run(counting);
  return {
    count: () => asked(() => host.run(COUNT)),
    wait: (seconds) => {
      waits(host, seconds);
    },
    offend: (fault) => {
      host.type(`${FAULTS[fault]}\r`);
      waits(host, SETTLES_SECONDS);
    },
  };
}

/** Two domains of one hypervisor. */
async function domains(files: Readonly<Record<string, Uint8Array>>, counting: string): Promise<Pair> {
  const host = await Host.boot(
    { ...files, 'etc/xen/good': moteConfig('good'), 'etc/xen/bad': moteConfig('bad') },
    { memoryMb: 96, hostMb: 192 },
  );
  host.run('xm create good');
  host.run('xm create bad');
  host.inside('good', counting);
  return {
    count: () => asked(() => host.inside('good', COUNT)),
    wait: (seconds) => {
      waits(host, seconds);
    },
    offend: (fault) => {
      host.type('xm console bad\recho here\r');
      host.until(/\nhere\n\/ \$ $/);
      host.type(`${FAULTS[fault]}\r`);
      waits(host, SETTLES_SECONDS);
      // Where its console has ended with it, that is a line of domain 0's shell.
      host.type('\x1d\r');
      host.until(/\n\/ \$ $/);
    },
  };
}

/** Two machines. */
async function machines(files: Readonly<Record<string, Uint8Array>>, counting: string): Promise<Pair> {
  const [good, bad] = [await programs(files, counting), await programs(files, counting)];
  return {
    count: () => good.count(),
    wait: (seconds) => {
      good.wait(seconds);
      bad.wait(seconds);
    },
    offend: (fault) => {
      bad.offend(fault);
    },
  };
}

const KINDS = {
  'two programs of one system': programs,
  'two domains': domains,
  'two machines': machines,
} as const;
export type PairName = keyof typeof KINDS;

/** How fast the one counts after a fault of the other, as a share of before; null: not at all. */
export async function shareAfter(
  kind: PairName,
  fault: FaultName,
  { command, seconds }: Counting = BUSILY,
): Promise<number | null> {
  const pair = await KINDS[kind]({ 'bin/wild': await wildProgram() }, command);
  const rate = (): number | null => {
    const from = pair.count();
    pair.wait(seconds);
    const to = pair.count();
    return from === null || to === null ? null : to - from;
  };
  const before = rate();
  pair.offend(fault);
  const after = rate();
  return before === null || after === null ? null : after / before;
}

/** Measures, and tells. */
export async function compareIsolation(say: (text: string) => void): Promise<void> {
  const kinds = Object.keys(KINDS) as PairName[];
  const rows: string[][] = [];
  for (const fault of Object.keys(FAULTS) as FaultName[]) {
    const shares: (number | null)[] = [];
    for (const kind of kinds) {
      say(`measuring: ${kind}: ${fault}`);
      shares.push(await shareAfter(kind, fault));
    }
    rows.push([
      fault,
      ...shares.map((share) => (share === null ? 'is gone' : `${(share * 100).toFixed(0)} %`)),
    ]);
  }
  say(`\n${table(['the other one goes on counting, after', ...kinds], rows)}`);
}
