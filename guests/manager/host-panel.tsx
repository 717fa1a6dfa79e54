/** A host: its memory, its domains; a domain of another host that is dropped here migrates here. */
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { HostTold, Place } from './api.ts';
import { DRAGGED, DomainCard } from './domain-card.tsx';
import type { Dragged } from './domain-card.tsx';
import type { History } from './history.ts';

interface PanelProps {
  readonly place: Place;
  /** Null: it does not answer, or has not yet. */
  readonly told: HostTold | null;
  readonly problem: string;
  readonly history: History;
  readonly chosen: Dragged | null;
  readonly choose: (name: string) => void;
  readonly act: (name: string, op: string) => void;
  readonly take: (domain: Dragged) => void;
  readonly make: () => void;
}

export function HostPanel(props: PanelProps): JSX.Element {
  const { place, told, problem, history, chosen, choose, act, take, make } = props;
  const [isOver, setIsOver] = useState(false);
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    setIsOver(false);
    const text = event.dataTransfer?.getData(DRAGGED) ?? '';
    if (text === '') return;
    const dragged = JSON.parse(text) as Dragged;
    if (dragged.place !== place) take(dragged);
  };
  return (
    <section
      class={`host${isOver ? ' over' : ''}`}
      aria-label={`host ${told?.name ?? place}`}
      onDragOver={(event) => {
        event.preventDefault();
        setIsOver(true);
      }}
      onDragLeave={() => {
        setIsOver(false);
      }}
      onDrop={drop}
    >
      <header>
        <h2>{told?.name ?? '…'}</h2>
        <small>{place === '' ? 'this host' : place}</small>
        {told !== null && <Memory told={told} />}
        <button type="button" class="primary" onClick={make}>
          New domain
        </button>
      </header>
      {problem !== '' && <p class="problem">{problem}</p>}
      <div class="cards">
        {told?.domains.map((domain) => (
          <DomainCard
            key={domain.id}
            place={place}
            domain={domain}
            points={history.points.get(domain.id) ?? []}
            isChosen={chosen?.place === place && chosen.name === domain.name}
            choose={() => {
              choose(domain.name);
            }}
            act={(op) => {
              act(domain.name, op);
            }}
          />
        ))}
        {told?.suspended.map((name) => (
          <article key={name} class="card off" aria-label={`suspended domain ${name}`}>
            <p class="title">
              <i class="dot" />
              <b>{name}</b>
              <small>suspended</small>
            </p>
            <p class="facts">It is off: xend keeps its memory.</p>
            <p class="deeds">
              <button
                type="button"
                onClick={() => {
                  act(name, 'resume');
                }}
              >
                Resume
              </button>
            </p>
          </article>
        ))}
      </div>
    </section>
  );
}

function Memory({ told: { totalMb, freeMb, cpus, mhz } }: { readonly told: HostTold }): JSX.Element {
  const used = totalMb - freeMb;
  return (
    <span class="host-memory">
      <meter min={0} max={totalMb} value={used} aria-label="memory in use" />
      {String(used)} of {String(totalMb)} MiB · {String(cpus)} × {String(mhz)} MHz
    </span>
  );
}
