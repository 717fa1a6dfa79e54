/** A host, drawn: hardware, Xen, domains; and what moves between them. */
import type { Lens, Move, StageDevice, StageDomain, StageHost, StageVcpu } from '../../lab/stage/view.ts';
import { Channels, Sockets } from './channels.tsx';
import { colorOf, domainName, fitted, INK, namesIn } from './color.ts';
import { centre, layHost } from './layout.ts';
import type { DomainPicture, HostPicture, Rect } from './layout.ts';
import { Hardware } from './hardware.tsx';
import { Processes } from './processes.tsx';
import { MemoryMap } from './memory-map.tsx';
import { ThingView } from './things.tsx';

const PAGES_PER_MB = 256;
const GAP = 8;

interface HostProps {
  readonly host: StageHost;
  readonly index: number;
  readonly chosen: Lens;
  readonly rect: Rect;
  readonly isAlone: boolean;
}

export function HostView({ host, index, chosen, rect, isAlone }: HostProps) {
  const names = namesIn(host);
  const picture = layHost(host, chosen, rect);
  const { frame, title, vacancy } = picture;
  return (
    <g class="host">
      <rect class="host-frame" x={frame.x} y={frame.y} width={frame.w} height={frame.h} rx={9} />
      <text class="host-title" x={title.x} y={title.y}>
        {isAlone ? 'The host' : `Host ${host.name}`}
      </text>
      <text class="dim" x={frame.x + frame.w - GAP} y={title.y} text-anchor="end">
        {(host.ns / 1e9).toFixed(6)} s
      </text>
      {vacancy !== null && <Vacancy rect={vacancy} />}
      {picture.domains.map((each, n) => (
        <DomainBox
          key={each.id}
          picture={each}
          domain={host.domains[n]!}
          index={index}
          chosen={chosen}
          names={names}
        />
      ))}
      <XenBar host={host} picture={picture} index={index} />
      {chosen === 'events' && <Channels host={host} picture={picture} index={index} />}
      {chosen === 'events' && <Sockets host={host} picture={picture} index={index} />}
      {picture.map === null ? (
        <Hardware host={host} picture={picture} index={index} hasQueues={chosen === 'processors'} />
      ) : (
        <MemoryMap host={host} rect={picture.map} index={index} />
      )}
      {chosen === 'processors' && <Holds host={host} picture={picture} />}
      {chosen === 'processors' && <LastMove host={host} picture={picture} />}
    </g>
  );
}

function Vacancy({ rect }: { rect: Rect }) {
  const { x, y } = centre(rect);
  return (
    <g class="vacancy">
      <rect x={rect.x} y={rect.y} width={rect.w} height={rect.h} rx={7} />
      <text x={x} y={y - 6} text-anchor="middle">
        No guests yet
      </text>
      <text class="dim" x={x} y={y + 12} text-anchor="middle">
        type: xm create mote
      </text>
    </g>
  );
}

function stateWord({ letters }: StageDomain): string {
  const words: Readonly<Record<string, string>> = {
    r: 'running',
    b: 'blocked',
    p: 'paused',
    s: 'shut down',
    c: 'crashed',
    d: 'dying',
  };
  const letter = [...letters].reverse().find((each) => each !== '-') ?? '';
  return words[letter] ?? 'waiting';
}

interface DomainProps {
  readonly picture: DomainPicture;
  readonly domain: StageDomain;
  readonly index: number;
  readonly chosen: Lens;
  /** Of domains, by id. */
  readonly names: (domain: number) => string;
}

