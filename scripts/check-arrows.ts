/**
 * The arrows of the house: which room or folder may import what. `node scripts/run.js scripts/check-arrows.ts`, a part of `npm run
 * lint`. Exit status: 0, or 1 with each import that goes against them on stderr. Tests may know of everything.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

interface Arrow {
  /** Files of this folder, by its path in the repository, */
  readonly folder: string;
  /** import nothing of these, but of those that are named after a `!`. */
  readonly not: readonly string[];
  /** Where that is written down. */
  readonly see: string;
}

const HOUSE = '"The house" in the README';
const ROOMS: readonly Arrow[] = [
  { folder: 'core/', not: ['devices/', 'hypervisor/', 'guests/', 'ui/'], see: HOUSE },
  { folder: 'devices/', not: ['hypervisor/', 'guests/', 'ui/'], see: HOUSE },
  { folder: 'hypervisor/', not: ['guests/', 'ui/'], see: HOUSE },
  // It knows the ABI and the assembler alone.
  {
    folder: 'guests/',
    not: ['core/', '!core/assembler/', 'devices/', 'hypervisor/', '!hypervisor/abi/', 'ui/'],
    see: HOUSE,
  },
  { folder: 'ui/lab/', not: ['ui/cli/', 'ui/web/', 'ui/api/'], see: HOUSE },
  { folder: 'ui/cli/', not: ['ui/web/', 'ui/api/'], see: HOUSE },
  { folder: 'ui/web/', not: ['ui/cli/', 'ui/api/'], see: HOUSE },
  { folder: 'ui/api/', not: ['ui/cli/', 'ui/web/'], see: HOUSE },
  {
    folder: 'hypervisor/',
    not: ['hypervisor/memory/raw-memory'],
    see: 'hypervisor/memory/guest-frames.ts, which writes frames that a domain can see',
  },
  {
    folder: 'ui/',
    not: ['hypervisor/memory/raw-memory'],
    see: 'hypervisor/memory/guest-frames.ts, which writes frames that a domain can see',
  },
];

/** What may not know of what comes behind it, from the bottom up. */
const STACKS: readonly { readonly below: string; readonly order: string; readonly see: string }[] = [
  {
    below: 'hypervisor/',
    order:
      'abi trace console memory state grants time sched events xentrace domain debug-keys traps hypercalls run xen.ts',
    see: 'the layers in hypervisor/README.md',
  },
  {
    below: 'guests/kernel/',
    order: 'xen memory events threads console traps grants store frontends pci boot.ts start.ts',
    see: 'guests/README.md',
  },
];

const GUESTS: readonly Arrow[] = [
  {
    folder: 'guests/kernel/',
    not: ['guests/mote/', 'guests/programs/', 'guests/dom0/'],
    see: 'guests/README.md',
  },
  { folder: 'guests/mote/', not: ['guests/programs/', 'guests/dom0/'], see: 'guests/README.md' },
  {
    folder: 'guests/programs/',
    not: [
      'guests/kernel/',
      'guests/dom0/',
      'guests/mote/',
      '!guests/mote/abi',
      '!guests/mote/fs/ext2/format',
    ],
    see: 'guests/README.md',
  },
  {
    folder: 'guests/dom0/',
    not: ['guests/kernel/', 'guests/mote/', '!guests/mote/abi'],
    see: 'guests/README.md',
  },
  {
    folder: 'guests/lessons/',
    not: ['guests/mote/', 'guests/programs/', 'guests/dom0/'],
    see: 'guests/README.md',
  },
];

/** Files that may know of everything. */
const FREE = /\.test\.tsx?$|^guests\/toolchain\/proof\/|\/testing[^/]*\.ts$/;
/** Raw memory is for these to know. */
const RAW_MEMORY = /^hypervisor\/memory\//;
const IMPORT =
  /^\s*(?:import|export)\b[^;'"]*?from\s+'([^']+)'|^\s*import\s+'([^']+)'|\bimport\('([^']+)'\)/gm;

function arrowsOf({ below, order, see }: (typeof STACKS)[number]): Arrow[] {
  const parts = order.split(' ').map((name) => below + (name.includes('.') ? name : `${name}/`));
  return parts.map((folder, height) => ({ folder, not: parts.slice(height + 1), see }));
}

const ARROWS: readonly Arrow[] = [...ROOMS, ...STACKS.flatMap(arrowsOf), ...GUESTS];

/** Where an import leads, as a path in the repository; null: to a package. Guests' sources name each other from guests/ on. */
function targetOf(file: string, name: string): string | null {
  if (name.startsWith('.')) return normalize(join(dirname(file), name));
  const [folder] = name.split('/');
  return file.startsWith('guests/') && /^(?:kernel|mote|programs|dom0|lessons)$/.test(folder!)
    ? `guests/${name}`
    : null;
}

function isForbidden({ folder, not }: Arrow, file: string, target: string): boolean {
  if (!file.startsWith(folder)) return false;
  if (RAW_MEMORY.test(file) && target.startsWith('hypervisor/memory/raw-memory')) return false;
  const isIn = (path: string): boolean => target.startsWith(path) || `${target}.ts` === path;
  return not.some((path) => isIn(path)) && !not.some((path) => path.startsWith('!') && isIn(path.slice(1)));
}

let faults = 0;
const files = ['core', 'devices', 'hypervisor', 'guests', 'ui'].flatMap((room) =>
  readdirSync(room, { recursive: true, encoding: 'utf8' }).map((path) => join(room, path)),
);
for (const file of files.filter((path) => /\.tsx?$/.test(path) && !FREE.test(path))) {
  for (const found of readFileSync(file, 'utf8').matchAll(IMPORT)) {
    const name = found[1] ?? found[2] ?? found[3]!;
    const target = targetOf(file, name);
    const against = target === null ? undefined : ARROWS.find((arrow) => isForbidden(arrow, file, target));
    if (against === undefined) continue;
    faults++;
    process.stderr.write(`${file}: ${against.folder} must not know of '${name}': see ${against.see}\n`);
  }
}
process.exitCode = faults === 0 ? 0 : 1;
