/**
 * `npm run bench:work [-- PART... --rounds N --update]`: real work, translated beside interpreted, in CPU time of whole processes from
 * the boot on: the engine's compilers in their threads count. Each way of a row is a process of its own; they take turns, and the best
 * of the rounds counts. PART is a part of a row's name. Ratios are what translating takes of the interpreter's time; `--update` makes
 * them the committed baseline that later runs are compared with.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { debianImages } from '../guests/debian/fetch.ts';
import { debianPython } from '../guests/debian/python.ts';
import { dom0Images } from '../guests/toolchain/mote-node.ts';
import { loadCore } from '../ui/lab/core-node.ts';
import type { DomainRequest } from '../ui/lab/host.ts';
import { Lab } from '../ui/lab/lab.ts';
import { TOUR, TOUR_HOST, play } from '../ui/lab/tour.ts';

const BASELINE = fileURLToPath(new URL('./bench-work.json', import.meta.url));
const RUN = fileURLToPath(new URL('./run.js', import.meta.url));
const SELF = fileURLToPath(import.meta.url);
const SLICE_TICKS = 1 << 24;
const DEBIAN_PROMPT = /INIT-REACHED[^]*# /;
const MOTE_PROMPT = /\n\/ \$ $/;

/**
 * Where a row begins and ends: `typed` goes in where `ready` has come out; without it all of the boot counts. The tour types for
 * itself, and ends when all of its steps are done.
 */
interface Row {
  readonly host: 'debian' | 'python' | 'mote' | 'tour';
  readonly vcpus: number;
  readonly ready?: RegExp;
  readonly typed?: string;
  readonly until?: RegExp;
}

const inDebian = (command: string, host: Row['host'] = 'debian'): Row => ({
  host,
  vcpus: 1,
  ready: DEBIAN_PROMPT,
  typed: `${command}; echo done-$((40 + 2))\r`,
  until: /done-42/,
});

const TEXT = 'seq 1 600000 > /tmp/text';
/** Objects, calls and tables, as programs have them. */
const PYTHON =
  'd={};[d.__setitem__(str(i*i%997),d.get(str(i*i%997),0)+i) for i in range(200000)];print(sum(d.values()))';
const ROWS: Readonly<Record<string, Row>> = {
  'Debian to /init, 1 vcpu': { host: 'debian', vcpus: 1, until: /as init process/ },
  'Debian to /init, 4 vcpus': { host: 'debian', vcpus: 4, until: /as init process/ },
  'gzip of 4 MB': inDebian(`mkdir -p /tmp; ${TEXT}; gzip -c /tmp/text > /dev/null`),
  'sha256sum of 4 MB, eight times': inDebian(
    `mkdir -p /tmp; ${TEXT}; for i in 1 2 3 4 5 6 7 8; do sha256sum /tmp/text; done`,
  ),
  'awk, a million sums': inDebian(`awk 'BEGIN { for (i = 0; i < 1000000; i++) s += i * i % 7; print s }'`),
  'sh, a thousand processes': inDebian(
    'i=0; while [ $i -lt 1000 ]; do i=$((i + 1)); /bin/busybox true; done',
  ),
  'python3, words counted': inDebian(`python3.11 -c '${PYTHON}'`, 'python'),
  'xm create mote': {
    host: 'mote',
    vcpus: 1,
    ready: MOTE_PROMPT,
    typed: 'xm create mote\r',
    until: /Started domain mote/,
  },
  'the tour': { host: 'tour', vcpus: 1 },
};

async function requestOf({ host, vcpus }: Row): Promise<DomainRequest> {
  if (host === 'mote' || host === 'tour') return { ...(await dom0Images()), ...TOUR_HOST, vcpus };
  const images = await debianImages();
  const python = host === 'python' ? await debianPython() : null;
  if (images === undefined || python === undefined)
    throw new Error('there is no package client to fetch Debian with');
  const kernel = readFileSync(images.cloud);
  // Archives of a ramdisk may follow one another.
  const ramdisk = Buffer.concat(
    [images.initrd, ...(python === null ? [] : [python])].map((path) => readFileSync(path)),
  );
  return { kernel, ramdisk, commandLine: 'console=hvc0 rdinit=/init', memoryMb: 256, vcpus };
}

function runTo(lab: Lab, text: RegExp): void {
  for (;;) {
    const stop = lab.run({ text }, SLICE_TICKS);
    if (stop?.kind === 'text') return;
    if (stop !== undefined) throw new Error(`it stopped (${stop.kind}) before it printed ${text.source}`);
  }
}

/** CPU seconds of this process for a row. */
async function measure(row: Row, translates: boolean): Promise<number> {
  const request = await requestOf(row);
  const core = loadCore(translates ? undefined : 0);
  const lab = await Lab.boot(core, request);
  if (row.ready !== undefined) runTo(lab, row.ready);
  const start = process.cpuUsage();
  if (row.typed !== undefined) lab.type(new TextEncoder().encode(row.typed));
  if (row.until !== undefined) runTo(lab, row.until);
  if (row.host === 'tour')
    for (const step of TOUR) if (!play(lab, step)) throw new Error(`the tour came to no end: ${step.tells}`);
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1e6;
}

function compare(rows: readonly string[], rounds: number, update: boolean): void {
  const before = JSON.parse(readFileSync(BASELINE, 'utf8')) as Record<string, number>;
  const ratios: Record<string, number> = {};
  for (const name of rows) {
    const best = { interpreted: Infinity, translated: Infinity };
    for (let round = 0; round < rounds; round++)
      for (const way of ['interpreted', 'translated'] as const) {
        const arguments_ = [RUN, SELF, '--row', name, '--way', way];
        best[way] = Math.min(
          best[way],
          Number(execFileSync(process.execPath, arguments_, { encoding: 'utf8' })),
        );
      }
    const ratio = Math.round((best.translated / best.interpreted) * 1000) / 1000;
    ratios[name] = ratio;
    const was = before[name] === undefined ? '' : `, baseline ${before[name].toFixed(3)}`;
    const [interpreted, translated] = [best.interpreted.toFixed(2), best.translated.toFixed(2)];
    process.stdout.write(
      `${name.padEnd(32)} ${interpreted} s interpreted, ${translated} s translated: ${ratio.toFixed(3)}${was}\n`,
    );
  }
  if (update) writeFileSync(BASELINE, `${JSON.stringify({ ...before, ...ratios }, null, 2)}\n`);
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '1' },
    update: { type: 'boolean', default: false },
    row: { type: 'string' },
    way: { type: 'string' },
  },
});
if (values.row === undefined) {
  const wanted = Object.keys(ROWS).filter(
    (name) => positionals.length === 0 || positionals.some((part) => name.includes(part)),
  );
  compare(wanted, Number(values.rounds), values.update);
} else process.stdout.write(String(await measure(ROWS[values.row]!, values.way === 'translated')));
