/** The page that domain 0 serves: its hosts, their domains, and what is done with them. */
import { render } from 'preact';
import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { act, addHost, create, hostOf, hostPlaces } from './api.ts';
import type { HostTold, Place } from './api.ts';
import { Details } from './details.tsx';
import type { Dragged } from './domain-card.tsx';
import { History } from './history.ts';
import { HostPanel } from './host-panel.tsx';
import { Logs } from './logs.tsx';
import { NewDomain } from './new-domain.tsx';

const LOOK_MS = 1000;

interface Watched {
  readonly told: HostTold | null;
  readonly problem: string;
}

/** Looks at a host every second, for as long as it is shown. */
function useHosts(
  places: readonly Place[],
): readonly [ReadonlyMap<Place, Watched>, (place: Place) => History] {
  const [watched, setWatched] = useState<ReadonlyMap<Place, Watched>>(new Map());
  const histories = useRef(new Map<Place, History>());
  const historyOf = (place: Place): History => {
    const known = histories.current.get(place) ?? new History();
    histories.current.set(place, known);
    return known;
  };
  useEffect(() => {
    let isOver = false;
    const look = async (place: Place): Promise<void> => {
      while (!isOver) {
        const seen = await hostOf(place).then(
          (told): Watched => {
            historyOf(place).take(told);
            return { told, problem: '' };
          },
          (error: unknown): Watched => ({ told: null, problem: (error as Error).message }),
        );
        setWatched((before) => new Map([...before, [place, seen]]));
        await new Promise((done) => setTimeout(done, LOOK_MS));
      }
    };
    for (const place of places) void look(place);
    return () => {
      isOver = true;
    };
  }, [places.join()]);
  return [watched, historyOf];
}

function App(): JSX.Element {
  const [places, setPlaces] = useState<readonly Place[]>(['']);
  const [watched, historyOf] = useHosts(places);
  const [chosen, setChosen] = useState<Dragged | null>(null);
  const [making, setMaking] = useState<Place | null>(null);
  const [busy, setBusy] = useState<readonly string[]>([]);
  const [problem, setProblem] = useState('');
  const lookForHosts = async (): Promise<void> => {
    setPlaces(['', ...(await hostPlaces())]);
  };
  useEffect(() => {
    void lookForHosts().catch(() => undefined);
  }, []);
  const attempt = (what: string, work: () => Promise<void>): void => {
    setBusy((before) => [...before, what]);
    setProblem('');
    void work()
      .catch((error: unknown) => {
        setProblem(`${what}: ${(error as Error).message}`);
      })
      .finally(() => {
        setBusy((before) => before.filter((each, n) => each !== what || before.indexOf(what) !== n));
      });
  };
  const does = (
    place: Place,
    name: string,
    op: string,
    fields: Readonly<Record<string, string>> = {},
  ): void => {
    attempt(`${op} ${name}`, () => act(place, name, op, fields));
  };
  const shown =
    chosen === null
      ? undefined
      : watched.get(chosen.place)?.told?.domains.find(({ name }) => name === chosen.name);
  return (
    <>
      <header class="top">
        <h1>Xen</h1>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            const field = event.currentTarget.elements.namedItem('address') as HTMLInputElement;
            attempt(`adding ${field.value}`, async () => {
              await addHost(field.value);
              await lookForHosts();
            });
          }}
        >
          <label>
            Another host <input name="address" placeholder="10.0.0.101" />
          </label>
          <button type="submit">Add</button>
        </form>
        <output aria-live="polite">{busy.length > 0 && `${busy.join(', ')} …`}</output>
      </header>
      {problem !== '' && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      <main class={shown === undefined ? '' : 'split'}>
        <div class="hosts">
          {places.map((place) => (
            <HostPanel
              key={place}
              place={place}
              told={watched.get(place)?.told ?? null}
              problem={watched.get(place)?.problem ?? ''}
              history={historyOf(place)}
              chosen={chosen}
              choose={(name) => {
                setChosen({ place, name });
              }}
              act={(name, op) => {
                does(place, name, op);
              }}
              take={(domain) => {
                does(domain.place, domain.name, 'migrate', { host: place });
              }}
              make={() => {
                setMaking(place);
              }}
            />
          ))}
          <Logs place={chosen?.place ?? ''} />
        </div>
        {chosen !== null && shown !== undefined && (
          <Details
            place={chosen.place}
            domain={shown}
            points={historyOf(chosen.place).points.get(shown.id) ?? []}
            act={(op, fields) => {
              does(chosen.place, shown.name, op, fields);
            }}
            attempt={attempt}
            close={() => {
              setChosen(null);
            }}
          />
        )}
      </main>
      {making !== null && (
        <NewDomain
          place={making}
          create={(config) => {
            attempt('creating a domain', () => create(making, config));
          }}
          close={() => {
            setMaking(null);
          }}
        />
      )}
    </>
  );
}

render(<App />, document.body);
