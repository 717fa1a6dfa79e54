/**
 * Where things are on the stage: a host as every textbook draws it, hardware below, Xen above it, domains on top. A function of
 * what is there and of the room that there is; in CSS pixels, from the upper left.
 */
import type { ProcessView } from '../../lab/inside/view.ts';
import type { Lens, StageDevice, StageDomain, StageHost } from '../../lab/stage/view.ts';

export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface DomainPicture {
  readonly id: number;
  readonly rect: Rect;
  /** By vcpu id. */
  readonly vcpus: readonly Rect[];
  /** Sockets on its lower edge, by port. */
  readonly ports: ReadonlyMap<number, Point>;
  /** Halves of devices that are here, as far as there is room. */
  readonly devices: readonly { readonly rect: Rect; readonly device: StageDevice }[];
  /** Its processes below them, the same; and where it is said how many there are besides. */
  readonly processes: readonly { readonly rect: Rect; readonly process: ProcessView }[];
  readonly moreProcesses: { readonly at: Point; readonly count: number } | null;
  /** Where what is said of it begins: its name; what it is, null where there is no room for that. */
  readonly name: Point;
  readonly words: Point | null;
  /** How much of its memory it has, with the lens of memory. */
  readonly gauge: Rect | null;
}

export interface HostPicture {
  readonly frame: Rect;
  readonly title: Point;
  readonly domains: readonly DomainPicture[];
  /** Where guests will be; null: there are some, or nobody is there to make them. */
  readonly vacancy: Rect | null;
  readonly xen: Rect;
  readonly hardware: Rect;
  /** By processor id. */
  readonly processors: readonly Rect[];
  /** In the order of StageHost.machine. */
  readonly devices: readonly Rect[];
  /** The map of machine frames; null: with another lens. */
  readonly map: Rect | null;
}

const GAP = 8;
const TITLE = 20;
const XEN = 30;
/** Where lines go through it. */
const DEEP_XEN = 62;
/** Heights of the hardware: with queues below the processors, or without. */
const HARDWARE = 34;
const QUEUES = 78;
/** What domains are left with where memory takes the room: one row of them, or each of several; and of the room at most. */
const FLAT_DOMAINS = 74;
const FLAT_ROW = 24;
const FLAT_SHARE = 0.6;
/** A domain that is lower is told by its name alone; one with a gauge, below its words, by that beside its name. */
const LOW = 38;
const LOW_WITH_GAUGE = 58;
/** Domain 0 is as wide as so many guests. */
const PRIVILEGED_SHARE = 1.5;
const VCPU = { w: 44, h: 20 };
/** Below the lowest of them: with sockets on the domain's edge, or without. */
const ABOVE_SOCKETS = 14;
const ABOVE_EDGE = 6;
const DEVICE = { w: 92, h: 18 };
/** A process takes so much for each letter of its name, and beside it; what stands for the others as much as this. */
const PROCESS = { h: 18, letter: 6.2, beside: 14, more: 30 };
/** Below a domain's upper edge, under its name and what it is. */
const DEVICES_FROM = 42;
const PORT_PITCH = 15;
/** Below this width a guest is in another row. */
const NARROWEST = 96;

/** What a host needs to be drawn: narrower, they are below each other; lower, what they are in scrolls. */
const LEAST = { w: 250, h: 250 };

function isWide({ w }: Pick<Rect, 'w'>, count: number): boolean {
  return w >= LEAST.w * count;
}

/** The height that so many hosts take of a room. */
export function heightFor(room: { readonly w: number; readonly h: number }, count: number): number {
  return Math.max(room.h, isWide(room, count) ? LEAST.h : (LEAST.h + GAP) * count);
}

/** Side by side where there is room, below each other where not. */
export function hostsIn(room: Rect, count: number): Rect[] {
  return Array.from({ length: count }, (_, n) => {
    if (isWide(room, count)) {
      const w = (room.w - GAP * (count - 1)) / count;
      return { x: room.x + n * (w + GAP), y: room.y, w, h: room.h };
    }
    const h = (room.h - GAP * (count - 1)) / count;
    return { x: room.x, y: room.y + n * (h + GAP), w: room.w, h };
  });
}

export function layHost(host: StageHost, lens: Lens, frame: Rect): HostPicture {
  const inner: Rect = {
    x: frame.x + GAP,
    y: frame.y + TITLE + 4,
    w: frame.w - 2 * GAP,
    h: frame.h - TITLE - 4 - GAP,
  };
  const xenHeight = lens === 'events' ? DEEP_XEN : XEN;
  const mapHeight = lens === 'memory' ? Math.max(0, inner.h - flatHeight(host, inner) - XEN - 2 * GAP) : 0;
  const hardwareHeight = lens === 'memory' ? mapHeight : lens === 'processors' ? QUEUES : HARDWARE;
  const hardware: Rect = { ...inner, y: inner.y + inner.h - hardwareHeight, h: hardwareHeight };
  const xen: Rect = { ...inner, y: hardware.y - GAP - xenHeight, h: xenHeight };
  const top: Rect = { ...inner, h: xen.y - GAP - inner.y };
  const { domains, vacancy } = layDomains(host, lens, top);
  const isMap = lens === 'memory';
  return {
    frame,
    title: { x: frame.x + GAP, y: frame.y + 15 },
    domains,
    vacancy,
    xen,
    hardware,
    processors: isMap ? [] : row(hardware, host.processors.length, 0, lens === 'processors' ? 0.62 : 0.4),
    devices: isMap
      ? []
      : row(hardware, host.machine.length, lens === 'processors' ? 0.62 : 0.4, 1).map((rect) => ({
          ...rect,
          h: HARDWARE,
        })),
    map: isMap ? hardware : null,
  };
}

