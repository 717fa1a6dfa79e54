/**
 * `npm run bench:migration -- [CASE…]`: migrations between two hosts on a LAN of 1 Gbit/s, in guest time, which is the same on every
 * machine; and how long one takes here, in wall time. Exit status 1: a figure in guest time is not what it is to be.
 */
import { measure } from './migration/course.ts';
import type { Course } from './migration/course.ts';
import { hostsWith, inside, NAME, serve } from './migration/hosts.ts';
import type { Guest, Hosts } from './migration/hosts.ts';
import { logDirtyCost } from './migration/log-dirty.ts';
import { clientsOf, isMissed, lineOf, longestSilenceMs, mib, roundsOf } from './migration/report.ts';
import type { Figure } from './migration/report.ts';
import { wallCost } from './migration/wall.ts';

const DOWN_MS = 60;
/**
 * For how long nothing may come to the clients: as long as it may stand still; and of Debian's, whose kernel sends again only when TCP
 * has waited for it, the longest outage of the paper's web server (Clark et al. 2005, 6.3).
 */
const SILENT_MS: Readonly<Record<Guest['kind'], number>> = { Mote: DOWN_MS, Debian: 165 };
const FACTOR = 1.2;
const WALL_SECONDS = 5;
/** Log-dirty may take a tenth of what there is. */
const DIRTY_COST = 1.1;
const MS = 1e6;
const CLIENTS = 4;
/** Writes 200 of 24 MB a second: more than goes over the cable. */
const THRASH = 'thrash 24 200 > /dev/null &';

interface Case {
  readonly name: string;
  readonly tells: string;
  readonly guest: Guest;
  readonly switches: string;
  readonly prepare: (hosts: Hosts, guest: Guest) => void;
  readonly figures: (course: Course) => readonly Figure[];
  readonly hasClients?: true;
}

const MOTE: Guest = { kind: 'Mote', memoryMb: 64 };
const thrash = (hosts: Hosts, guest: Guest): void => {
  inside(hosts, guest, THRASH);
};
const web = (hosts: Hosts, guest: Guest): void => {
  serve(hosts, guest, CLIENTS);
};

/** That it stood still for so long, and has sent so much. */
function short(course: Course): Figure[] {
  return [
    { what: 'it stood still for', value: course.downNs / MS, unit: 'ms', most: DOWN_MS },
    { what: 'sent, by its memory', value: course.bytes / course.memoryBytes, unit: 'times', most: FACTOR },
  ];
}

/** How long it stands still is what was dirty at last, at the pace of the rounds, and some for the rest. */
function predicted(course: Course): Figure[] {
  const live = course.rounds.filter(({ isLast }) => !isLast);
  const last = course.rounds.find(({ isLast }) => isLast)!;
  const rate = Math.max(...live.map(({ bytesPerSecond }) => bytesPerSecond));
  const ms = (last.bytes / rate) * 1e3;
  const value = course.downNs / MS;
  return [
    { what: 'it stood still for', value, unit: 'ms', most: ms * 1.2 + 20 },
    { what: 'predicted of what was dirty', value: ms, unit: 'ms' },
  ];
}

const CASES: readonly Case[] = [
  {
    ...{ name: 'idle', tells: 'an idle domain of 128 MiB', switches: '--live' },
    guest: { kind: 'Mote', memoryMb: 128 },
    prepare: (hosts, guest) => {
      inside(hosts, guest);
    },
    figures: short,
  },
  {
    ...{ name: 'web-mote', tells: 'Mote with a web server, four clients', switches: '--live' },
    ...{ guest: MOTE, prepare: web, figures: short, hasClients: true },
  },
  {
    ...{ name: 'web-debian', tells: "Debian's kernel with a web server, four clients", switches: '--live' },
    guest: { kind: 'Debian', memoryMb: 128 },
    ...{ prepare: web, figures: short, hasClients: true },
  },
  {
    ...{ name: 'later-mote', tells: 'the same Mote by post-copy', switches: '--postcopy' },
    ...{ guest: MOTE, prepare: web, figures: short, hasClients: true },
  },
  {
    ...{ name: 'later-debian', tells: "the same Debian's kernel by post-copy", switches: '--postcopy' },
    guest: { kind: 'Debian', memoryMb: 128 },
    ...{ prepare: web, figures: short, hasClients: true },
  },
  {
    ...{ name: 'still', tells: 'the same Mote standing still: all of it is sent meanwhile', switches: '' },
    ...{ guest: MOTE, prepare: web, figures: stillFigures, hasClients: true },
  },
  {
    ...{ name: 'later-thrash', tells: 'one that writes faster than the cable takes it, by post-copy' },
    ...{ guest: MOTE, prepare: thrash, figures: short, switches: '--postcopy' },
  },
  {
    ...{ name: 'thrash', tells: 'one that writes faster than the cable takes it', switches: '--live' },
    ...{ guest: MOTE, prepare: thrash, figures: predicted },
  },
  {
    name: 'converge',
    tells: 'the same, made to stand still for a share of the time',
    switches: '--live --auto-converge --max-rounds=12',
    ...{ guest: MOTE, prepare: thrash },
    figures: (course) => [...predicted(course), short(course)[0]!],
  },
];

