/**
 * The frontends against backends written for the purpose: a store, a disk and a network device of a few lines each, which
 * stand outside of the machine, where dom0 will be, and reach the guest's memory by its grants.
 */
import { expect, test } from 'vitest';
import { blkif_request, blkif_request_segment, blkif_response } from '../../../hypervisor/abi/blkif.ts';
import { BLKIF_OP_WRITE, BLKIF_RING_SIZE } from '../../../hypervisor/abi/blkif.ts';
import { GTF_permit_access, GTF_readonly } from '../../../hypervisor/abi/grant-table.ts';
import { NETIF_RING_SIZE, netif_rx_request, netif_tx_request } from '../../../hypervisor/abi/netif.ts';
import { sring } from '../../../hypervisor/abi/ring.ts';
import { start_info } from '../../../hypervisor/abi/start-info.ts';
import * as xs from '../../../hypervisor/abi/xenstore.ts';
import type { Domain } from '../../../hypervisor/state/domain.ts';
import { ECS_UNBOUND } from '../../../hypervisor/state/event-channels.ts';
import { entryAddress } from '../../../hypervisor/grants/grant-table.ts';
import { checkFrameTable } from '../../../hypervisor/state/check.ts';
import { loadCore } from '../../../ui/lab/core-node.ts';
import { Lab } from '../../../ui/lab/lab.ts';
import { buildKernel } from '../../toolchain/build.ts';
import { readSources } from '../../toolchain/node.ts';
import { notify } from '../../../hypervisor/events/send.ts';

const PAGE = 4096;
const ring = xs.xenstore_domain_interface.offset;

/** A guest's memory as seen from outside. */
class Outside {
  readonly lab: Lab;
  readonly domain: Domain;

  constructor(lab: Lab) {
    this.lab = lab;
    this.domain = lab.domain;
  }

  view(mfn: number): DataView {
    const { bytes } = this.lab.hypervisor.machine;
    return new DataView(bytes.buffer, bytes.byteOffset + mfn * PAGE, PAGE);
  }

  startInfo(): DataView {
    const { frames } = this.lab.hypervisor;
    const magic = new TextEncoder().encode('xen-3.0-x86_64\0');
    for (let mfn = 0; mfn < frames.frames; mfn++)
      if (magic.every((byte, at) => this.view(mfn).getUint8(at) === byte)) return this.view(mfn);
    throw new Error('no start_info');
  }

  /** The page behind a grant. */
  granted(ref: number, write: boolean): DataView {
    const at = entryAddress(this.domain.grants, ref);
    const entry = this.view(Math.floor(at / PAGE));
    const flags = entry.getUint16(at % PAGE, true);
    expect(flags & GTF_permit_access).toBe(GTF_permit_access);
    if (write) expect(flags & GTF_readonly).toBe(0);
    return this.view(entry.getUint32((at % PAGE) + 4, true));
  }

  notify(port: number): void {
    notify(this.lab.hypervisor, this.domain, port);
  }
}

/** The store: nodes without permissions, watches, and transactions that always work. */
class Store {
  readonly nodes: Map<string, string>;
  readonly watches: [path: string, token: string][] = [];
  private readonly outside: Outside;
  readonly port: number;
  /** The guest has written a node. */
  onWrite: (path: string, value: string) => void = () => undefined;
  private received: number[] = [];
  private waiting: number[] = [];

  constructor(outside: Outside, nodes: Record<string, string>) {
    this.outside = outside;
    this.nodes = new Map(Object.entries(nodes));
    const channel = outside.domain.events.allocate()!;
    channel.state = ECS_UNBOUND;
    this.port = channel.port;
    // As the domain builder would have told the guest.
    outside.startInfo().setUint32(start_info.offset.store_evtchn, this.port, true);
  }