function DomainBox({ picture, domain, index, chosen, names }: DomainProps) {
  const { rect, vcpus, devices, name, words, gauge } = picture;
  const { id, pages, maxPages } = domain;
  const { x, y, w, h } = rect;
  const memory = `${(pages / PAGES_PER_MB).toFixed(0)} MiB`;
  const room = w - 2 * GAP;
  const filled = maxPages === 0 ? 0 : Math.min(1, pages / Math.max(pages, Math.min(maxPages, 1e7)));
  const label = `${domainName(domain)}, domain ${String(id)}: ${stateWord(domain)}, ${memory}`;
  return (
    <g style={{ color: colorOf(id) }}>
      <ThingView
        host={index}
        thing={{ kind: 'domain', domain: id }}
        label={label}
        isFirst={id === 0}
        class="domain"
        texts={
          <>
            <text class="domain-name" x={name.x} y={name.y}>
              {fitted(domainName(domain), words === null && gauge !== null ? gauge.x - name.x : room)}
            </text>
            {words !== null && (
              <text class="dim" x={words.x} y={words.y}>
                {fitted(`dom ${String(id)} · ${stateWord(domain)} · ${memory}`, room, 6)}
              </text>
            )}
          </>
        }
      >
        <rect class="domain-box" x={x} y={y} width={w} height={h} rx={7} />
        {gauge !== null && (
          <>
            <rect class="gauge" x={gauge.x} y={gauge.y} width={gauge.w} height={gauge.h} rx={gauge.h / 2} />
            <rect
              class="gauge-fill"
              x={gauge.x}
              y={gauge.y}
              width={gauge.w * filled}
              height={gauge.h}
              rx={gauge.h / 2}
            />
          </>
        )}
      </ThingView>
      {devices.map(({ rect: place, device }) => (
        <DeviceChip
          key={`${device.kind} ${String(device.frontend)} ${String(device.id)}`}
          domain={id}
          device={device}
          rect={place}
          index={index}
          names={names}
        />
      ))}
      <Processes picture={picture} domain={domain} index={index} />
      {chosen !== 'memory' &&
        domain.vcpus.map((vcpu, n) => (
          <VcpuChip
            key={n}
            domain={id}
            vcpu={vcpu}
            rect={vcpus[n]!}
            index={index}
            isInside={vcpus[n]!.y > y + 34}
          />
        ))}
    </g>
  );
}

const DEVICE_KINDS = { vbd: 'disk', vif: 'card', console: 'console', store: 'xenstore' } as const;

interface DeviceChipProps {
  /** The domain on whose box it is: that of either half. */
  readonly domain: number;
  readonly device: StageDevice;
  readonly rect: Rect;
  readonly index: number;
  readonly names: (domain: number) => string;
}

/** A half of a device: the front's says what it is, the back's also whose. */
function DeviceChip({ domain, device, rect: { x, y, w, h }, index, names }: DeviceChipProps) {
  const { kind, frontend, id, details } = device;
  const name = details['dev'] ?? `${String(frontend)}.${String(id)}`;
  const isFront = frontend === domain;
  const label = `${isFront ? 'Frontend' : 'Backend'} of the ${DEVICE_KINDS[kind]} ${name} of ${names(frontend)}`;
  const text = isFront ? `${DEVICE_KINDS[kind]} ${name}` : `${names(frontend)} ${DEVICE_KINDS[kind]}`;
  return (
    <ThingView
      host={index}
      thing={{ kind: 'device', device: kind, domain: frontend, id }}
      label={label}
      class={isFront ? 'device-half front' : 'device-half back'}
      texts={
        <text class="small" x={x + w / 2} y={y + 13} text-anchor="middle">
          {fitted(text, w - 6, 6)}
        </text>
      }
    >
      <rect x={x} y={y} width={w} height={h} rx={4} style={{ color: colorOf(frontend) }} />
    </ThingView>
  );
}

interface ChipProps {
  readonly domain: number;
  readonly vcpu: StageVcpu;
  readonly rect: Rect;
  readonly index: number;
  readonly isInside: boolean;
}

function VcpuChip({ domain, vcpu, rect, index, isInside }: ChipProps) {
  if (!isInside) return null;
  const { x, y, w, h } = rect;
  const label = `vcpu ${String(vcpu.id)} of domain ${String(domain)}: ${vcpu.state}${vcpu.why === '' ? '' : `: ${vcpu.why}`}`;
  return (
    <ThingView
      host={index}
      thing={{ kind: 'vcpu', domain, vcpu: vcpu.id }}
      label={label}
      class={`vcpu ${vcpu.state}`}
      texts={
        <text
          x={x + w / 2}
          y={y + 14}
          text-anchor="middle"
          style={vcpu.state === 'running' ? { fill: INK } : {}}
        >
          v{vcpu.id}
        </text>
      }
    >
      <rect x={x} y={y} width={w} height={h} rx={10} />
    </ThingView>
  );
}