/** So many boxes beside each other, in a part of a box's width. */
function row(box: Rect, count: number, from: number, to: number): Rect[] {
  const x = box.x + box.w * from + (from === 0 ? 0 : GAP / 2);
  const width = box.w * (to - from) - GAP / 2;
  const w = (width - GAP * (count - 1)) / Math.max(count, 1);
  return Array.from({ length: count }, (_, n) => ({ x: x + n * (w + GAP), y: box.y, w, h: box.h }));
}

/** Of domains above a map of memory. */
function flatHeight({ domains }: StageHost, { w, h }: Rect): number {
  const guests = domains.length - 1;
  const rows = Math.ceil(guests / columnsFor(guests, w));
  return Math.max(FLAT_DOMAINS, Math.min(rows * (FLAT_ROW + GAP) - GAP, (h - XEN - 2 * GAP) * FLAT_SHARE));
}

function layDomains(
  host: StageHost,
  lens: Lens,
  room: Rect,
): { readonly domains: DomainPicture[]; readonly vacancy: Rect | null } {
  const { domains } = host;
  const devices = devicesFor(host, lens);
  const lay = (domain: StageDomain, rect: Rect): DomainPicture => layDomain(domain, devices, rect, lens);
  const [first, ...guests] = domains;
  if (first === undefined) return { domains: [], vacancy: room };
  const isAlone = guests.length === 0;
  // Nobody makes guests beside a domain that has no privilege.
  if (isAlone && !first.isPrivileged) return { domains: [lay(first, room)], vacancy: null };
  const columns = columnsFor(guests.length, room.w);
  const share = isAlone ? 0.55 : PRIVILEGED_SHARE / (PRIVILEGED_SHARE + columns);
  const width = Math.max((room.w - GAP) * share, Math.min(150, room.w * 0.4));
  const rest: Rect = { ...room, x: room.x + width + GAP, w: room.w - width - GAP };
  const rects = [{ ...room, w: width }, ...grid(rest, guests.length, columns)];
  return {
    domains: domains.map((domain, n) => lay(domain, rects[n]!)),
    vacancy: isAlone ? rest : null,
  };
}

function columnsFor(count: number, width: number): number {
  const most = Math.max(1, Math.floor(width / (NARROWEST + GAP)) - 1);
  const rows = Math.ceil(count / most);
  return Math.max(1, Math.ceil(count / Math.max(rows, 1)));
}

function grid(room: Rect, count: number, columns: number): Rect[] {
  const rows = Math.ceil(count / columns);
  const w = (room.w - GAP * (columns - 1)) / columns;
  const h = (room.h - GAP * (rows - 1)) / Math.max(rows, 1);
  return Array.from({ length: count }, (_, n) => ({
    x: room.x + (n % columns) * (w + GAP),
    y: room.y + Math.floor(n / columns) * (h + GAP),
    w,
    h,
  }));
}

function layDomain(
  { id, vcpus, ports, inside }: StageDomain,
  devices: readonly StageDevice[],
  rect: Rect,
  lens: Lens,
): DomainPicture {
  const chips = layVcpus(vcpus.length, rect, lens === 'events' ? ABOVE_SOCKETS : ABOVE_EDGE);
  const here = devices.filter(({ frontend, backend }) => frontend === id || backend === id);
  const bottom = Math.min(...chips.map(({ y }) => y), rect.y + rect.h);
  const halves = layDevices(here, rect, bottom);
  const below = Math.max(rect.y + DEVICES_FROM, ...halves.map(({ rect: { y, h } }) => y + h + 6));
  return {
    id,
    rect,
    vcpus: chips,
    ports: layPorts(ports, rect),
    devices: halves,
    ...layProcesses(lens === 'processors' ? (inside?.processes ?? []) : [], { ...rect, y: below }, bottom),
    ...layWords(rect, lens === 'memory'),
  };
}

function layWords({ x, y, w, h }: Rect, hasGauge: boolean): Pick<DomainPicture, 'name' | 'words' | 'gauge'> {
  const left = x + GAP;
  const isLow = h < (hasGauge ? LOW_WITH_GAUGE : LOW);
  if (!isLow) {
    const gauge = hasGauge ? { x: left, y: y + 44, w: w - 2 * GAP, h: 8 } : null;
    return { name: { x: left, y: y + 17 }, words: { x: left, y: y + 32 }, gauge };
  }
  const middle = y + h / 2;
  const gauge = hasGauge ? { x: x + w * 0.55, y: middle - 3, w: w * 0.45 - GAP, h: 6 } : null;
  return { name: { x: left, y: middle + 4.5 }, words: null, gauge };
}

