/** A domain on its host: what it is at, and what one does most. It is dragged to another host to migrate there. */
import type { JSX } from 'preact';
import type { DomainTold, Place } from './api.ts';
import { Graph, percent } from './graph.tsx';
import type { Point } from './history.ts';
import { stateOf } from './states.ts';

/** What is carried from one host to another. */
export const DRAGGED = 'application/x-xen-domain';

export interface Dragged {
  readonly place: Place;
  readonly name: string;
}

interface CardProps {
  readonly place: Place;
  readonly domain: DomainTold;
  readonly points: readonly Point[];
  readonly isChosen: boolean;
  readonly choose: () => void;
  readonly act: (op: string) => void;
}

export function DomainCard({ place, domain, points, isChosen, choose, act }: CardProps): JSX.Element {
  const { name, memoryMb, mostMb, vcpus } = domain;
  const state = stateOf(domain);
  const isGuest = domain.id !== 0;
  const drag = (event: DragEvent): void => {
    event.dataTransfer?.setData(DRAGGED, JSON.stringify({ place, name } satisfies Dragged));
  };
  return (
    <article
      class={`card ${state}${isChosen ? ' chosen' : ''}`}
      draggable={isGuest}
      onDragStart={drag}
      aria-label={`domain ${name}`}
    >
      <button type="button" class="title" aria-pressed={isChosen} onClick={choose}>
        <i class="dot" />
        <b>{name}</b>
        <small>{state}</small>
      </button>
      <Graph label="processor" values={points.map(({ cpu }) => cpu)} most={vcpus} say={percent} kind="cpu" />
      <p class="facts">
        {String(memoryMb)} MiB{mostMb > memoryMb ? ` of ${String(mostMb)}` : ''} · {String(vcpus)} vcpu
        {vcpus === 1 ? '' : 's'} · id {String(domain.id)}
      </p>
      {isGuest && (
        <p class="deeds">
          {state === 'paused' ? (
            <Deed
              label="Continue"
              run={() => {
                act('unpause');
              }}
            />
          ) : (
            <Deed
              label="Pause"
              run={() => {
                act('pause');
              }}
            />
          )}
          <Deed
            label="Shut down"
            run={() => {
              act('shutdown');
            }}
          />
          <Deed
            label="Reboot"
            run={() => {
              act('reboot');
            }}
          />
          <Deed
            label="Destroy"
            isDangerous
            run={() => {
              act('destroy');
            }}
          />
        </p>
      )}
    </article>
  );
}

interface DeedProps {
  readonly label: string;
  readonly run: () => void;
  readonly isDangerous?: boolean;
}

export function Deed({ label, run, isDangerous = false }: DeedProps): JSX.Element {
  return (
    <button type="button" class={isDangerous ? 'danger' : ''} onClick={run}>
      {label}
    </button>
  );
}
