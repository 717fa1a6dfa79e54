/** Devices in two halves, and slots of their rings, in words. */
import type { RingView, StageDevice, StageHost } from '../../lab/stage/view.ts';
import type { RingEntry } from '../../lab/timeline/way.ts';
import type { Thing } from '../stage/selected.ts';
import { namesIn } from '../stage/color.ts';
import { fact, hex } from './description.ts';
import type { Description } from './description.ts';

const KINDS = { vbd: 'disk', vif: 'network card', console: 'console', store: 'xenstore ring' } as const;
const HEADERS = {
  vbd: 'public/io/blkif.h',
  vif: 'public/io/netif.h',
  console: 'public/io/console.h',
  store: 'public/io/xs_wire.h',
} as const;
/** Where Mote's halves are. */
const SOURCES = {
  vbd: 'guests/mote/drivers/, guests/mote/backends/',
  vif: 'guests/mote/drivers/, guests/mote/backends/',
  console: 'guests/mote/drivers/',
  store: 'guests/mote/drivers/',
} as const;

type DeviceThing = Extract<Thing, { kind: 'device' | 'slot' }>;

function find(thing: DeviceThing, host: StageHost): StageDevice | undefined {
  return host.devices?.find(
    ({ kind, frontend, id }) => kind === thing.device && frontend === thing.domain && id === thing.id,
  );
}

/** Rings of entries, by what the stage calls them. */
const ENTRIES: Readonly<Record<string, RingEntry['ring']>> = {
  requests: 'block',
  transmit: 'transmit',
  receive: 'receive',
};

/** The entry of a ring that has this index. */
function entryAt(device: StageDevice, ring: RingView, way: RingEntry['way'], index: number): RingEntry {
  const { frontend, id, port } = device;
  return { domain: frontend, device: id, ring: ENTRIES[ring.name]!, port, way, index };
}

/** What was asked last by the front, of a ring that it asks by itself: room for packets it gives in advance. */
function lastRequest(device: StageDevice): Pick<Description, 'way'> {
  const [ring] = device.rings;
  if (ring === undefined || ring.reqProd === 0) return {};
  return {
    way: { entry: entryAt(device, ring, 'request', ring.reqProd - 1), label: 'The way of its last request' },
  };
}

/** Of what a slot holds: counted back from the newest of its kind. */
function wayOfSlot(device: StageDevice, ring: RingView, slot: number): Pick<Description, 'way'> {
  const { holds } = ring.slots[slot]!;
  if (holds === 'nothing') return {};
  const produced = holds === 'request' ? ring.reqProd : ring.rspProd;
  const back = (produced - 1 - slot) & (ring.size - 1);
  return {
    way: { entry: entryAt(device, ring, holds, produced - 1 - back), label: 'The way of this request' },
  };
}

export function describeDevice(
  thing: Extract<Thing, { kind: 'device' }>,
  host: StageHost,
): Description | null {
  const device = find(thing, host);
  if (device === undefined) return null;
  const { kind, frontend, backend, frontendState, backendState, port, details, rings } = device;
  return {
    title: `The ${KINDS[kind]} of ${namesIn(host)(frontend)}`,
    says: [
      `A device in two halves: ${namesIn(host)(frontend)} has the driver’s front, ${namesIn(host)(backend)} the back, which does the work. They share pages of memory, and raise an event channel when there is something in them.`,
    ],
    facts: [
      fact('front', `${namesIn(host)(frontend)}: ${frontendState}`, { kind: 'domain', domain: frontend }),
      fact('back', `${namesIn(host)(backend)}: ${backendState}`, { kind: 'domain', domain: backend }),
      ...(port === 0
        ? []
        : [fact('event channel', `port ${String(port)}`, { kind: 'port', domain: frontend, port })]),
      ...rings.map(({ name, mfns }) =>
        fact(name, `in frame ${hex(mfns[0]!)}`, { kind: 'frame', mfn: mfns[0]! }),
      ),
      ...Object.entries(details).map(([name, value]) => fact(name, value)),
    ],
    header: HEADERS[kind],
    source: SOURCES[kind],
    event: `xenstore /local/domain/${String(frontend)}/device/${kind}/${String(thing.id)}`,
    ...lastRequest(device),
  };
}

const HOLDS_SAYS = {
  request: 'A request that has no answer yet.',
  response: 'The answer to a request that was here before it.',
  nothing: 'It has not been used yet.',
} as const;

export function describeSlot(thing: Extract<Thing, { kind: 'slot' }>, host: StageHost): Description | null {
  const device = find(thing, host);
  const ring = device?.rings[thing.ring];
  const slot = ring?.slots[thing.slot];
  if (device === undefined || ring === undefined || slot === undefined) return null;
  const { kind, frontend, id, port } = device;
  return {
    title: `Slot ${String(thing.slot)} of ${ring.name}, ${KINDS[kind]} of ${namesIn(host)(frontend)}`,
    says: [
      `${HOLDS_SAYS[slot.holds]} ${slot.text === '' ? '' : `It says: ${slot.text}.`}`.trim(),
      'The front puts requests into slots and moves req_prod past them; the back puts answers into the same slots, in the order in which it is done, and moves rsp_prod.',
    ],
    facts: [
      fact('holds', slot.holds),
      ...slot.refs.map((ref, n) => fact(n === 0 ? 'data in grants' : '', ref)),
      fact('the page', hex(ring.mfns[0]!), { kind: 'frame', mfn: ring.mfns[0]! }),
      fact('the device', KINDS[kind], { kind: 'device', device: kind, domain: frontend, id }),
    ],
    header: HEADERS[kind],
    source: SOURCES[kind],
    event: port === 0 ? null : `port domain ${String(frontend)} /port ${String(port)}$/`,
    ...wayOfSlot(device, ring, thing.slot),
  };
}
