/** Cards, bridges and the wire between hosts. */
import type { FrameMove, StageHost, StageView } from '../../lab/stage/view.ts';
import { colorOf, fitted, namesIn } from './color.ts';
import { centre } from './layout.ts';
import type { Point, Rect } from './layout.ts';
import { layNetwork } from './network-layout.ts';
import type { BridgePicture, CardPicture, NetworkPicture } from './network-layout.ts';
import { ThingView } from './things.tsx';

const WIRE = 26;

export function NetworkView({ view, rects }: { view: StageView; rects: readonly Rect[] }) {
  const frames = rects.map((rect) => ({ ...rect, h: rect.h - WIRE }));
  const pictures = view.hosts.map((host, n) => layNetwork(host, frames[n]!));
  return (
    <g class="network">
      <Wire pictures={pictures} rects={rects} />
      {view.hosts.map((host, n) => (
        <HostNetwork key={n} host={host} index={n} picture={pictures[n]!} isAlone={view.hosts.length === 1} />
      ))}
    </g>
  );
}

/** The LAN, to which every host's first card is plugged. */
function Wire({ pictures, rects }: { pictures: readonly NetworkPicture[]; rects: readonly Rect[] }) {
  const ends = pictures.flatMap(({ machine }) => (machine[0] === undefined ? [] : [machine[0].rect]));
  const last = rects.at(-1);
  if (ends.length === 0 || last === undefined) return null;
  const y = last.y + last.h - WIRE / 2;
  const first = rects[0]!;
  return (
    <g class="wire">
      <line x1={first.x + 10} y1={y} x2={last.x + last.w - 10} y2={y} />
      {ends.map((rect, n) => (
        <line key={n} x1={centre(rect).x} y1={rect.y + rect.h} x2={centre(rect).x} y2={y} />
      ))}
      <text class="dim" x={last.x + last.w - 10} y={y - 5} text-anchor="end">
        LAN
      </text>
    </g>
  );
}

/** The last frame by a card, beside its line: an arrow where to, and what it is. */
function FrameWords({ move, at, width }: { move: FrameMove | undefined; at: Point; width: number }) {
  if (move === undefined) return null;
  // Guests are above, the wire below.
  const arrow = move.way === 'out' ? '↓' : '↑';
  return (
    <g class="move">
      <text x={at.x} y={at.y}>
        {fitted(`${arrow} ${move.text}`, width, 6)}
      </text>
    </g>
  );
}

interface BridgeProps {
  readonly bridge: BridgePicture;
  readonly index: number;
  readonly cards: readonly CardPicture[];
  /** The machine's card that is plugged into it. */
  readonly uplink: Rect | undefined;
}

/** A bridge with its ports: under each the addresses that it has learned are behind it. */
function Bridge({ bridge: { name, rect, learned }, index, cards, uplink }: BridgeProps) {
  const behind = learned ?? [];
  const count = `${String(behind.length)} ${behind.length === 1 ? 'address' : 'addresses'}`;
  const known = learned === null ? '' : `, has learned ${behind.length === 0 ? 'nothing' : count}`;
  return (
    <g class="bridge" style={{ color: colorOf(0) }}>
      {uplink !== undefined && (
        <line x1={centre(uplink).x} y1={rect.y + rect.h} x2={centre(uplink).x} y2={uplink.y} />
      )}
      <ThingView
        host={index}
        thing={{ kind: 'bridge', domain: 0, name }}
        label={`The bridge ${name} in domain 0${known}`}
        texts={
          <>
            <text x={rect.x + rect.w - 10} y={rect.y + 17} text-anchor="end">
              {fitted(`bridge ${name}, in domain 0${known}`, rect.w - 20)}
            </text>
            {cards.map(({ device: { frontend, id }, rect: card }) => (
              <Addresses
                key={`${String(frontend)} ${String(id)}`}
                behind={behind.filter(({ port }) => port === `vif${String(frontend)}.${String(id)}`)}
                at={{ x: centre(card).x + 6, y: rect.y + 34 }}
                width={card.w}
              />
            ))}
            {uplink !== undefined && (
              <Addresses
                behind={behind.filter(({ port }) => !port.startsWith('vif'))}
                at={{ x: centre(uplink).x + 8, y: rect.y + rect.h + 14 }}
                width={rect.x + rect.w - centre(uplink).x - 16}
              />
            )}
          </>
        }
      >
        <rect x={rect.x} y={rect.y} width={rect.w} height={rect.h} rx={6} />
      </ThingView>
    </g>
  );
}

function Addresses({ behind, at, width }: { behind: BridgePicture['learned']; at: Point; width: number }) {
  const [first, ...others] = behind ?? [];
  if (first === undefined) return null;
  const more = others.length === 0 ? '' : ` +${String(others.length)}`;
  return (
    <text class="small" x={at.x} y={at.y}>
      {fitted(`${first.address}${more}`, width, 6)}
    </text>
  );
}

