/**
 * What a world is made of, as plain data: an object, or a JSON file that has one. Images (kernels, ramdisks, disks, files) are
 * named here and given beside it.
 */
import type { Vary } from '../../../devices/chance.ts';
import { MAX_PCPUS } from '../../../hypervisor/state/pcpu.ts';
import { HOST_MB } from '../usual-host.ts';
import { Field } from './field.ts';

/** Hosts that are made are domain 0's: its kernel has the machine's devices, and makes the other domains. */
export interface HostDescription {
  /** Its name on its networks: letters, digits and dashes, 63 at most. */
  readonly name: string;
  /** Names of images. */
  readonly kernel: string;
  readonly ramdisk?: string;
  /** For the kernel; `hostname=` with the name is put in front. */
  readonly commandLine?: string;
  /** All its memory, in MiB; and domain 0's, which has all but what Xen keeps unless that is said. */
  readonly hostMb?: number;
  readonly memoryMb?: number;
  /** Physical processors: 1, 2, 4, 8, 16; domain 0's virtual ones. */
  readonly cpus?: number;
  readonly vcpus?: number;
  readonly scheduler?: string;
  /** Xen's command line. */
  readonly xen?: string;
  readonly disks?: readonly DiskDescription[];
  /** Stores that it has as disks behind those, as its hosts share them. */
  readonly stores?: readonly string[];
  /** What domain 0 finds at /lab: images by path. */
  readonly files?: Readonly<Record<string, string>>;
  /** The LANs that it has a card on, in the order of the cards; all of them unless given. */
  readonly lans?: readonly string[];
}

export interface DiskDescription {
  readonly image: string;
  readonly readOnly?: boolean;
}

export interface LanDescription {
  readonly name: string;
  /** From card to card, in ns. */
  readonly latencyNs?: number;
  /** Of each cable in each direction; without, frames take no time but the latency. */
  readonly megabitsPerSecond?: number;
  /** The share of frames that are lost, from 0 to 1. */
  readonly loss?: number;
  /** Where DHCP and a gateway are, and on which network: `10.0.0.0/24`. Null: there is none. */
  readonly gateway?: string | null;
}

/** A disk that several hosts have at once, elsewhere: every write that a host was told to be done is seen by all. */
export interface StoreDescription {
  readonly name: string;
  /** What is on it at first: an image in memory. */
  readonly image: string;
  /** To it, and back, in ns. */
  readonly latencyNs?: number;
}

export interface WorldDescription {
  /** One to eight. */
  readonly hosts: readonly HostDescription[];
  /** Unless given, one: `lan`. */
  readonly lans?: readonly LanDescription[];
  readonly stores?: readonly StoreDescription[];
  /** What RDRAND gives, and which frames are lost of LANs that lose some, is drawn from it. */
  readonly seed?: number;
  /** What else varies (devices/chance.ts); without it, nothing does. */
  readonly vary?: Vary;
}

export const MOST_HOSTS = 8;
export const MOST_LANS = 4;
const MOST_DISKS = 4;
const MOST_STORES = 4;
const MOST_FILES = 65_536;
const MOST_DECISIONS = 1e7;
/**
 * What a frame takes between two machines of a data centre, card, kernel and switch together, is tens to hundreds of
 * microseconds. It is also how far hosts may run ahead of each other: at 1 ns an instruction, 100 us are a hundred thousand
 * instructions, a millisecond or two of ours, for which it is worth waking a thread.
 */
export const DEFAULT_LATENCY_NS = 100_000;
const LATENCY_RANGE_NS = [1000, 1_000_000_000] as const;
export const DEFAULT_NETWORK = '10.0.0.0/24';
const DEFAULT_LAN: LanDescription = { name: 'lan' };

export const HOST_DEFAULTS = { hostMb: HOST_MB, cpus: 1, vcpus: 1 } as const;

const NAME = /^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;
/** As the gateway leases hosts' addresses from .100 on. */
const NETWORK = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.0\/24$/;

/** The LANs of a description, the one that there is unless said otherwise with them. */
export function lansOf({ lans }: WorldDescription): readonly LanDescription[] {
  return lans ?? [DEFAULT_LAN];
}

/** The LANs that a host has a card on, as their indices. */
export function cardsOf(description: WorldDescription, { lans }: HostDescription): number[] {
  const all = lansOf(description);
  return (lans ?? all.map(({ name }) => name)).map((wanted) => all.findIndex(({ name }) => name === wanted));
}

/** The stores that a host has, as their indices. */
export function storesOf({ stores = [] }: WorldDescription, host: HostDescription): number[] {
  return (host.stores ?? []).map((wanted) => stores.findIndex(({ name }) => name === wanted));
}

/** Reads a description: an object from anywhere. Throws DescriptionError, which names the field. */
export function checkDescription(value: unknown): WorldDescription {
  const { hosts, lans, stores, seed, vary } = new Field('', value).object([
    ...(['hosts', 'lans', 'stores', 'seed', 'vary'] as const),
  ]);
  const lanList = lans.given?.list(MOST_LANS).map(checkLan) ?? [DEFAULT_LAN];
  unique(lans, lanList);
  const storeList = stores.given?.list(MOST_STORES).map(checkStore) ?? [];
  unique(stores, storeList);
  const hostList = hosts.list(MOST_HOSTS);
  if (hostList.length === 0) hosts.fail('a world has a host');
  const checked = hostList.map((host) => checkHost(host, lanList, storeList));
  unique(hosts, checked);
  return {
    hosts: checked,
    ...optional('lans', lans, () => lanList),
    ...optional('stores', stores, () => storeList),
    ...optional('seed', seed, seedIn),
    ...optional('vary', vary, checkVary),
  };
}