  serve(): void {
    const page = this.outside.view(this.outside.domain.storeMfn);
    let at = page.getUint32(ring.req_cons, true);
    for (; at !== page.getUint32(ring.req_prod, true); at = (at + 1) >>> 0)
      this.received.push(page.getUint8(ring.req + (at & 1023)));
    page.setUint32(ring.req_cons, at, true);
    while (this.received.length >= 16) {
      const header = new DataView(Uint8Array.from(this.received.slice(0, 16)).buffer);
      const length = header.getUint32(12, true);
      if (this.received.length < 16 + length) break;
      const payload = new TextDecoder().decode(
        Uint8Array.from(this.received.splice(0, 16 + length)).subarray(16),
      );
      const type = header.getUint32(0, true);
      const result = this.answer(type, payload);
      this.send(result === undefined ? xs.XS_ERROR : type, header.getUint32(4, true), result ?? 'ENOENT\0');
      if (type === xs.XS_WATCH) this.tell(payload.split('\0')[0]!, payload.split('\0')[1]!);
      if (type === xs.XS_WRITE) this.written(payload.split('\0')[0]!);
    }
    this.flush();
    this.outside.notify(this.port);
  }

  /** The backend writes a node. */
  write(path: string, value: string): void {
    this.nodes.set(path, value);
    this.changed(path);
  }

  private answer(type: number, payload: string): string | undefined {
    const [path = '', rest = ''] = payload.split('\0');
    if (type === xs.XS_READ) return this.nodes.get(path);
    if (type === xs.XS_TRANSACTION_START) return '7\0';
    if (type === xs.XS_WRITE) this.nodes.set(path, rest);
    if (type === xs.XS_WATCH) this.watches.push([path, rest]);
    return 'OK\0';
  }

  private written(path: string): void {
    this.changed(path);
    this.onWrite(path, this.nodes.get(path)!);
  }

  private changed(path: string): void {
    for (const [watched, token] of this.watches) if (path.startsWith(watched)) this.tell(path, token);
  }

  private tell(path: string, token: string): void {
    this.send(xs.XS_WATCH_EVENT, 0, `${path}\0${token}\0`);
  }

  private send(type: number, request: number, text: string): void {
    const payload = new TextEncoder().encode(text);
    this.waiting.push(...new Uint8Array(Uint32Array.of(type, request, 0, payload.length).buffer), ...payload);
  }

  private flush(): void {
    const page = this.outside.view(this.outside.domain.storeMfn);
    let at = page.getUint32(ring.rsp_prod, true);
    while (this.waiting.length > 0 && at - page.getUint32(ring.rsp_cons, true) < 1024)
      page.setUint8(ring.rsp + (at++ & 1023), this.waiting.shift()!);
    page.setUint32(ring.rsp_prod, at, true);
  }
}

/** The other side of a ring of requests. */
class BackRing {
  readonly page: DataView;
  private readonly size: number;
  private readonly bytes: number;
  private consumed = 0;
  private produced = 0;

  constructor(page: DataView, bytes: number, size: number) {
    this.page = page;
    this.bytes = bytes;
    this.size = size;
  }

  private at(index: number): number {
    return sring.size + (index % this.size) * this.bytes;
  }

  /** Where the next request is; undefined: there is none. */
  next(): number | undefined {
    this.page.setUint32(sring.offset.req_event, this.consumed + 1, true);
    if (this.consumed === this.page.getUint32(sring.offset.req_prod, true)) return undefined;
    return this.at(this.consumed++);
  }

  respond(fill: (at: number) => void): void {
    fill(this.at(this.produced++));
    this.page.setUint32(sring.offset.rsp_prod, this.produced, true);
  }
}

const core = loadCore();

async function boot(
  main: string,
  nodes: Record<string, string>,
): Promise<{ outside: Outside; store: Store }> {
  const { file } = await buildKernel(new Map([...readSources(), ['tested/main.ts', main]]), 'tested');
  const lab = await Lab.boot(core, { kernel: file, commandLine: '', memoryMb: 32, vcpus: 1 });
  const outside = new Outside(lab);
  return { outside, store: new Store(outside, nodes) };
}

