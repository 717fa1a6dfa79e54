/** Event channels, drawn: sockets on the edges of domains, lines through Xen between those that are bound. */
import type { PortBinding, PortView } from '../../lab/ports.ts';
import type { StageHost } from '../../lab/stage/view.ts';
import { bindingWords } from '../../lab/stage/words.ts';
import { colorOf, namesIn } from './color.ts';
import { channelPath } from './layout.ts';
import type { HostPicture, Point } from './layout.ts';
import { isSame, selected } from './selected.ts';
import { ThingView } from './things.tsx';

/** More guests than this: one sees the lines of what is selected, and those that were raised. */
const FEW = 6;

interface ChannelsProps {
  readonly host: StageHost;
  readonly picture: HostPicture;
}

/** Whether what is selected is a domain's, or its port. */
function isSelected(index: number, id: number, port: number): boolean {
  if (selected.value?.host !== index) return false;
  const { thing } = selected.value;
  return 'domain' in thing && thing.domain === id && (thing.kind !== 'port' || thing.port === port);
}

/** The lines. Those that were raised since the last time stand out, those of what is selected, too. */
export function Channels({ host, picture, index }: ChannelsProps & { readonly index: number }) {
  const { raised } = host.moves;
  const sockets = new Map(picture.domains.map(({ id, ports }) => [id, ports]));
  const isLit = (domain: number, port: number, other: { readonly domain: number; readonly port: number }) =>
    isSelected(index, domain, port) || isSelected(index, other.domain, other.port);
  const isRaised = (domain: number, port: number): boolean =>
    raised.some((each) => each.domain === domain && each.port === port);
  return (
    <g class={host.domains.length > FEW + 1 ? 'channels many' : 'channels'}>
      {host.domains.flatMap(({ id, ports }) =>
        ports.map(({ port, binding }) => {
          const from = sockets.get(id)?.get(port);
          if (from === undefined) return null;
          const active = isRaised(id, port);
          if (binding.to !== 'domain')
            return (
              <Stub
                key={`${String(id)} ${String(port)}`}
                from={from}
                picture={picture}
                binding={binding}
                active={active}
              />
            );
          const to = sockets.get(binding.domain)?.get(binding.port);
          // Each line once: from the end that comes first.
          const isFirst = id < binding.domain || (id === binding.domain && port < binding.port);
          if (to === undefined || !isFirst) return null;
          const moves = active || isRaised(binding.domain, binding.port);
          return (
            <path
              key={`${String(id)} ${String(port)}`}
              class={`channel${moves ? ' raised' : ''}${isLit(id, port, binding) ? ' lit' : ''}`}
              d={channelPath(from, to, picture.xen)}
              style={{ stroke: colorOf(Math.max(id, binding.domain)) }}
            />
          );
        }),
      )}
    </g>
  );
}

interface StubProps {
  readonly from: Point;
  readonly picture: HostPicture;
  readonly binding: PortBinding;
  readonly active: boolean;
}

/** To Xen, or through it to the hardware. */
function Stub({ from, picture: { xen, hardware }, binding, active }: StubProps) {
  if (binding.to === 'nobody' || binding.to === 'vcpu') return null;
  const end = binding.to === 'pirq' ? hardware.y : xen.y + 8;
  return <line class={active ? 'channel raised' : 'channel'} x1={from.x} y1={from.y} x2={from.x} y2={end} />;
}

export function Sockets({ host, picture, index }: ChannelsProps & { readonly index: number }) {
  const names = namesIn(host);
  return (
    <g>
      {host.domains.flatMap(({ id, ports }) =>
        ports.map((port) => {
          const at = picture.domains.find((each) => each.id === id)?.ports.get(port.port);
          return at === undefined ? null : (
            <Socket
              key={`${String(id)} ${String(port.port)}`}
              domain={id}
              port={port}
              at={at}
              index={index}
              names={names}
            />
          );
        }),
      )}
    </g>
  );
}

interface SocketProps {
  readonly domain: number;
  readonly port: PortView;
  readonly at: Point;
  readonly index: number;
  readonly names: (domain: number) => string;
}

function Socket({ domain, port, at, index, names }: SocketProps) {
  const { pending, masked, binding } = port;
  const state = `${pending ? 'pending' : 'not pending'}${masked ? ', masked' : ''}`;
  const thing = { kind: 'port', domain, port: port.port } as const;
  const shows = isSame(selected.value, index, thing);
  return (
    <ThingView
      host={index}
      thing={thing}
      label={`Port ${String(port.port)} of ${names(domain)}: ${bindingWords(binding, names)}; ${state}`}
      class={`socket ${binding.to}${pending ? ' pending' : ''}`}
      texts={
        shows ? (
          <text x={at.x} y={at.y - 10} text-anchor="middle">
            {port.port}
          </text>
        ) : undefined
      }
    >
      {/* Room for a finger. */}
      <circle class="target" cx={at.x} cy={at.y} r={9} />
      <circle
        class="pin"
        cx={at.x}
        cy={at.y}
        r={5}
        style={{ stroke: colorOf(domain), ...(pending ? { fill: colorOf(domain) } : {}) }}
      />
      {masked && <line class="mask" x1={at.x - 5} y1={at.y + 5} x2={at.x + 5} y2={at.y - 5} />}
    </ThingView>
  );
}