function seedIn(field: Field): number {
  return field.number(0, 0xffff_ffff);
}

/** Throws DescriptionError, which names the field. */
export function checkVary(field: Field): Vary {
  const { seed, only, afterNs } = field.object(['seed', 'only', 'afterNs']);
  return {
    seed: seedIn(seed),
    ...optional('only', only, (given) => given.list(MOST_DECISIONS).map((name) => name.text())),
    ...optional('afterNs', afterNs, (given) => given.number(0, Number.MAX_SAFE_INTEGER)),
  };
}

/** A field that is left out where it is left out. */
function optional<Name extends string, Value>(
  name: Name,
  field: Field,
  read: (field: Field) => Value,
): Partial<Record<Name, Value>> {
  return field.given === null ? {} : ({ [name]: read(field) } as Record<Name, Value>);
}

function unique(field: Field, named: readonly { readonly name: string }[]): void {
  const double = named.find(({ name }, index) => named.findIndex((other) => other.name === name) < index);
  if (double !== undefined) field.fail(`two are called ${double.name}`);
}

function nameOf(field: Field): string {
  const name = field.text();
  return NAME.test(name) ? name : field.fail(`${name} is no name: letters, digits and dashes, 63 at most`);
}

function checkLan(field: Field): LanDescription {
  const { name, latencyNs, megabitsPerSecond, loss, gateway } = field.object([
    'name',
    'latencyNs',
    'megabitsPerSecond',
    'loss',
    'gateway',
  ]);
  return {
    name: nameOf(name),
    ...optional('latencyNs', latencyNs, (given) => given.number(...LATENCY_RANGE_NS)),
    ...optional('megabitsPerSecond', megabitsPerSecond, (given) => given.number(0.001, 1_000_000, false)),
    ...optional('loss', loss, (given) => given.number(0, 1, false)),
    ...optional('gateway', gateway, (given) => (given.value === null ? null : networkOf(given))),
  };
}

function networkOf(field: Field): string {
  const text = field.text();
  const parts = NETWORK.exec(text);
  if (parts === null || parts.slice(1).some((part) => Number(part) > 255))
    return field.fail(`${text} is no network of the form ${DEFAULT_NETWORK}`);
  return text;
}

function checkStore(field: Field): StoreDescription {
  const { name, image, latencyNs } = field.object(['name', 'image', 'latencyNs']);
  return {
    name: nameOf(name),
    image: image.text(),
    ...optional('latencyNs', latencyNs, (given) => given.number(...LATENCY_RANGE_NS)),
  };
}

interface Named {
  readonly name: string;
}

function checkHost(field: Field, lans: readonly Named[], stores: readonly Named[]): HostDescription {
  const given = field.object([
    ...(['name', 'kernel', 'ramdisk', 'commandLine', 'hostMb', 'memoryMb', 'cpus', 'vcpus'] as const),
    ...(['scheduler', 'xen', 'disks', 'stores', 'files', 'lans'] as const),
  ]);
  const text = (each: Field): string => each.text();
  return {
    name: nameOf(given.name),
    kernel: given.kernel.text(),
    ...optional('ramdisk', given.ramdisk, text),
    ...optional('commandLine', given.commandLine, text),
    ...optional('hostMb', given.hostMb, (each) => each.number(1, 3072)),
    ...optional('memoryMb', given.memoryMb, (each) => each.number(1, 3072)),
    ...optional('cpus', given.cpus, (each) => each.number(1, MAX_PCPUS)),
    ...optional('vcpus', given.vcpus, (each) => each.number(1, 32)),
    ...optional('scheduler', given.scheduler, text),
    ...optional('xen', given.xen, text),
    ...optional('disks', given.disks, (each) => each.list(MOST_DISKS).map(checkDisk)),
    ...optional('stores', given.stores, (each) =>
      each.list(MOST_STORES).map((store) => oneOf(store, stores, 'store')),
    ),
    ...optional('files', given.files, filesOf),
    ...optional('lans', given.lans, (each) => each.list(MOST_LANS).map((lan) => oneOf(lan, lans, 'LAN'))),
  };
}

function checkDisk(field: Field): DiskDescription {
  const { image, readOnly } = field.object(['image', 'readOnly']);
  return { image: image.text(), ...optional('readOnly', readOnly, (each) => each.flag()) };
}

function filesOf(field: Field): Record<string, string> {
  const entries = [...field.entries()];
  if (entries.length > MOST_FILES) field.fail(`there must be ${String(MOST_FILES)} at most`);
  return Object.fromEntries(entries.map(([path, image]) => [path, image.text()]));
}

function oneOf(field: Field, all: readonly Named[], what: string): string {
  const wanted = field.text();
  if (all.some(({ name }) => name === wanted)) return wanted;
  const others = all.length === 0 ? 'none' : all.map(({ name }) => name).join(', ');
  return field.fail(`there is no ${what} ${wanted}; there is ${others}`);
}
