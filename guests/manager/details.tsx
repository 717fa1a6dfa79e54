/** A domain in detail: its console, its graphs, its snapshots, what it was made from, and what is done more seldom. */
import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { consoleOf, onSnapshot, snapshotsOf, typeOn } from './api.ts';
import type { DomainTold, Place, Snapshot } from './api.ts';
import { Deed } from './domain-card.tsx';
import { bytes, Graph, percent, rate } from './graph.tsx';
import type { Point } from './history.ts';

const LOOK_MS = 700;
/** What moves a terminal's cursor and colours it: this shows text. */
const ESCAPES = /\u001b\[[0-9;?]*[A-Za-z]|\r/g;

const TABS = ['Console', 'Graphs', 'Snapshots', 'Configuration'] as const;

interface DetailsProps {
  readonly place: Place;
  readonly domain: DomainTold;
  readonly points: readonly Point[];
  readonly act: (op: string, fields?: Readonly<Record<string, string>>) => void;
  /** Says what went wrong. */
  readonly attempt: (what: string, work: () => Promise<void>) => void;
  readonly close: () => void;
}

export function Details(props: DetailsProps): JSX.Element {
  const { place, domain, points, act, attempt, close } = props;
  const [tab, setTab] = useState<(typeof TABS)[number]>('Console');
  const isGuest = domain.id !== 0;
  return (
    <aside class="details" aria-label={`details of ${domain.name}`}>
      <header>
        <h2>{domain.name}</h2>
        <button type="button" onClick={close} aria-label="close the details">
          ×
        </button>
      </header>
      <nav role="tablist">
        {TABS.filter((each) => isGuest || each === 'Graphs').map((each) => (
          <button
            type="button"
            role="tab"
            key={each}
            aria-selected={tab === each}
            onClick={() => {
              setTab(each);
            }}
          >
            {each}
          </button>
        ))}
      </nav>
      {(tab === 'Graphs' || !isGuest) && <Graphs domain={domain} points={points} />}
      {isGuest && tab === 'Console' && (
        <Console key={domain.id} place={place} name={domain.name} attempt={attempt} />
      )}
      {isGuest && tab === 'Snapshots' && (
        <Snapshots place={place} name={domain.name} act={act} attempt={attempt} />
      )}
      {isGuest && tab === 'Configuration' && <Configuration domain={domain} act={act} />}
    </aside>
  );
}

function Graphs({
  domain,
  points,
}: {
  readonly domain: DomainTold;
  readonly points: readonly Point[];
}): JSX.Element {
  const of = (take: (point: Point) => number): readonly number[] => points.map(take);
  return (
    <div class="graphs">
      <Graph label="processor" values={of(({ cpu }) => cpu)} most={domain.vcpus} say={percent} kind="cpu" />
      <Graph
        label="memory"
        values={of(({ memoryMb }) => memoryMb)}
        most={Math.max(domain.mostMb, domain.memoryMb)}
        say={(mb) => `${String(mb)} MiB`}
        kind="memory"
      />
      <Graph label="network" values={of(({ network }) => network)} most={1024} say={rate} kind="network" />
      <Graph label="disks" values={of(({ disk }) => disk)} most={1024} say={rate} kind="disk" />
    </div>
  );
}

interface ConsoleProps {
  readonly place: Place;
  readonly name: string;
  readonly attempt: DetailsProps['attempt'];
}

function Console({ place, name, attempt }: ConsoleProps): JSX.Element {
  const [text, setText] = useState('');
  const screen = useRef<HTMLPreElement>(null);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isOver = false;
    const look = async (): Promise<void> => {
      await consoleOf(place, name).then(
        (told) => {
          setText(told.replace(ESCAPES, ''));
        },
        () => undefined,
      );
      if (!isOver) timer = setTimeout(() => void look(), LOOK_MS);
    };
    void look();
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [place, name]);
  useEffect(() => {
    const { current } = screen;
    if (current !== null) current.scrollTop = current.scrollHeight;
  }, [text]);
  const send = (keys: string): void => {
    attempt(`typing on ${name}`, () => typeOn(place, name, keys));
  };
  return (
    <div class="console">
      <pre ref={screen} tabIndex={0}>
        {text === '' ? '(it has printed nothing yet)' : text}
      </pre>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const field = event.currentTarget.elements.namedItem('line') as HTMLInputElement;
          send(`${field.value}\r`);
          field.value = '';
        }}
      >
        <input
          name="line"
          aria-label={`type on the console of ${name}`}
          placeholder="type, and press Enter"
          autocomplete="off"
        />
        <Deed
          label="Ctrl-C"
          run={() => {
            send('\u0003');
          }}
        />
      </form>
    </div>
  );
}