/** Halves of devices that have drivers, where a lens has room for them. */
function devicesFor({ devices }: StageHost, lens: Lens): StageDevice[] {
  if (lens === 'memory') return [];
  return (devices ?? []).filter(({ kind }) => kind === 'vbd' || kind === 'vif');
}

/** Below the domain's name, above its vcpus: as many as there is room for. */
function layDevices(
  devices: readonly StageDevice[],
  { x, y, w }: Rect,
  bottom: number,
): { readonly rect: Rect; readonly device: StageDevice }[] {
  const columns = Math.max(1, Math.floor((w - GAP) / (DEVICE.w + 4)));
  const rows = Math.max(0, Math.floor((bottom - 4 - (y + DEVICES_FROM)) / (DEVICE.h + 4)));
  return devices.slice(0, columns * rows).map((device, n) => ({
    device,
    rect: {
      x: x + GAP + (n % columns) * (DEVICE.w + 4),
      y: y + DEVICES_FROM + Math.floor(n / columns) * (DEVICE.h + 4),
      ...DEVICE,
      w: Math.min(DEVICE.w, w - 2 * GAP),
    },
  }));
}

/** In the order of their numbers, beside each other as their names have room, down to `bottom`. */
function layProcesses(
  processes: readonly ProcessView[],
  { x, y, w }: Rect,
  bottom: number,
): Pick<DomainPicture, 'processes' | 'moreProcesses'> {
  const alive = processes.filter(({ state }) => state !== 'ended');
  const laid: { readonly rect: Rect; readonly process: ProcessView }[] = [];
  let [left, top] = [x + GAP, y];
  for (const [n, process] of alive.entries()) {
    const wide = Math.min(process.name.length * PROCESS.letter + PROCESS.beside, w - 2 * GAP);
    const isLast = n === alive.length - 1;
    const isLastRow = top + 2 * (PROCESS.h + 4) > bottom;
    if (left + wide + (isLastRow && !isLast ? PROCESS.more : 0) > x + w - GAP) {
      if (isLastRow) break;
      [left, top] = [x + GAP, top + PROCESS.h + 4];
    }
    if (top + PROCESS.h + 4 > bottom) break;
    laid.push({ rect: { x: left, y: top, w: wide, h: PROCESS.h }, process });
    left += wide + 4;
  }
  const count = alive.length - laid.length;
  const hasRoom = count > 0 && laid.length > 0;
  return { processes: laid, moreProcesses: hasRoom ? { at: { x: left + 2, y: top + 13 }, count } : null };
}

/** From the lower edge up, as many in a row as have room. */
function layVcpus(count: number, { x, y, w, h }: Rect, above: number): Rect[] {
  const columns = Math.max(1, Math.floor((w - GAP) / (VCPU.w + 4)));
  return Array.from({ length: count }, (_, n) => ({
    x: x + GAP + (n % columns) * (VCPU.w + 4),
    y: y + h - above - VCPU.h - Math.floor(n / columns) * (VCPU.h + 4),
    ...VCPU,
  }));
}

/** All on the lower edge, closer where there are many. */
function layPorts(ports: StageDomain['ports'], { x, y, w, h }: Rect): Map<number, Point> {
  const pitch = Math.min(PORT_PITCH, (w - 2 * GAP) / Math.max(ports.length, 1));
  return new Map(ports.map(({ port }, n) => [port, { x: x + GAP + pitch * (n + 0.5), y: y + h }]));
}

/** A line between two sockets, which goes through Xen: it hangs from both into the bar. */
export function channelPath(from: Point, to: Point, xen: Rect): string {
  const depth = xen.y + xen.h * 0.75;
  return `M ${at(from)} C ${at({ x: from.x, y: depth })} ${at({ x: to.x, y: depth })} ${at(to)}`;
}

function at({ x, y }: Point): string {
  return `${x.toFixed(1)} ${y.toFixed(1)}`;
}

export function centre({ x, y, w, h }: Rect): Point {
  return { x: x + w / 2, y: y + h / 2 };
}

/** Of points, the one that is next in a direction; undefined: there is none. */
export function nextIn<T extends { readonly at: Point }>(
  things: readonly T[],
  from: Point,
  direction: Point,
): T | undefined {
  let best: T | undefined;
  let least = Infinity;
  for (const thing of things) {
    const dx = thing.at.x - from.x;
    const dy = thing.at.y - from.y;
    const along = dx * direction.x + dy * direction.y;
    const aside = Math.abs(dx * direction.y) + Math.abs(dy * direction.x);
    if (along < 1) continue;
    const cost = along + 3 * aside;
    if (cost < least) [best, least] = [thing, cost];
  }
  return best;
}
