/** Where cards, bridges and wires are drawn: guests' cards above, domain 0's bridges below them, the machine's card, the LAN. */
import type { BridgeView } from '../../lab/inside/view.ts';
import type { StageDevice, StageHost } from '../../lab/stage/view.ts';
import type { Rect } from './layout.ts';

export interface CardPicture {
  readonly device: StageDevice;
  readonly rect: Rect;
  /** The bridge that its other half is plugged into; null: none that is known. */
  readonly bridge: BridgePicture | null;
}

export interface BridgePicture {
  readonly name: string;
  readonly rect: Rect;
  /** What its kernel has it learned; null: that is not known. */
  readonly learned: BridgeView['learned'] | null;
}

export interface NetworkPicture {
  readonly frame: Rect;
  readonly cards: readonly CardPicture[];
  readonly bridges: readonly BridgePicture[];
  /** The machine's own cards, by their place in StageHost.machine. */
  readonly machine: readonly { readonly index: number; readonly name: string; readonly rect: Rect }[];
}

const GAP = 10;
const TITLE = 24;
const CARD = 58;
const BRIDGE = 42;
const MACHINE = 34;

export function layNetwork(host: StageHost, frame: Rect): NetworkPicture {
  const inner: Rect = {
    x: frame.x + GAP,
    y: frame.y + TITLE,
    w: frame.w - 2 * GAP,
    h: frame.h - TITLE - GAP,
  };
  const devices = (host.devices ?? []).filter(({ kind }) => kind === 'vif');
  const known = host.domains.find(({ isPrivileged }) => isPrivileged)?.inside?.bridges ?? [];
  // Of bridges, the store tells those alone that a card is plugged into.
  const told = devices.flatMap(({ details: { bridge } }) => bridge ?? []);
  const names = [...new Set([...known.map(({ name }) => name), ...told])];
  const machineY = inner.y + inner.h - MACHINE;
  const room = machineY - inner.y - CARD;
  const bridges = names.map((name, n) => ({
    name,
    learned: known.find((bridge) => bridge.name === name)?.learned ?? null,
    rect: {
      x: inner.x,
      y: inner.y + CARD + (room * (n + 1)) / (names.length + 1) - BRIDGE / 2,
      w: inner.w,
      h: BRIDGE,
    },
  }));
  const cards = host.machine.flatMap((device, index) =>
    device.kind === 'card' ? [{ index, name: device.name }] : [],
  );
  return {
    frame,
    bridges,
    cards: devices.map((device, n) => ({
      device,
      rect: slice(inner, n, devices.length, inner.y, CARD),
      bridge: bridges.find(({ name }) => name === device.details['bridge']) ?? null,
    })),
    machine: cards.map((card, n) => ({ ...card, rect: slice(inner, n, cards.length, machineY, MACHINE) })),
  };
}

function slice({ x, w }: Rect, n: number, count: number, y: number, h: number): Rect {
  const width = Math.min((w - GAP * (count - 1)) / Math.max(count, 1), 190);
  return { x: x + n * (width + GAP), y, w: width, h };
}
