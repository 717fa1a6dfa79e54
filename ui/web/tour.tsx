/** The tour of a host, step by step: each says what it shows, is typed at domain 0's console, and runs until it has happened. */
import { effect, signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { TOUR, TOUR_HOST } from '../lab/tour.ts';
import type { TourStep } from '../lab/tour.ts';
import type { LabClient } from './lab-client.ts';
import { skipsIdle } from './steps.ts';
import { dom0Files } from './mote.ts';

/** Whether the tour's panel is open. */
export const touring = signal(false);

/** The step that was begun last; below 0: none. */
const at = signal(-1);
/** Steps follow by themselves. */
const goesOn = signal(false);
/** Steps before this follow at once: the way back to one is the way to it from the beginning. */
const target = signal(0);
/** The boot that the tour is of: whoever boots something else has left it. */
const ofBoot = signal(-1);

/** Between two steps that follow by themselves: time to look, in ms. */
const LOOK_MS = 1500;

async function start(client: LabClient): Promise<void> {
  client.playing.value = true;
  client.played.value = null;
  at.value = 0;
  const files = await dom0Files();
  client.boot({ ...files, ...TOUR_HOST }, 'the tour’s host', false);
  ofBoot.value = client.boots.value;
  client.play(0);
}

/** Does the next step, or what is left of one that was stopped; the first, where there is none. */
function next(client: LabClient): void {
  if (client.playing.value) return;
  if (ofBoot.value !== client.boots.value || isOver(client)) {
    void start(client);
    return;
  }
  if (client.played.value?.done === true) at.value++;
  client.play(at.value);
}

function isOver(client: LabClient): boolean {
  return at.value === TOUR.length - 1 && client.played.value?.done === true;
}

/** A run is a function of its inputs: a new host, brought to where the one before was a step ago. */
function back(client: LabClient): void {
  // What has been played is no step of the way there.
  client.played.value = null;
  target.value = at.value - 1;
  goesOn.value = false;
  client.send({ type: 'pace', realTime: false });
  void start(client);
}

/** The step that was gone back to has been come to, or something has stopped the way there. */
function arrive(client: LabClient): void {
  target.value = 0;
  client.send({ type: 'pace', realTime: !skipsIdle() });
}

/** Goes on behind each step, until it is stopped or a step has not happened. */
function useGoingOn(client: LabClient): void {
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = effect(() => {
      clearTimeout(timer);
      const played = client.played.value;
      if (played === null) return;
      if (target.value > 0 && (!played.done || at.value >= target.value)) arrive(client);
      if (at.value < target.value) {
        timer = setTimeout(() => {
          next(client);
        }, 0);
        return;
      }
      if (!goesOn.value) return;
      if (!played.done || isOver(client)) goesOn.value = false;
      else
        timer = setTimeout(
          () => {
            next(client);
          },
          skipsIdle() ? 0 : LOOK_MS,
        );
    });
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, []);
}

export function Tour({ client }: { client: LabClient }) {
  useGoingOn(client);
  const isOn = ofBoot.value === client.boots.value;
  const playing = goesOn.value || client.playing.value;
  return (
    <section class="message tour" aria-label="Tour" data-testid="tour" data-pane>
      <button
        class="primary"
        onClick={() => {
          if (playing) {
            goesOn.value = false;
            if (client.playing.value) client.send({ type: 'pause' });
          } else {
            next(client);
            goesOn.value = true;
          }
        }}
      >
        {playing ? 'Pause' : isOn && isOver(client) ? 'Play again' : 'Play'}
      </button>
      <button
        disabled={playing || !isOn || at.value < 1}
        title="To where the last step began: a new host goes there from the beginning, by the same steps"
        onClick={() => {
          back(client);
        }}
      >
        Back
      </button>
      <button
        disabled={playing || (isOn && isOver(client))}
        onClick={() => {
          next(client);
        }}
      >
        Next
      </button>
      {isOn ? (
        <Step client={client} n={at.value} />
      ) : (
        <span>
          A host in {TOUR.length} steps, from its first instruction: domains made, used, crashed, ended. Each
          step is typed at domain 0’s console and runs until it has happened. What runs now ends.
        </span>
      )}
    </section>
  );
}

function Step({ client, n }: { client: LabClient; n: number }) {
  const step = TOUR[n];
  if (step === undefined) return null;
  const typed = typedBy(step);
  return (
    <>
      <small data-testid="tour-step">
        {n + 1} of {TOUR.length}
      </small>
      <span>
        {step.tells} {typed !== '' && <code>{typed}</code>}
      </span>
      <small role="status">{statusOf(client)}</small>
    </>
  );
}

/** What is typed, as one reads it. */
function typedBy({ types }: TourStep): string {
  return types === '\x1d' ? 'Ctrl-]' : types.replaceAll('\r', ' ⏎ ');
}

function statusOf(client: LabClient): string {
  if (target.value > 0) return 'on the way back, from the beginning …';
  if (client.playing.value) return '…';
  if (isOver(client)) return 'The tour is over.';
  return client.played.value?.done === true ? 'done' : 'stopped half-way';
}
