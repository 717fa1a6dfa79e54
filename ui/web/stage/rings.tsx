/** Devices in two halves, and the ring in the page that both share. */
import { signal } from '@preact/signals';
import type {
  ByteRingView,
  RingSlot,
  RingView,
  StageDevice,
  StageHost,
  StageView,
} from '../../lab/stage/view.ts';
import { colorOf, namesIn } from './color.ts';
import { selected } from './selected.ts';

/** Which device is looked at: `host kind domain id`. */
const chosen = signal('');

const KINDS = { vbd: 'disk', vif: 'network card', console: 'console', store: 'xenstore' } as const;

function keyOf(host: number, { kind, frontend, id }: StageDevice): string {
  return `${String(host)} ${kind} ${String(frontend)} ${String(id)}`;
}

export function deviceName(device: StageDevice, host: StageHost): string {
  const owner = namesIn(host)(device.frontend);
  const which =
    device.details['dev'] ??
    (device.kind === 'vif' ? `vif${String(device.frontend)}.${String(device.id)}` : '');
  return `${owner}: ${KINDS[device.kind]}${which === '' ? '' : ` ${which}`}`;
}

export function RingsView({ view }: { view: StageView }) {
  const all = view.hosts.flatMap((host, index) =>
    (host.devices ?? []).map((device) => ({ host, index, device, key: keyOf(index, device) })),
  );
  const silent = view.hosts.find(({ store }) => store?.silent !== null)?.store?.silent;
  const shown =
    all.find(({ key }) => key === chosen.value) ??
    all.find(({ device }) => device.rings.length > 0) ??
    all[0];
  if (shown === undefined)
    return (
      <p class="hint">
        {silent ?? (
          <>
            No domain has a device yet. Make one with a disk and a card:{' '}
            <code>mke2fs /tmp/web.img 1024; xm create web</code>
          </>
        )}
      </p>
    );
  return (
    <div class="rings scroll">
      <label class="device-choice">
        Device{' '}
        <select
          value={shown.key}
          data-testid="ring-device"
          onChange={({ currentTarget: { value } }) => {
            chosen.value = value;
          }}
        >
          {all.map(({ key, device, host }) => (
            <option key={key} value={key}>
              {view.hosts.length > 1 ? `${host.name} · ` : ''}
              {deviceName(device, host)}
            </option>
          ))}
        </select>
      </label>
      <Halves device={shown.device} host={shown.host} index={shown.index} />
      {!all.some(({ device }) => device.rings.length > 0) && (
        <p class="hint">
          No guest has a disk or a network card yet. Make one that has both:{' '}
          <code>mke2fs /tmp/web.img 1024; xm create web</code>
        </p>
      )}
    </div>
  );
}

interface HalvesProps {
  readonly device: StageDevice;
  readonly host: StageHost;
  readonly index: number;
}

function Halves({ device, host, index }: HalvesProps) {
  const name = namesIn(host);
  const { frontend, backend, frontendState, backendState, port } = device;
  return (
    <>
      <div class="halves">
        <Half side="Frontend" name={name(frontend)} domain={frontend} state={frontendState} />
        <p class="between">
          {device.rings.length + device.byteRings.length === 0
            ? 'They share no page yet.'
            : port === 0
              ? 'One page of the guest, which both have mapped.'
              : `Pages of the guest, which both have mapped; port ${String(port)} tells the other one to look.`}
        </p>
        <Half side="Backend" name={name(backend)} domain={backend} state={backendState} />
      </div>
      <div class="ring-row">
        {device.rings.map((ring, n) => (
          <Ring
            key={n}
            ring={ring}
            device={device}
            index={index}
            place={n}
            names={{ front: name(frontend), back: name(backend) }}
          />
        ))}
        {device.byteRings.map((ring) => (
          <ByteRing key={ring.name} ring={ring} />
        ))}
      </div>
    </>
  );
}

function Half({ side, name, domain, state }: { side: string; name: string; domain: number; state: string }) {
  return (
    <div class="half" style={{ borderColor: colorOf(domain) }}>
      <small>{side}</small>
      <b style={{ color: colorOf(domain) }}>{name}</b>
      {state !== '' && <small>{state}</small>}
    </div>
  );
}

const RADIUS = 84;
const INNER = 52;
const BOX = 260;

/** A place on the circle: slot 0 is at the top, and they go round like a clock's hand. */
function onCircle(slot: number, size: number, radius: number): { readonly x: number; readonly y: number } {
  const angle = (slot / size) * 2 * Math.PI - Math.PI / 2;
  return { x: BOX / 2 + radius * Math.cos(angle), y: BOX / 2 + radius * Math.sin(angle) };
}

/** The sector of a slot between two radii. */
function sector(slot: number, size: number): string {
  const point = (at: number, radius: number): string => {
    const { x, y } = onCircle(at, size, radius);
    return `${x.toFixed(2)} ${y.toFixed(2)}`;
  };
  const r = (radius: number): string => `A ${String(radius)} ${String(radius)} 0 0`;
  return `M ${point(slot, RADIUS)} ${r(RADIUS)} 1 ${point(slot + 1, RADIUS)} L ${point(slot + 1, INNER)} ${r(INNER)} 0 ${point(slot, INNER)} Z`;
}

interface RingProps {
  readonly ring: RingView;
  readonly device: StageDevice;
  readonly index: number;
  readonly place: number;
  readonly names: { readonly front: string; readonly back: string };
}

/** Who is to move next, as far as the page says it. */
export function turnOf({ reqProd, rspProd, reqEvent }: RingView, names: RingProps['names']): string {
  const open = (reqProd - rspProd) >>> 0;
  if (open === 0) return `All is answered: ${names.front} moves next, with a request.`;
  const isAsleep = ((reqEvent - reqProd) | 0) > 0;
  const asked = `${String(open)} ${open === 1 ? 'request has' : 'requests have'} no answer yet: ${names.back} moves next`;
  return `${asked}${isAsleep ? ', once it is told (req_event)' : ''}.`;
}

