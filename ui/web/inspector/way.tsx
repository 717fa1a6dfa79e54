/** The way of a request through a device in two halves, step by step: from the slot that the front fills to the answer. */
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { RingEntry, WayPart, WayStep, WayView } from '../../lab/timeline/way.ts';
import type { LabClient } from '../lab-client.ts';
import './way.css';

const PARTS: Readonly<Record<WayPart, string>> = {
  asks: 'The front puts a request into the ring',
  tells: 'It tells the back, by an event',
  wakes: 'Xen enters the back’s kernel',
  data: 'The data, by a grant',
  device: 'The machine’s own device works',
  answers: 'The back puts the answer into the ring',
  told: 'It tells the front, by an event',
  hears: 'Xen enters the front’s kernel',
};

interface Props {
  readonly client: LabClient;
  readonly entry: RingEntry;
  /** Of whose request. */
  readonly label: string;
  /** Its host is the one that is looked at. */
  readonly isHere: boolean;
}

export function Way({ client, entry, label, isHere }: Props) {
  const wanted = useSignal<string | null>(null);
  const { running, past } = client.state.value;
  const name = JSON.stringify(entry);
  const told = toldOf(client, entry);
  const isAsked = wanted.value === name && told === null;
  return (
    <section class="way">
      <button
        class="small"
        disabled={running || past === null || !isHere || isAsked}
        title="Goes through the past again, and picks what belongs to this request"
        onClick={() => {
          wanted.value = name;
          client.send({ type: 'way', entry });
        }}
      >
        {isAsked ? 'Going through the past…' : label}
      </button>
      {running && <small> Pause first.</small>}
      {told !== null && told.view === null && <p class="hint">{told.why}.</p>}
      {told !== null && told.view !== null && <Steps client={client} view={told.view} entry={entry} />}
    </section>
  );
}

/** What has been answered of an entry, or of the other one of its request: whoever goes along the way sees it still. */
function toldOf({ way }: LabClient, entry: RingEntry): typeof way.value {
  const answer = way.value;
  if (answer === null) return null;
  const { view } = answer;
  const index = entry.way === 'request' ? view?.request : view?.response;
  const shown = view === null ? answer.entry : { ...answer.entry, way: entry.way, index };
  return JSON.stringify(shown) === JSON.stringify(entry) ? answer : null;
}

interface StepsProps {
  readonly client: LabClient;
  readonly view: WayView;
  readonly entry: RingEntry;
}

function Steps({ client, view: { steps, response }, entry }: StepsProps) {
  const list = useRef<HTMLOListElement>(null);
  const [first] = steps;
  // It is longer than the pane has room for: it begins where one looks.
  useEffect(() => {
    list.current?.scrollIntoView({ block: 'nearest' });
  }, [steps]);
  const works = steps.some(({ part }) => part === 'device');
  return (
    <>
      <ol class="steps" data-testid="way" ref={list}>
        {steps.map(({ part, ns, says }, n) => (
          <li key={n} aria-current={isNow(client.state.value.ns, steps, n) ? 'step' : undefined}>
            <button
              class="link"
              title="Go there"
              onClick={() => {
                client.send({ type: 'goTo', ns: Math.floor(ns) });
              }}
            >
              {PARTS[part]}
            </button>{' '}
            <small>{n === 0 ? '' : `+${((ns - first!.ns) / 1000).toFixed(1)} µs`}</small>
            <div>{says}</div>
          </li>
        ))}
      </ol>
      {response === null && <p class="hint">It has no answer yet.</p>}
      {response !== null && !works && entry.ring === 'block' && (
        <p class="hint">
          No disk of the machine has worked for it: the back had the data in its own memory, as of an image
          that lies in domain 0’s file system, or that it has read before.
        </p>
      )}
    </>
  );
}

/** The last step that has been, where the host stands between the first and the last. */
function isNow(ns: number, steps: readonly WayStep[], n: number): boolean {
  const next = steps[n + 1];
  return steps[n]!.ns <= ns + 1 && (next === undefined ? ns < steps[n]!.ns + 1000 : next.ns > ns + 1);
}
