/** The migrations of the world's domains: where one is, its rounds, and the domain's pages. */
import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { POST_COPY, STAGES } from '../lab/migration.ts';
import type { Stage } from '../lab/migration.ts';
import { PAGE_DIRTY, PAGE_KIND_MASK, PAGE_KINDS, PAGE_OF_THIS_ROUND } from '../lab/migration-view.ts';
import type { MigrationView } from '../lab/migration-view.ts';
import type { LabClient } from './lab-client.ts';
import { milliseconds, Ruler } from './migration-ruler.tsx';

const MEBIBYTE = 2 ** 20;
const PAGE_BYTES = 4096;

/** What happens in each stage, in a sentence. */
const MEANINGS: Readonly<Record<Stage, string>> = {
  'pre-migration': 'xend looks for the other host, and asks whether it may come',
  reservation: 'the other host makes a domain with room for all its memory',
  'iterative pre-copy':
    'its memory is sent while it runs, and again what it has written meanwhile, round by round',
  'stop-and-copy': 'it stands still: the rest is sent, and its processors',
  commitment: 'the other host has all of it, and says so: from now on it is there',
  activation: 'it goes on there',
  'post-copy': 'its pages follow it: what it reaches for is fetched, the others are pushed',
};

/** What lets domains in, as the manual has it: off unless it is said. */
const LET_IN = [
  "echo '(xend-relocation-server yes)' >> /etc/xen/xend-config.sxp",
  `echo "(xend-relocation-hosts-allow '')" >> /etc/xen/xend-config.sxp`,
  'xend restart',
] as const;

/** Which one is shown, from the newest on. */
const chosen = signal(0);

export function Migrations({ client }: { client: LabClient }) {
  const { migrations } = client.state.value;
  const newestFirst = [...migrations].reverse();
  const shown = newestFirst[chosen.value] ?? newestFirst[0];
  if (shown === undefined) return <Nothing hosts={client.state.value.hosts.length} />;
  return (
    <div class="scroll migrations" tabIndex={0} role="group" aria-label="Migrations" data-testid="migrations">
      {newestFirst.length > 1 && (
        <select
          aria-label="Migration to look at"
          value={String(chosen.value)}
          onChange={({ currentTarget: { value } }) => {
            chosen.value = Number(value);
          }}
        >
          {newestFirst.map((each, n) => (
            <option key={n} value={n}>
              {each.name}, {each.from} to {each.to}, at {seconds(each.stages[0]?.atNs ?? 0)}
            </option>
          ))}
        </select>
      )}
      <Headline migration={shown} />
      <Stages migration={shown} />
      <Ruler migration={shown} />
      <Rounds migration={shown} />
      {shown.later !== null && <Later later={shown.later} />}
      <PageMap pages={shown.pages} />
    </div>
  );
}

function Nothing({ hosts }: { hosts: number }) {
  return (
    <p class="hint migrations-none">
      No domain has gone from host to host yet.{' '}
      {hosts > 1 ? (
        <>
          B takes none in unless it is told to. There:{' '}
          {LET_IN.map((line) => (
            <code key={line}>{line}</code>
          ))}
          Then, on A: <code>xm create mote</code> <code>xm migrate --live mote 10.0.0.101</code>
        </>
      ) : (
        'That needs a world of two hosts: New world… makes one.'
      )}
    </p>
  );
}

function Headline({
  migration: { name, from, to, isOver, problem, suspendedNs, resumedNs, stages },
}: {
  migration: MigrationView;
}) {
  const stood =
    suspendedNs !== null && resumedNs !== null && resumedNs > suspendedNs ? resumedNs - suspendedNs : null;
  const state =
    problem !== ''
      ? isOver
        ? stages.some(({ stage }) => stage === POST_COPY)
          ? 'it is lost'
          : 'it stayed where it was'
        : 'nobody knows yet'
      : isOver
        ? 'it is there'
        : 'under way';
  return (
    <p class="headline">
      <b>{name}</b>, {from} → {to}: <b data-testid="migration-state">{state}</b>
      {problem !== '' && <>: {problem}</>}
      {stood !== null && (
        <>
          . It stood still for <b>{milliseconds(stood)}</b>
          {isOver && stages[0] !== undefined && <> of {milliseconds(resumedNs! - stages[0].atNs)}</>}.
        </>
      )}
    </p>
  );
}

const WITH_POST_COPY: readonly Stage[] = [...STAGES, POST_COPY];

/** The stages of the paper (Clark et al. 2005), with when each began. */
function Stages({ migration: { stages, isOver } }: { migration: MigrationView }) {
  const begun = stages[0]?.atNs ?? 0;
  const last = stages.at(-1)?.stage;
  return (
    <ol class="stages">
      {(last === POST_COPY ? WITH_POST_COPY : STAGES).map((stage) => {
        const at = stages.find((each) => each.stage === stage);
        const now = stage === last && !isOver;
        return (
          <li
            key={stage}
            class={now ? 'stage-now' : at === undefined ? '' : 'stage-done'}
            title={MEANINGS[stage]}
            aria-current={now ? 'step' : undefined}
          >
            <span>{stage}</span>
            <small>{at === undefined ? '–' : `+${milliseconds(at.atNs - begun)}`}</small>
          </li>
        );
      })}
    </ol>
  );
}

