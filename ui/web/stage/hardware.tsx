/** The hardware of a host, drawn: processors with who has them and who waits, and devices. */
import type { StageHost } from '../../lab/stage/view.ts';
import { colorOf, fitted, INK } from './color.ts';
import type { HostPicture } from './layout.ts';
import { ThingView } from './things.tsx';

const DEVICE_WORDS = { disk: 'disk', card: 'network card', share: 'share', serial: 'serial' } as const;
/** Where there is less room. */
const SHORT_WORDS = { disk: 'disk', card: 'nic', share: '9p', serial: 'tty' } as const;

interface HardwareProps {
  readonly host: StageHost;
  readonly picture: HostPicture;
  readonly index: number;
  readonly hasQueues: boolean;
}

export function Hardware({ host, picture, index, hasQueues }: HardwareProps) {
  return (
    <g class="hardware">
      {host.processors.map(({ id, running, idle, waiting }, n) => {
        const { x, y, w } = picture.processors[n]!;
        const who = running === null ? 'idle' : `d${String(running.domain)}v${String(running.vcpu)}`;
        const label = `Processor ${String(id)}: ${who}, idle ${(idle * 100).toFixed(0)} % of the time`;
        return (
          <g key={id}>
            <ThingView
              host={index}
              thing={{ kind: 'processor', id }}
              label={label}
              class="processor-box"
              texts={
                <text
                  x={x + w / 2}
                  y={y + 21}
                  text-anchor="middle"
                  style={running === null ? {} : { fill: INK }}
                >
                  {fitted(`cpu${String(id)} ${who}`, w - 6)}
                </text>
              }
            >
              <rect
                x={x}
                y={y}
                width={w}
                height={34}
                rx={6}
                style={
                  running === null ? {} : { fill: colorOf(running.domain), stroke: colorOf(running.domain) }
                }
              />
            </ThingView>
            {hasQueues && <Queue waiting={waiting} x={x} y={y + 42} w={w} />}
          </g>
        );
      })}
      {host.machine.map(({ kind, name }, n) => {
        const { x, y, w, h } = picture.devices[n]!;
        return (
          <ThingView
            key={n}
            host={index}
            thing={{ kind: 'machine', index: n }}
            label={`${DEVICE_WORDS[kind]}: ${name}`}
            class="machine-box"
            texts={
              <text x={x + w / 2} y={y + 21} text-anchor="middle">
                {fitted(kind === 'disk' ? name : w < 90 ? SHORT_WORDS[kind] : DEVICE_WORDS[kind], w - 6)}
              </text>
            }
          >
            <rect x={x} y={y} width={w} height={h} rx={6} />
          </ThingView>
        );
      })}
    </g>
  );
}

/** Who waits for a processor, the next first. */
function Queue({
  waiting,
  x,
  y,
  w,
}: {
  waiting: StageHost['processors'][number]['waiting'];
  x: number;
  y: number;
  w: number;
}) {
  if (waiting.length === 0)
    return (
      <text class="dim" x={x} y={y + 14}>
        {fitted('nobody waits', w, 6)}
      </text>
    );
  const room = Math.max(1, Math.floor((w + 4) / 42));
  return (
    <g class="queue">
      {waiting.slice(0, room).map(({ domain, vcpu }, n) => (
        <g key={n}>
          <rect x={x + n * 42} y={y} width={38} height={20} rx={10} style={{ stroke: colorOf(domain) }} />
          <text x={x + n * 42 + 19} y={y + 14} text-anchor="middle" style={{ fill: colorOf(domain) }}>
            d{domain}v{vcpu}
          </text>
        </g>
      ))}
      {waiting.length > room && (
        <text class="dim" x={x + room * 42} y={y + 14}>
          +{waiting.length - room}
        </text>
      )}
    </g>
  );
}