interface HostNetworkProps {
  readonly host: StageHost;
  readonly index: number;
  readonly picture: NetworkPicture;
  readonly isAlone: boolean;
}

function HostNetwork({ host, index, picture, isAlone }: HostNetworkProps) {
  const { frame, bridges, cards, machine } = picture;
  const uplink = machine[0];
  const frames = host.moves.frames;
  return (
    <g>
      <rect class="host-frame" x={frame.x} y={frame.y} width={frame.w} height={frame.h} rx={9} />
      <text class="host-title" x={frame.x + 8} y={frame.y + 16}>
        {isAlone ? 'The host' : `Host ${host.name}`}
      </text>
      {host.store !== null && host.store.silent !== null && (
        <text class="dim" x={frame.x + 90} y={frame.y + 16}>
          {host.store.silent}
        </text>
      )}
      {bridges.map((bridge, n) => (
        <Bridge
          key={bridge.name}
          bridge={bridge}
          index={index}
          cards={cards.filter((card) => card.bridge === bridge)}
          uplink={n === 0 ? uplink?.rect : undefined}
        />
      ))}
      {cards.map((card) => (
        <Card
          key={`${String(card.device.frontend)} ${String(card.device.id)}`}
          card={card}
          host={host}
          index={index}
        />
      ))}
      {cards.length === 0 && (
        <text class="dim" x={frame.x + frame.w / 2} y={frame.y + 56} text-anchor="middle">
          No guest has a card: vif = [ '' ] in its file gives it one.
        </text>
      )}
      {uplink !== undefined && (
        <FrameWords
          move={frames.find(({ domain }) => domain === -1)}
          at={{ x: centre(uplink.rect).x + 8, y: uplink.rect.y - 6 }}
          width={frame.x + frame.w - centre(uplink.rect).x - 16}
        />
      )}
      {machine.map(({ index: n, name, rect }) => (
        <ThingView
          key={n}
          host={index}
          thing={{ kind: 'machine', index: n }}
          label={`The machine’s network card ${name}`}
          isFirst
          class="machine-box"
          texts={
            <text x={rect.x + rect.w / 2} y={rect.y + 21} text-anchor="middle">
              {fitted(`card ${name}`, rect.w - 8)}
            </text>
          }
        >
          <rect x={rect.x} y={rect.y} width={rect.w} height={rect.h} rx={6} />
        </ThingView>
      ))}
    </g>
  );
}

function Card({
  card: { device, rect, bridge },
  host,
  index,
}: {
  card: CardPicture;
  host: StageHost;
  index: number;
}) {
  const { frontend, id, details, rings } = device;
  const name = namesIn(host)(frontend);
  const sent = rings.find((ring) => ring.name === 'transmit')?.reqProd ?? 0;
  const received = rings.find((ring) => ring.name === 'receive')?.rspProd ?? 0;
  const { x } = centre(rect);
  const label = `The card vif${String(frontend)}.${String(id)} of ${name}, ${details['mac'] ?? 'without an address'}: ${device.frontendState}`;
  return (
    <g style={{ color: colorOf(frontend) }}>
      {bridge !== null && <line class="plug" x1={x} y1={rect.y + rect.h} x2={x} y2={bridge.rect.y} />}
      <ThingView
        host={index}
        thing={{ kind: 'device', device: 'vif', domain: frontend, id }}
        label={label}
        class="domain"
        texts={
          <>
            <text class="domain-name" x={rect.x + 8} y={rect.y + 16}>
              {fitted(name, rect.w - 16)}
            </text>
            <text class="dim" x={rect.x + 8} y={rect.y + 31}>
              {fitted(details['mac'] ?? '', rect.w - 16, 6)}
            </text>
            <text class="dim" x={rect.x + 8} y={rect.y + 46}>
              {fitted(
                `↑ ${sent.toLocaleString('en')}  ↓ ${received.toLocaleString('en')} packets`,
                rect.w - 16,
                6,
              )}
            </text>
          </>
        }
      >
        <rect class="domain-box" x={rect.x} y={rect.y} width={rect.w} height={rect.h} rx={7} />
      </ThingView>
      {bridge !== null && (
        <text class="dim" x={x + 6} y={bridge.rect.y - 5}>
          vif{frontend}.{id}
        </text>
      )}
      <FrameWords
        move={host.moves.frames.find((each) => each.domain === frontend && each.device === id)}
        at={{ x: x + 6, y: rect.y + rect.h + 16 }}
        width={rect.x + rect.w - x - 6}
      />
    </g>
  );
}