/** Runs the guest; `served` is called with every port that it raises. What it printed. */
function run({ outside, store }: { outside: Outside; store: Store }, served: (port: number) => void): string {
  const { lab } = outside;
  const { hypervisor } = lab;
  let text = '';
  lab.onConsole((bytes) => (text += new TextDecoder().decode(bytes)));
  hypervisor.onNotify = (domain, port) => {
    if (port === store.port) store.serve();
    else if (port !== domain.consolePort) served(port);
  };
  while (lab.ns < 60e9) if (lab.run({}, 50_000_000) !== undefined) break;
  expect(checkFrameTable(hypervisor.frames, hypervisor.domains)).toEqual([]);
  return text;
}

const COMMON = {
  'device/x/backend': '/local/domain/0/backend/x',
  'device/x/backend-id': '0',
  '/local/domain/0/backend/x/state': '2',
};

test('the store answers, refuses, and tells of changes', async () => {
  const guest = await boot(
    `
    import { initKernel } from 'kernel/boot';
    import { print, printBytes, printNumber } from 'kernel/console/print';
    import { shutdown } from 'kernel/traps/panic';
    import { readNumber, readText, writeText } from 'kernel/store/store';
    import { WaitQueue } from 'kernel/threads/wait';
    import { Watch, watch } from 'kernel/store/watches';
    import { initXenbus } from 'kernel/store/xenbus';
    const A = memory.data<u8>([97, 0]);
    const told = new WaitQueue();
    let count = 0;
    class Teller extends Watch {
      changed(path: usize): void { print("[");  printBytes(path); print("]"); count++; told.wake(); }
    }
    export function main(): void {
      initKernel();
      initXenbus();
      printNumber(readNumber(A, "n")); print(" ");
      printNumber(readNumber(A, "none")); print(" ");
      const to = memory.data(64);
      printNumber(readText(A, "text", to, 64)); printBytes(to);
      watch(A, new Teller());
      while (count < 1) told.sleep();
      writeText(0, A, "new", "value");
      while (count < 2) told.sleep();
      shutdown(0);
    }`,
    { 'a/n': '4711', 'a/text': 'some text' },
  );
  expect(run(guest, () => undefined)).toBe('4711 -2 9some text[a][a/new]');
  expect(guest.store.nodes.get('a/new')).toBe('value');
});

test('a disk is read and written through the block frontend', async () => {
  const guest = await boot(
    `
    import { BlockFrontend } from 'kernel/frontends/blkfront';
    import { initKernel } from 'kernel/boot';
    import { print, printNumber } from 'kernel/console/print';
    import { allocatePages } from 'kernel/memory/pages';
    import { shutdown } from 'kernel/traps/panic';
    import { initXenbus } from 'kernel/store/xenbus';
    const disk = new BlockFrontend(memory.data<u8>([100, 101, 118, 105, 99, 101, 47, 120, 0]));
    export function main(): void {
      initKernel();
      initXenbus();
      assert(disk.connect((port: u32) => { disk.serve(); }), "not connected");
      printNumber(disk.sectors);
      const memory = allocatePages(40);
      assert(disk.transfer(false, 3, memory + 512, 250) == 0);
      print(load<u8>(memory + 512) == 3 && load<u8>(memory + 250 * 512) == 252 ? " read" : " wrong");
      store<u64>(memory + 1024, 0x0123456789abcdef);
      assert(disk.transfer(true, 10, memory + 1024, 1) == 0);
      printNumber(disk.transfer(false, 255, memory, 2));
      shutdown(0);
    }`,
    { ...COMMON, '/local/domain/0/backend/x/sectors': '256', '/local/domain/0/backend/x/info': '0' },
  );
  const { outside, store } = guest;
  const disk = new Uint8Array(256 * 512).map((_, at) => Math.floor(at / 512));
  let back: BackRing | undefined;
  connectBackend(store, '3', () => {
    const ref = Number(store.nodes.get('device/x/ring-ref'));
    back = new BackRing(outside.granted(ref, true), blkif_request.size, BLKIF_RING_SIZE);
  });
  const text = run(guest, (port) => {
    expect(port).toBe(Number(store.nodes.get('device/x/event-channel')));
    serveDisk(outside, back!, disk);
    outside.notify(port);
  });
  expect(text).toBe('256 read-5');
  expect([...disk.subarray(10 * 512, 10 * 512 + 3)]).toEqual([0xef, 0xcd, 0xab]);
  expect(disk[9 * 512]).toBe(9);
  expect(store.nodes.get('device/x/state')).toBe('4');
});

