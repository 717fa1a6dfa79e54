/** The stage: all hosts of the world as one picture, through the lens that is chosen. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { LENSES } from '../../lab/stage/view.ts';
import type { Lens, StageView, Wanted } from '../../lab/stage/view.ts';
import { Maximise } from '../arrangement.tsx';
import { kept } from '../kept.ts';
import type { LabClient } from '../lab-client.ts';
import { Migrations } from '../migrations.tsx';
import { moveAmongTabs, Tab } from '../tabs.tsx';
import { HostView } from './host.tsx';
import { heightFor, hostsIn } from './layout.ts';
import type { Rect } from './layout.ts';
import { NetworkView } from './network.tsx';
import { RingsView } from './rings.tsx';
import { selected } from './selected.ts';
import type { Selected } from './selected.ts';
import { StoreView } from './store.tsx';
import { ThingKeys } from './things.tsx';
import './stage.css';

/** What a lens brings to the front, in a sentence. */
const MEANINGS: Readonly<Record<Lens, string>> = {
  processors:
    'who runs on which processor, who waits and why; calls down into Xen, traps and upcalls up from it',
  events:
    'every domain’s event channels: sockets, and what they are bound to; a full one is pending, a crossed one masked',
  memory: 'every frame of the machine: whose it is, or what it is used as',
  rings: 'devices in two halves: the page that both share, request by request',
  store: 'what domains tell each other by xenstore',
  network: 'cards, bridges, and the wire between hosts',
  migration: 'a domain on its way from host to host, round by round',
};

export function isLens(value: unknown): value is Lens {
  return LENSES.some((lens) => lens === value);
}

export const lens = kept<Lens>('lens', 'processors', isLens);

export function Stage({ client }: { client: LabClient }) {
  const chosen = lens.value;
  const wanted = wantedOf(selected.value);
  const { current: asked } = useRef({ wanted });
  // What is wanted is made anew each time: it is asked for when it is another.
  if (JSON.stringify(asked.wanted) !== JSON.stringify(wanted)) asked.wanted = wanted;
  useEffect(() => {
    client.send({ type: 'stage', lens: chosen, wanted: asked.wanted });
  }, [client, chosen, asked.wanted]);
  useEffect(
    () => () => {
      client.send({ type: 'stage', lens: null, wanted: null });
    },
    [client],
  );
  return (
    <section class="panel stage" aria-label="Stage" data-pane>
      <div class="choice">
        <div class="tablist" role="tablist" aria-label="Lens" onKeyDown={moveAmongTabs}>
          {LENSES.map((each) => (
            <Tab
              key={each}
              chosen={each === chosen}
              panel="stage"
              title={MEANINGS[each]}
              choose={() => {
                lens.value = each;
              }}
            >
              {each}
            </Tab>
          ))}
        </div>
        <small>{MEANINGS[chosen]}</small>
        <Maximise pane="stage" />
      </div>
      <div
        class="tabpanel stage-body"
        role="tabpanel"
        id="stage"
        aria-label={`The host, by ${chosen}`}
        data-testid="stage"
      >
        <Body client={client} chosen={chosen} />
      </div>
    </section>
  );
}

/** What is to be looked at closely: things of which the picture itself does not tell. */
function wantedOf(chosen: Selected | null): Wanted | null {
  if (chosen === null) return null;
  const { host, thing } = chosen;
  return thing.kind === 'frame' || thing.kind === 'word' ? { host, ...thing } : null;
}

function Body({ client, chosen }: { client: LabClient; chosen: Lens }) {
  const view = client.stage.value;
  if (chosen === 'migration') return <Migrations client={client} />;
  if (view === null || view.hosts.length === 0) return <p class="hint">Nothing is booted.</p>;
  // What there is was made for another lens.
  if (view.lens !== chosen) return null;
  if (chosen === 'store') return <StoreView view={view} />;
  if (chosen === 'rings') return <RingsView view={view} />;
  return <Picture view={view} chosen={chosen} />;
}

/** The lenses that draw hosts. */
function Picture({ view, chosen }: { view: StageView; chosen: Lens }) {
  const box = useRef<HTMLDivElement>(null);
  const size = useSize(box);
  const height = heightFor({ w: size.w - 8, h: size.h - 8 }, view.hosts.length);
  const room: Rect = { x: 4, y: 4, w: Math.max(size.w - 8, 200), h: height };
  const rects = hostsIn(room, view.hosts.length);
  return (
    <div class="stage-picture" ref={box} tabIndex={0} role="group" aria-label="The picture">
      {size.w > 0 && (
        <ThingKeys width={size.w} height={height + 8}>
          {chosen === 'network' ? (
            <NetworkView view={view} rects={rects} />
          ) : (
            view.hosts.map((host, n) => (
              <HostView
                key={n}
                host={host}
                index={n}
                chosen={chosen}
                rect={rects[n]!}
                isAlone={view.hosts.length === 1}
              />
            ))
          )}
        </ThingKeys>
      )}
    </div>
  );
}

/** The size of an element, as it changes. */
function useSize(box: { readonly current: HTMLElement | null }): { w: number; h: number } {
  const [size, setSize] = useState({ w: 0, h: 0 });
  useEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const observer = new ResizeObserver(([entry]) => {
      const { width: w, height: h } = entry!.contentRect;
      setSize({ w: Math.floor(w), h: Math.floor(h) });
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
    };
  }, [box]);
  return size;
}