/** Post-copy: how its pages have followed. */
function Later({ later: { fetched, pushed, left } }: { later: NonNullable<MigrationView['later']> }) {
  return (
    <p data-testid="later">
      Pages that followed: <b>{fetched}</b> fetched when it reached for them, <b>{pushed}</b> pushed,{' '}
      <b>{left}</b> to go.
    </p>
  );
}

function Rounds({ migration: { rounds, progress } }: { migration: MigrationView }) {
  const most = Math.max(1, ...rounds.flatMap(({ sent, dirtied }) => [sent, dirtied]));
  return (
    <table class="rounds" data-testid="rounds">
      <thead>
        <tr>
          <th>round</th>
          <th title="Pages whose content went out">sent</th>
          <th title="Dirty again before their turn: the next round has them">skipped</th>
          <th title="Written by the domain meanwhile: the next round's">dirtied</th>
          <th>MiB</th>
          <th>took</th>
          <th title="How fast it went over the wire">MiB/s</th>
          <th title="How fast the domain wrote pages that it had not written in this round yet: what is to be outrun">
            dirtied MiB/s
          </th>
          <th class="bars">
            <i class="bar sent" /> sent, <i class="bar dirtied" /> dirtied
          </th>
        </tr>
      </thead>
      <tbody>
        {rounds.map(({ number, sent, skipped, dirtied, bytes, ns, bytesPerSecond, isLast }) => (
          <tr key={number} class={isLast ? 'last' : ''} title={isLast ? 'While it stood still' : ''}>
            <td>{isLast ? `${String(number)}, standing` : number}</td>
            <td>{sent}</td>
            <td>{skipped}</td>
            <td>{isLast ? '–' : dirtied}</td>
            <td>{(bytes / MEBIBYTE).toFixed(2)}</td>
            <td>{milliseconds(ns)}</td>
            <td>{(bytesPerSecond / MEBIBYTE).toFixed(1)}</td>
            <td>{isLast || ns === 0 ? '–' : ((dirtied * PAGE_BYTES * 1e9) / ns / MEBIBYTE).toFixed(1)}</td>
            <td class="bars">
              <i class="bar sent" style={{ width: `${String((100 * sent) / most)}%` }} />
              <i class="bar dirtied" style={{ width: `${String((100 * dirtied) / most)}%` }} />
            </td>
          </tr>
        ))}
        {progress !== null && (
          <tr class="progress">
            <td>{progress.round}</td>
            <td colSpan={8}>
              <progress max={progress.of} value={progress.done} /> {progress.done} of {progress.of} pages
            </td>
          </tr>
        )}
      </tbody>
    </table>
  );
}

/** Side of a page's square on the map, in px, and pages in a row. */
const CELL = 4;
const IN_A_ROW = 128;
const SHADES = [
  '--map-none',
  '--map-data',
  '--map-l1',
  '--map-l2',
  '--map-l3',
  '--map-l4',
  '--map-none',
] as const;
const DIRTY = '--map-dirty';
const NOW = '--map-now';

function PageMap({ pages }: { pages: Uint8Array }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const rows = Math.ceil(pages.length / IN_A_ROW);
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (context === null || context === undefined) return;
    const style = getComputedStyle(canvas.current!);
    const color = (name: string): string => style.getPropertyValue(name);
    const colors = SHADES.map(color);
    const [dirty, now] = [color(DIRTY), color(NOW)];
    context.clearRect(0, 0, IN_A_ROW * CELL, rows * CELL);
    for (const [pfn, page] of pages.entries()) {
      context.fillStyle =
        page & PAGE_DIRTY ? dirty : page & PAGE_OF_THIS_ROUND ? now : colors[page & PAGE_KIND_MASK]!;
      context.fillRect((pfn % IN_A_ROW) * CELL, Math.floor(pfn / IN_A_ROW) * CELL, CELL - 1, CELL - 1);
    }
  }, [pages]);
  if (rows === 0) return null;
  const counted = (flag: number): number => pages.reduce((sum, page) => sum + (page & flag ? 1 : 0), 0);
  const ofKind = (kind: number): number =>
    pages.reduce((sum, page) => sum + ((page & PAGE_KIND_MASK) === kind ? 1 : 0), 0);
  const label = `${String(pages.length)} pages, ${String(counted(PAGE_DIRTY))} of them dirty`;
  return (
    <figure class="page-map">
      <canvas ref={canvas} width={IN_A_ROW * CELL} height={rows * CELL} role="img" aria-label={label} />
      <figcaption>
        Its pages by pfn, {IN_A_ROW} in a row:
        {PAGE_KINDS.map(
          (kind, n) =>
            n < SHADES.length - 1 && <Key key={kind} shade={SHADES[n]!} text={kind} count={ofKind(n)} />,
        )}
        <Key shade={NOW} text="sent in this round" count={counted(PAGE_OF_THIS_ROUND)} />
        <Key shade={DIRTY} text="dirty when Xen was asked last" count={counted(PAGE_DIRTY)} />
      </figcaption>
    </figure>
  );
}

function Key({ shade, text, count }: { shade: string; text: string; count: number }) {
  return (
    <span class="key">
      <i style={{ background: `var(${shade})` }} /> {text}: {count}
    </span>
  );
}

function seconds(ns: number): string {
  return `${(ns / 1e9).toFixed(3)} s`;
}