/** Says that the backend is connected when the frontend has published its rings, which `state` says. */
function connectBackend(store: Store, state: string, open: () => void): void {
  store.onWrite = (path, value) => {
    if (
      path !== 'device/x/state' ||
      value !== state ||
      store.nodes.get('/local/domain/0/backend/x/state') === '4'
    )
      return;
    open();
    store.write('/local/domain/0/backend/x/state', '4');
  };
}

test('of two answers to one request of the block frontend the first counts', async () => {
  const guest = await boot(
    `
    import { BlockFrontend } from 'kernel/frontends/blkfront';
    import { initKernel } from 'kernel/boot';
    import { printNumber } from 'kernel/console/print';
    import { allocatePages } from 'kernel/memory/pages';
    import { makeRunnable, Thread } from 'kernel/threads/threads';
    import { shutdown } from 'kernel/traps/panic';
    import { initXenbus } from 'kernel/store/xenbus';
    const disk = new BlockFrontend(memory.data<u8>([100, 101, 118, 105, 99, 101, 47, 120, 0]));
    class Reader extends Thread {
      run(): void {
        printNumber(disk.transfer(false, 0, allocatePages(1), 1));
        shutdown(0);
      }
    }
    export function main(): void {
      initKernel();
      initXenbus();
      assert(disk.connect((port: u32) => { disk.serve(); }), "not connected");
      const reader = new Reader();
      reader.prepare();
      makeRunnable(reader);
      printNumber(disk.transfer(false, 8, allocatePages(1), 1));
    }`,
    { ...COMMON, '/local/domain/0/backend/x/sectors': '256', '/local/domain/0/backend/x/info': '0' },
  );
  const { outside, store } = guest;
  let back: BackRing | undefined;
  connectBackend(store, '3', () => {
    const ref = Number(store.nodes.get('device/x/ring-ref'));
    back = new BackRing(outside.granted(ref, true), blkif_request.size, BLKIF_RING_SIZE);
  });
  const ids: bigint[] = [];
  const text = run(guest, (port) => {
    const ring = back!;
    for (let at = ring.next(); at !== undefined; at = ring.next())
      ids.push(ring.page.getBigUint64(at + blkif_request.offset.id, true));
    if (ids.length < 2) return;
    // The second one's, twice: done, and failed.
    for (const status of [0, -1])
      ring.respond((to) => {
        ring.page.setBigUint64(to + blkif_response.offset.id, ids[1]!, true);
        ring.page.setInt16(to + blkif_response.offset.status, status, true);
      });
    outside.notify(port);
  });
  expect([ids, text]).toEqual([[0n, 1n], '0']);
});

function serveDisk(outside: Outside, back: BackRing, disk: Uint8Array): void {
  const { offset } = blkif_request;
  for (let at = back.next(); at !== undefined; at = back.next()) {
    const write = back.page.getUint8(at + offset.operation) === BLKIF_OP_WRITE;
    let sector = Number(back.page.getBigUint64(at + offset.sector_number, true));
    for (let n = 0; n < back.page.getUint8(at + offset.nr_segments); n++) {
      const segment = at + offset.seg + n * blkif_request_segment.size;
      const page = outside.granted(back.page.getUint32(segment, true), !write);
      const first = back.page.getUint8(segment + blkif_request_segment.offset.first_sect);
      const count = back.page.getUint8(segment + blkif_request_segment.offset.last_sect) - first + 1;
      const memory = new Uint8Array(page.buffer, page.byteOffset + first * 512, count * 512);
      const sectors = disk.subarray(sector * 512, (sector + count) * 512);
      if (write) sectors.set(memory);
      else memory.set(sectors);
      sector += count;
    }
    const id = back.page.getBigUint64(at + offset.id, true);
    back.respond((to) => {
      back.page.setBigUint64(to + blkif_response.offset.id, id, true);
      back.page.setInt16(to + blkif_response.offset.status, 0, true);
    });
  }
}