function stillFigures(course: Course): Figure[] {
  return [{ what: 'it stood still for', value: course.downNs / MS, unit: 'ms' }];
}

/** Whether all was as it is to be. */
async function run({ name, tells, guest, switches, prepare, figures, hasClients }: Case): Promise<boolean> {
  process.stdout.write(`${name}: ${tells} (xm migrate ${switches})\n`);
  const hosts = await hostsWith(guest);
  if (hosts === undefined) {
    process.stdout.write('  skipped: its kernel cannot be had here\n');
    return true;
  }
  prepare(hosts, guest);
  const course = measure(hosts.world, hosts.consoles, NAME, switches);
  const all: Figure[] = [
    ...figures(course),
    { what: 'it took', value: course.ns / MS, unit: 'ms' },
    { what: 'its memory', value: mib(course.memoryBytes), unit: 'MiB' },
    { what: 'sent', value: mib(course.bytes), unit: 'MiB' },
    { what: 'on the cable', value: mib(course.cableBytes), unit: 'MiB' },
  ];
  if (hasClients === true)
    all.push({
      what: 'nothing came to the clients for',
      value: longestSilenceMs(course),
      unit: 'ms',
      ...(switches === '' ? {} : { most: SILENT_MS[guest.kind] }),
    });
  if (course.later !== null)
    all.push(
      { what: 'fetched when it reached for them', value: course.later.fetched, unit: 'pages' },
      { what: 'pushed', value: course.later.pushed, unit: 'pages' },
    );
  process.stdout.write(all.map(lineOf).join('') + roundsOf(course));
  if (hasClients === true) process.stdout.write(clientsOf(course));
  return !all.some(isMissed);
}

const wanted = process.argv.slice(2);
const names = [...CASES.map(({ name }) => name), 'log-dirty', 'wall'];
const unknown = wanted.find((name) => !names.includes(name));
if (unknown !== undefined) {
  process.stderr.write(`there is no case ${unknown}: ${names.join(', ')}\n`);
  process.exit(2);
}
const isWanted = (name: string): boolean => wanted.length === 0 || wanted.includes(name);
let isWell = true;
for (const each of CASES) if (isWanted(each.name)) isWell = (await run(each)) && isWell;
if (isWanted('log-dirty')) {
  process.stdout.write('log-dirty: a domain that computes and writes little, with it and without\n');
  const { running, exits, processor, dirtied } = await logDirtyCost(MOTE);
  const all: Figure[] = [
    { what: 'pages dirty in a second', value: dirtied, unit: 'pages' },
    { what: 'without it, the domain runs', value: 1 / running, unit: 'times as long', most: DIRTY_COST },
    { what: 'with it, exits are', value: exits, unit: 'times as many', most: DIRTY_COST },
    { what: 'with it, time of the processor is', value: processor, unit: 'times as long', most: DIRTY_COST },
  ];
  process.stdout.write(all.map(lineOf).join(''));
  isWell &&= !all.some(isMissed);
}
if (isWanted('wall')) {
  process.stdout.write(`wall: an idle Mote of ${String(MOTE.memoryMb)} MiB, nobody watching\n`);
  for (const threads of [1, 2] as const) {
    const { wallSeconds, processorSeconds } = await wallCost(MOTE.memoryMb, threads);
    const where = threads === 1 ? 'in one thread' : 'in two threads';
    process.stdout.write(
      lineOf({ what: `wall time ${where}`, value: wallSeconds, unit: 's', most: WALL_SECONDS }),
    );
    process.stdout.write(lineOf({ what: `of processors ${where}`, value: processorSeconds, unit: 's' }));
  }
}
process.exitCode = isWell ? 0 : 1;
