/** Frames on their way from host to host, as their cards have told of them. */
import type { TraceEvent } from '../../../hypervisor/trace/event.ts';
import type { Arrow, Place } from './view.ts';

/** A card has sent a frame, or received one. */
export interface FrameEvent {
  readonly host: number;
  readonly ns: number;
  readonly action: 'send' | 'receive';
  /** Alike for a frame wherever it is: its length, and what is in it, in words. */
  readonly key: string;
  readonly place: Place;
}

/** Null: the event is of no frame. `place`: where it is drawn. */
export function frameEvent(
  host: number,
  ns: number,
  { detail }: TraceEvent,
  place: Place,
): FrameEvent | null {
  if (detail.kind !== 'device') return null;
  const { action, bytes, text } = detail;
  if (action !== 'send' && action !== 'receive') return null;
  return { host, ns, action, key: `${String(bytes)} ${text}`, place };
}

/**
 * From where a frame was sent to wherever it has come: what is received is what another host has sent last that is alike, that has
 * not come there yet, and that can be there by now: it takes `leastNs`. What was lost has no arrow.
 */
export function journeys(frames: readonly FrameEvent[], leastNs: number): Arrow[] {
  const arrows: Arrow[] = [];
  const sent = new Map<string, { readonly frame: FrameEvent; readonly arrived: Set<number> }[]>();
  for (const frame of frames.toSorted((a, b) => a.ns - b.ns)) {
    const { host, ns, action, key, place } = frame;
    const alike = sent.get(key) ?? [];
    if (action === 'send') sent.set(key, [...alike, { frame, arrived: new Set([host]) }]);
    else {
      const from = alike.findLast(
        ({ arrived, frame: { ns: sentNs } }) => !arrived.has(host) && sentNs + leastNs <= ns,
      );
      from?.arrived.add(host);
      if (from !== undefined) arrows.push({ why: 'sent', from: from.frame.place, to: place });
    }
  }
  return arrows;
}
