/** Many domains of Mote's on one host, all of them serving HTTP to domain 0: what each costs, and what all of them do. */
import { Host } from './testing.ts';
import { moteConfig } from './testing-counts.ts';

const DOMAIN_MB = 16;
/** Domain 0 and Xen. */
const REST_MB = 128;
/** What a domain itself does when it starts, typed at its console. */
const SERVE = (address: string): string => `ifconfig eth0 ${address} netmask 255.255.255.0; httpd /etc &`;

export interface Many {
  readonly domains: number;
  /** Of the host's memory, for each domain: all that was free before and is not now. */
  readonly kibPerDomain: number;
  /** `xm create` to its end, on average: the guest's time, wall time. */
  readonly createSeconds: number;
  readonly createWallSeconds: number;
  readonly requests: number;
  readonly good: number;
  readonly perGuestSecond: number;
  readonly perWallSecond: number;
  readonly host: Host;
}

/** Makes `domains` domains, and asks each `rounds` times for a file. */
export async function many(domains: number, rounds: number): Promise<Many> {
  const numbers = Array.from({ length: domains }, (_, index) => index + 1);
  const address = (number: number): string => `10.0.0.${String(10 + number)}`;
  const files = numbers.map((number) => {
    const name = `d${String(number)}`;
    return [`etc/xen/${name}`, moteConfig(name, "vif = [ '' ]")] as const;
  });
  const ask = numbers.map((number) => `wget -q -O - http://${address(number)}/motd`).join('\n');
  const host = await Host.boot(
    { ...Object.fromEntries(files), 'etc/ask': new TextEncoder().encode(`${ask}\n`) },
    { hostMb: REST_MB + domains * (DOMAIN_MB + 2) },
  );
  const { lab } = host;
  host.run('ifconfig xenbr0 10.0.0.10 netmask 255.255.255.0');
  const freeBefore = lab.hypervisor.frames.freeFrames;
  const created = measure(host, () => {
    for (const number of numbers) host.run(`xm create d${String(number)}`);
  });
  const used = freeBefore - lab.hypervisor.frames.freeFrames;
  for (const number of numbers) host.inside(`d${String(number)}`, SERVE(address(number)));
  let good = 0;
  const asked = measure(host, () => {
    for (let round = 0; round < rounds; round++)
      good += host.run('sh /etc/ask').match(/Welcome to Mote/g)?.length ?? 0;
  });
  return {
    ...{ domains, good, host },
    requests: domains * rounds,
    kibPerDomain: (used * 4) / domains,
    createSeconds: created.seconds / domains,
    createWallSeconds: created.wallSeconds / domains,
    perGuestSecond: (domains * rounds) / asked.seconds,
    perWallSecond: (domains * rounds) / asked.wallSeconds,
  };
}

function measure(host: Host, what: () => void): { readonly seconds: number; readonly wallSeconds: number } {
  const [ns, ms] = [host.lab.ns, performance.now()];
  what();
  return { seconds: (host.lab.ns - ns) / 1e9, wallSeconds: (performance.now() - ms) / 1000 };
}