/** More rows than these have no room, and rings of many slots are full of them: their slots are there to be clicked. */
const MOST_TOLD = 8;
const MANY_SLOTS = 64;

/** Slots that are told of beside the ring, by number: requests that have no answer, and the newest answer. */
function toldSlots({ slots, size, rspProd }: RingView): { readonly slot: RingSlot; readonly n: number }[] {
  const newest = (rspProd - 1) & (size - 1);
  return slots
    .map((slot, n) => ({ slot, n }))
    .filter(({ slot, n }) =>
      slot.holds === 'request' ? size <= MANY_SLOTS : slot.holds === 'response' && n === newest,
    )
    .slice(0, MOST_TOLD);
}

function Ring({ ring, device, index, place, names }: RingProps) {
  const { size, slots, reqProd, rspProd, reqEvent, rspEvent } = ring;
  const told = toldSlots(ring);
  const turn = turnOf(ring, names);
  const choose = (slot: number): void => {
    selected.value = {
      host: index,
      thing: { kind: 'slot', device: device.kind, domain: device.frontend, id: device.id, ring: place, slot },
    };
  };
  const shown =
    selected.value?.host === index && selected.value.thing.kind === 'slot' ? selected.value.thing : null;
  const isHere =
    shown?.device === device.kind &&
    shown.domain === device.frontend &&
    shown.id === device.id &&
    shown.ring === place;
  return (
    <figure class="ring" data-testid={`ring-${ring.name}`}>
      <svg
        width={BOX}
        height={BOX}
        viewBox={`0 0 ${String(BOX)} ${String(BOX)}`}
        role="img"
        aria-label={`The ring of ${ring.name}: ${turn}`}
      >
        {slots.map(({ holds, text }, n) => (
          <path
            key={n}
            class={`slot ${holds}${isHere && shown.slot === n ? ' selected' : ''}`}
            d={sector(n, size)}
            onClick={() => {
              choose(n);
            }}
          >
            <title>{`slot ${String(n)}: ${holds}${text === '' ? '' : `, ${text}`}`}</title>
          </path>
        ))}
        <Hand name="req_prod" at={reqProd} size={size} radius={RADIUS + 6} side="outside" />
        <Hand name="rsp_prod" at={rspProd} size={size} radius={INNER - 6} side="inside" />
        <text x={BOX / 2} y={BOX / 2 - 4} text-anchor="middle">
          {(reqProd - rspProd) >>> 0}
        </text>
        <text class="dim" x={BOX / 2} y={BOX / 2 + 12} text-anchor="middle">
          under way
        </text>
      </svg>
      <figcaption>
        <b>{ring.name}</b>: {turn}
        <dl class="indices">
          {(
            [
              ['req_prod', reqProd],
              ['req_event', reqEvent],
              ['rsp_prod', rspProd],
              ['rsp_event', rspEvent],
            ] as const
          ).map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
        {told.length > 0 && (
          <ul class="told-slots">
            {told.map(({ slot, n }) => (
              <li key={n}>
                <button
                  class="small"
                  onClick={() => {
                    choose(n);
                  }}
                >
                  {n}
                </button>{' '}
                {slot.holds === 'request' ? slot.text : `${slot.text} (the newest answer)`}
              </li>
            ))}
          </ul>
        )}
      </figcaption>
    </figure>
  );
}

interface HandProps {
  readonly name: string;
  readonly at: number;
  readonly size: number;
  readonly radius: number;
  readonly side: 'outside' | 'inside';
}

/** Where an index points: the slot that comes next. */
function Hand({ name, at, size, radius, side }: HandProps) {
  const slot = at % size;
  const tip = onCircle(slot, size, radius);
  const end = onCircle(slot, size, side === 'outside' ? radius + 10 : radius - 10);
  const text = onCircle(slot, size, side === 'outside' ? radius + 20 : radius - 20);
  return (
    <g class={`hand ${name}`}>
      <line x1={end.x} y1={end.y} x2={tip.x} y2={tip.y} />
      {side === 'outside' && (
        <text x={Math.min(Math.max(text.x, 28), BOX - 28)} y={text.y + 4} text-anchor="middle">
          {name}
        </text>
      )}
    </g>
  );
}

/** A ring of bytes: what was put in and not taken out is filled. */
function ByteRing({ ring: { name, size, produced, consumed, mfn } }: { ring: ByteRingView }) {
  const held = Math.min((produced - consumed) >>> 0, size);
  const radius = 44;
  const turn = 2 * Math.PI * radius;
  const start = ((consumed % size) / size) * 360 - 90;
  return (
    <figure class="ring bytes">
      <svg
        width={120}
        height={120}
        viewBox="0 0 120 120"
        role="img"
        aria-label={`${name}: ${String(held)} bytes are not read yet`}
      >
        <circle class="track" cx={60} cy={60} r={radius} />
        <circle
          class="held"
          cx={60}
          cy={60}
          r={radius}
          stroke-dasharray={`${String((held / size) * turn)} ${String(turn)}`}
          transform={`rotate(${String(start)} 60 60)`}
        />
        <text x={60} y={65} text-anchor="middle">
          {held} B
        </text>
      </svg>
      <figcaption>
        <b>{name}</b>: {held === 0 ? 'all is read' : `${String(held)} bytes are not read yet`};{' '}
        {produced.toLocaleString('en')} bytes so far, of {size} at a time, in frame 0x{mfn.toString(16)}
      </figcaption>
    </figure>
  );
}