function XenBar({ host, picture, index }: { host: StageHost; picture: HostPicture; index: number }) {
  const { x, y, w, h } = picture.xen;
  const { counts } = host.moves;
  const sum = (kind: Move['kind']): number =>
    counts.reduce((all, each) => all + (each.kind === kind ? each.count : 0), 0);
  const told = [
    [sum('hypercall'), 'hypercalls'],
    [sum('trap'), 'traps'],
    [sum('upcall'), 'upcalls'],
  ] as const;
  const words = told
    .filter(([count]) => count > 0)
    .map(([count, name]) => `${count.toLocaleString('en')} ${count === 1 ? name.slice(0, -1) : name}`);
  return (
    <ThingView
      host={index}
      thing={{ kind: 'xen' }}
      label="Xen, the hypervisor"
      class="xen"
      texts={
        <>
          <text class="xen-name" x={x + 10} y={y + h / 2 + 5}>
            Xen
          </text>
          <text class="dim" x={x + w - 10} y={y + h / 2 + 4} text-anchor="end">
            {fitted(words.join(' · '), w - 60, 6)}
          </text>
        </>
      }
    >
      <rect x={x} y={y} width={w} height={h} rx={6} />
    </ThingView>
  );
}

/** From each vcpu that runs to the processor that it has. */
function Holds({ host, picture }: { host: StageHost; picture: HostPicture }) {
  return (
    <g class="holds">
      {host.processors.map(({ id, running }, n) => {
        const domain = picture.domains.find((each) => each.id === running?.domain);
        const chip = running === null ? undefined : domain?.vcpus[running.vcpu];
        if (running === null || chip === undefined) return null;
        const from = centre(chip);
        const to = centre(picture.processors[n]!);
        return (
          <path
            key={id}
            d={`M ${String(from.x)} ${String(chip.y + chip.h)} V ${String(picture.xen.y - 4)} L ${String(to.x)} ${String(picture.xen.y + picture.xen.h + 4)} V ${String(picture.processors[n]!.y)}`}
            style={{ stroke: colorOf(running.domain) }}
          />
        );
      })}
    </g>
  );
}

/** What happened last between a domain and Xen: down, a call; up, a trap or an upcall. */
function LastMove({ host, picture }: { host: StageHost; picture: HostPicture }) {
  const move = host.moves.last.findLast(
    ({ kind }) => kind === 'hypercall' || kind === 'trap' || kind === 'upcall',
  );
  if (move === undefined || !('vcpu' in move)) return null;
  const domain = picture.domains.find(({ id }) => id === move.domain);
  const chip = domain?.vcpus[move.vcpu];
  if (domain === undefined || chip === undefined) return null;
  const x = Math.min(chip.x + chip.w + 10, domain.rect.x + domain.rect.w - 8);
  const [above, below] = [chip.y + 4, picture.xen.y + 3];
  const isDown = move.kind === 'hypercall';
  const [from, to] = isDown ? [above, below] : [below, above];
  const name = 'name' in move ? move.name : 'upcall';
  return (
    <g class={`move ${move.kind}`}>
      <line x1={x} y1={from} x2={x} y2={to} marker-end="url(#arrow)" />
      <defs>
        <marker
          id="arrow"
          viewBox="0 0 8 8"
          refX="6"
          refY="4"
          markerWidth="7"
          markerHeight="7"
          orient="auto-start-reverse"
        >
          <path d="M 0 0 L 8 4 L 0 8 z" />
        </marker>
      </defs>
      <text x={x + 7} y={chip.y + 14}>
        {fitted(name, domain.rect.x + domain.rect.w - x - 10, 6.5)}
      </text>
    </g>
  );
}