test('packets go and come through the network frontend', async () => {
  const guest = await boot(
    `
    import { initKernel } from 'kernel/boot';
    import { print, printNumber } from 'kernel/console/print';
    import { NetworkFrontend } from 'kernel/frontends/netfront';
    import { shutdown } from 'kernel/traps/panic';
    import { WaitQueue } from 'kernel/threads/wait';
    import { initXenbus } from 'kernel/store/xenbus';
    const arrival = new WaitQueue();
    let sum: u32 = 0;
    let packets = 0;
    class Tested extends NetworkFrontend {
      protected received(packet: usize, bytes: u32): void {
        for (let index: u32 = 0; index < bytes; index++) sum += load<u8>(packet + index);
        packets++;
        arrival.wake();
      }
    }
    const net = new Tested(memory.data<u8>([100, 101, 118, 105, 99, 101, 47, 120, 0]));
    export function main(): void {
      initKernel();
      initXenbus();
      assert(net.connect((port: u32) => { net.serve(); }), "not connected");
      printNumber(net.address[1]); print(" ");
      for (let count = 0; count < 300; count++) {
        const packet = memory.data(1514);
        memory.fill(packet, <u8>(count & 7), 1000);
        assert(net.send(packet, 1000) == 0, "no buffer");
        while (packets <= count) arrival.sleep();
      }
      printNumber(packets); print(" ");
      printNumber(sum);
      shutdown(0);
    }`,
    { ...COMMON, 'device/x/mac': '00:16:3e:01:02:03' },
  );
  const { outside, store } = guest;
  let sent: BackRing | undefined;
  let buffers: BackRing | undefined;
  connectBackend(store, '4', () => {
    const ringAt = (name: string): DataView =>
      outside.granted(Number(store.nodes.get(`device/x/${name}`)), true);
    sent = new BackRing(ringAt('tx-ring-ref'), netif_tx_request.size, NETIF_RING_SIZE);
    buffers = new BackRing(ringAt('rx-ring-ref'), netif_rx_request.size, NETIF_RING_SIZE);
  });
  // Before the first one, a packet that would end behind its page.
  let liesLeft = 1;
  const fill = (at: number, offset: number, size: number): void => {
    const bufferId = buffers!.page.getUint16(at, true);
    buffers!.respond((response) => {
      [bufferId, offset, 0, size].forEach((value, n) => {
        buffers!.page.setUint16(response + n * 2, value, true);
      });
    });
  };
  /** Every packet comes back. */
  const text = run(guest, (port) => {
    const { offset } = netif_tx_request;
    if (liesLeft-- > 0) fill(buffers!.next()!, PAGE - 100, 200);
    for (let at = sent!.next(); at !== undefined; at = sent!.next()) {
      const page = outside.granted(sent!.page.getUint32(at + offset.gref, true), false);
      const size = sent!.page.getUint16(at + offset.size, true);
      const packet = new Uint8Array(
        page.buffer,
        page.byteOffset + sent!.page.getUint16(at + offset.offset, true),
        size,
      );
      const id = sent!.page.getUint16(at + offset.id, true);
      const to = buffers!.next()!;
      const buffer = outside.granted(buffers!.page.getUint32(to + netif_rx_request.offset.gref, true), true);
      new Uint8Array(buffer.buffer, buffer.byteOffset + 2, size).set(packet);
      fill(to, 2, size);
      sent!.respond((response) => {
        sent!.page.setUint16(response, id, true);
        sent!.page.setInt16(response + 2, 0, true);
      });
    }
    outside.notify(port);
  });
  const sum = Array.from({ length: 300 }, (_, count) => (count & 7) * 1000).reduce((a, b) => a + b);
  expect(text).toBe(`22 300 ${String(sum)}`);
});
