/** Devices in two halves, as the store tells of them, with the rings that the halves share, read from their memory. */
import { GNTTAB_RESERVED_CONSOLE } from '../../../hypervisor/abi/grant-table.ts';
import { xencons_interface, XENCONS_IN_BYTES, XENCONS_OUT_BYTES } from '../../../hypervisor/abi/console.ts';
import { XENSTORE_RING_SIZE } from '../../../hypervisor/abi/xenstore.ts';
import { inUse } from '../../../hypervisor/grants/pin.ts';
import { PAGE_BYTES } from '../../../hypervisor/memory/pages.ts';
import type { Domain } from '../../../hypervisor/state/domain.ts';
import type { Hypervisor } from '../../../hypervisor/state/hypervisor.ts';
import { grantedMfn } from '../granted.ts';
import { storeRingOf } from '../xenstore/rings.ts';
import { RECEIVE, TRANSMIT } from './card-rings.ts';
import { BLOCK, ringView } from './rings.ts';
import type { RingKind } from './rings.ts';
import type { ByteRingView, RingView, StageDevice, StoreView } from './view.ts';
import { XENBUS_STATES } from './words.ts';

/** What a device's node calls the references of each of its rings, and what is in them. */
const RINGS: Readonly<Record<string, readonly { readonly node: string; readonly kind: RingKind }[]>> = {
  vbd: [{ node: 'ring-ref', kind: BLOCK }],
  vif: [
    { node: 'tx-ring-ref', kind: TRANSMIT },
    { node: 'rx-ring-ref', kind: RECEIVE },
  ],
};
/** Of what the store says of a device, what tells one from another. */
const DETAILS = ['dev', 'params', 'mode', 'mac', 'bridge', 'script', 'vifname', 'ip', 'sectors'] as const;

/** The devices of all domains; `store`: the tree from its root. */
export function devicesOf(hypervisor: Hypervisor, store: StoreView): StageDevice[] {
  const domains = at(store, ['local', 'domain'])?.children ?? [];
  return domains.flatMap((node) => {
    const domain = hypervisor.domains.get(Number(node.name));
    if (domain === undefined) return [];
    return [
      ...['vbd', 'vif'].flatMap((kind) =>
        (at(node, ['device', kind])?.children ?? []).map((device) =>
          splitDevice(hypervisor, store, domain, kind as 'vbd' | 'vif', device),
        ),
      ),
      ...byteDevices(hypervisor, domain),
    ];
  });
}

function at(node: StoreView, path: readonly string[]): StoreView | undefined {
  let found: StoreView | undefined = node;
  for (const name of path) found = found?.children.find((child) => child.name === name);
  return found;
}

function valueAt(node: StoreView | undefined, name: string): string {
  return node?.children.find((child) => child.name === name)?.value ?? '';
}

function splitDevice(
  hypervisor: Hypervisor,
  store: StoreView,
  domain: Domain,
  kind: 'vbd' | 'vif',
  node: StoreView,
): StageDevice {
  const path = valueAt(node, 'backend').split('/').slice(1);
  const backend = path.length === 0 ? undefined : at(store, path);
  const said = DETAILS.map((name) => [name, valueAt(backend, name) || valueAt(node, name)] as const);
  return {
    kind,
    id: Number(node.name),
    frontend: domain.id,
    backend: Number(valueAt(node, 'backend-id')),
    frontendState: XENBUS_STATES[Number(valueAt(node, 'state'))] ?? '',
    backendState: XENBUS_STATES[Number(valueAt(backend, 'state'))] ?? '',
    port: Number(valueAt(node, 'event-channel') || valueAt(node, 'event-channel-tx')),
    details: Object.fromEntries(said.filter(([, value]) => value !== '')),
    rings: RINGS[kind]!.flatMap((ring) => ringOf(hypervisor, domain, node, ring)),
    byteRings: [],
  };
}

/** None: the frontend has not said where it is, or nobody has mapped it. */
function ringOf(
  hypervisor: Hypervisor,
  domain: Domain,
  node: StoreView,
  { node: name, kind }: { readonly node: string; readonly kind: RingKind },
): RingView[] {
  const refs = refsOf(node, name);
  const mfns = refs.flatMap((ref) => {
    const grant = domain.grants.active.get(ref);
    return grant !== undefined && inUse(grant) ? [grant.mfn] : [];
  });
  return mfns.length === 0 || mfns.length < refs.length ? [] : [ringView(hypervisor, kind, mfns, refs)];
}

/** Of one page, `ring-ref`; of several, `ring-ref0`, `ring-ref1`, … */
function refsOf(node: StoreView, name: string): number[] {
  const one = valueAt(node, name);
  if (one !== '') return [Number(one)];
  const refs: number[] = [];
  for (;;) {
    const next = valueAt(node, `${name}${String(refs.length)}`);
    if (next === '') return refs;
    refs.push(Number(next));
  }
}

/** The console and the store of a domain: rings of bytes, which domain 0 serves. */
function byteDevices(hypervisor: Hypervisor, domain: Domain): StageDevice[] {
  const common = {
    id: 0,
    frontend: domain.id,
    backend: 0,
    frontendState: '',
    backendState: '',
    details: {},
    rings: [],
  };
  const console = grantedMfn(hypervisor, domain, GNTTAB_RESERVED_CONSOLE);
  const store = storeRingOf(hypervisor, domain);
  return [
    ...(domain.isPrivileged || console === 0
      ? []
      : [
          {
            ...common,
            kind: 'console' as const,
            port: domain.consolePort,
            byteRings: consoleRings(hypervisor, console),
          },
        ]),
    ...(store === null
      ? []
      : [
          {
            ...common,
            kind: 'store' as const,
            port: domain.storePort,
            byteRings: storeRings(hypervisor, store),
          },
        ]),
  ];
}

function consoleRings({ machine: { words } }: Hypervisor, mfn: number): ByteRingView[] {
  const { offset } = xencons_interface;
  const word = (at: number): number => words[(mfn * PAGE_BYTES + at) / 4]!;
  return [
    {
      name: 'what the guest prints',
      mfn,
      size: XENCONS_OUT_BYTES,
      produced: word(offset.out_prod),
      consumed: word(offset.out_cons),
    },
    {
      name: 'what is typed',
      mfn,
      size: XENCONS_IN_BYTES,
      produced: word(offset.in_prod),
      consumed: word(offset.in_cons),
    },
  ];
}

function storeRings(
  { machine: { words } }: Hypervisor,
  ring: NonNullable<ReturnType<typeof storeRingOf>>,
): ByteRingView[] {
  const common = { mfn: Math.floor(ring.req / PAGE_BYTES), size: XENSTORE_RING_SIZE };
  return [
    { name: 'requests', ...common, produced: words[ring.req_prod / 4]!, consumed: words[ring.req_cons / 4]! },
    { name: 'answers', ...common, produced: words[ring.rsp_prod / 4]!, consumed: words[ring.rsp_cons / 4]! },
  ];
}