interface SnapshotsProps {
  readonly place: Place;
  readonly name: string;
  readonly act: DetailsProps['act'];
  readonly attempt: DetailsProps['attempt'];
}

function Snapshots({ place, name, act, attempt }: SnapshotsProps): JSX.Element {
  const [all, setAll] = useState<readonly Snapshot[]>([]);
  const look = (): void => {
    void snapshotsOf(place).then(setAll, () => undefined);
  };
  useEffect(() => {
    look();
    const timer = setInterval(look, 2000);
    return () => {
      clearInterval(timer);
    };
  }, [place, name]);
  const on = (snapshot: string, op: 'restore' | 'delete'): void => {
    attempt(`${op} ${snapshot}`, async () => {
      await onSnapshot(place, snapshot, op);
      look();
    });
  };
  return (
    <div class="snapshots">
      <p>
        <Deed
          label="Take a snapshot"
          run={() => {
            act('snapshot');
          }}
        />
        <small> memory and disks of one moment; the domain stands still meanwhile</small>
      </p>
      <ul>
        {all
          .filter((each) => each.name.startsWith(`${name}@`))
          .map((each) => (
            <li key={each.name}>
              <b>{dateOf(each.name)}</b> <small>{bytes(each.bytes)}</small>
              <Deed
                label="Go back to it"
                run={() => {
                  on(each.name, 'restore');
                }}
              />
              <Deed
                label="Delete"
                isDangerous
                run={() => {
                  on(each.name, 'delete');
                }}
              />
            </li>
          ))}
      </ul>
    </div>
  );
}

function dateOf(snapshot: string): string {
  const seconds = Number(snapshot.slice(snapshot.lastIndexOf('@') + 1));
  return new Date(seconds * 1000).toISOString().replace('T', ' ').slice(0, 19);
}

interface ConfigurationProps {
  readonly domain: DomainTold;
  readonly act: DetailsProps['act'];
}

function Configuration({ domain, act }: ConfigurationProps): JSX.Element {
  const { name, config, memoryMb, vcpus } = domain;
  return (
    <div class="configuration">
      <OneField
        label="Clone as"
        value={`${name}2`}
        deed="Clone"
        run={(value) => {
          act('clone', { name: value });
        }}
      />
      <OneField
        label="Name"
        value={name}
        deed="Rename"
        run={(value) => {
          act('rename', { name: value });
        }}
      />
      <OneField
        label="Memory, MiB"
        value={String(memoryMb)}
        deed="Set"
        run={(value) => {
          act('memory', { mb: value });
        }}
      />
      <OneField
        label="Vcpus"
        value={String(vcpus)}
        deed="Set"
        run={(value) => {
          act('vcpus', { count: value });
        }}
      />
      <OneField
        label="Migrate to"
        value="10.0.0.101"
        deed="Migrate"
        run={(value) => {
          act('migrate', { host: value });
        }}
      />
      <pre>{config === '' ? 'Nobody knows what it was made from.' : config}</pre>
    </div>
  );
}

interface OneFieldProps {
  readonly label: string;
  readonly value: string;
  readonly deed: string;
  readonly run: (value: string) => void;
}

function OneField({ label, value, deed, run }: OneFieldProps): JSX.Element {
  return (
    <form
      class="one"
      onSubmit={(event) => {
        event.preventDefault();
        run((event.currentTarget.elements.namedItem('value') as HTMLInputElement).value);
      }}
    >
      <label>
        {label} <input name="value" defaultValue={value} />
      </label>
      <button type="submit">{deed}</button>
    </form>
  );
}
