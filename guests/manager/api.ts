/** What xensv tells and does (guests/dom0/xensv/): of the host that has served the page, and by way of it of others. */

export interface DomainTold {
  readonly id: number;
  readonly name: string;
  /** As `xm list` has it: `r-----`. */
  readonly state: string;
  readonly memoryMb: number;
  readonly mostMb: number;
  readonly vcpus: number;
  readonly cpuNs: number;
  /** Bytes of its cards, sectors of its disks. */
  readonly received: number;
  readonly sent: number;
  readonly read: number;
  readonly written: number;
  /** What it was made from; empty: nobody knows. */
  readonly config: string;
}

export interface HostTold {
  readonly name: string;
  /** The host's clock. */
  readonly ns: number;
  readonly cpus: number;
  readonly mhz: number;
  readonly totalMb: number;
  readonly freeMb: number;
  readonly domains: readonly DomainTold[];
  /** Domains that are off, and kept as they were: they can be resumed. */
  readonly suspended: readonly string[];
}

export interface Template {
  readonly name: string;
  readonly text: string;
}

export interface Snapshot {
  readonly name: string;
  readonly bytes: number;
}

/** Where a host is asked: empty, the one that has served the page; else its address. */
export type Place = string;

function path(place: Place, what: string): string {
  return place === '' ? `/api/${what}` : `/api/at/${place}/${what}`;
}

/** Rejects with an Error that says what is wrong. */
async function ask(place: Place, what: string, body?: string): Promise<unknown> {
  const response = await fetch(path(place, what), body === undefined ? {} : { method: 'POST', body });
  const told = (await response.json()) as { readonly problem?: string };
  if (!response.ok) throw new Error(told.problem ?? response.statusText);
  return told;
}

export async function hostOf(place: Place): Promise<HostTold> {
  return (await ask(place, 'host')) as HostTold;
}
export async function hostPlaces(): Promise<readonly Place[]> {
  return (await ask('', 'hosts')) as Place[];
}
export async function addHost(address: string): Promise<void> {
  await ask('', 'hosts', address);
}
export async function templatesOf(place: Place): Promise<readonly Template[]> {
  return (await ask(place, 'templates')) as Template[];
}
export async function snapshotsOf(place: Place): Promise<readonly Snapshot[]> {
  return (await ask(place, 'snapshots')) as Snapshot[];
}
export async function logOf(place: Place, name: 'xend' | 'dmesg'): Promise<string> {
  return ((await ask(place, `log/${name}`)) as { readonly text: string }).text;
}
export async function consoleOf(place: Place, domain: string): Promise<string> {
  return ((await ask(place, `console/${encodeURIComponent(domain)}`)) as { readonly text: string }).text;
}
export async function typeOn(place: Place, domain: string, keys: string): Promise<void> {
  await ask(place, `console/${encodeURIComponent(domain)}`, keys);
}
export async function create(place: Place, config: string): Promise<void> {
  await ask(place, 'create', config);
}
/** `fields`: what the operation needs, as `{ host: '10.0.0.101' }`. */
export async function act(
  place: Place,
  domain: string,
  op: string,
  fields: Readonly<Record<string, string>> = {},
): Promise<void> {
  await ask(place, `domain/${encodeURIComponent(domain)}/${op}`, new URLSearchParams(fields).toString());
}
export async function onSnapshot(place: Place, name: string, op: 'restore' | 'delete'): Promise<void> {
  await ask(place, `snapshot/${encodeURIComponent(name)}/${op}`, '');
}
