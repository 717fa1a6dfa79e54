/**
 * Asks the store's server, whoever that is, by its own protocol: a request is put into domain 0's ring, as domain 0's kernel
 * would, and the host goes on until the answer is there. All that is aside (aside.ts): it has never happened.
 */
import * as xs from '../../../hypervisor/abi/xenstore.ts';
import { start_info } from '../../../hypervisor/abi/start-info.ts';
import { notify } from '../../../hypervisor/events/send.ts';
import { transfer } from '../../../hypervisor/memory/guest-frames.ts';
import { PAGE_BYTES } from '../../../hypervisor/memory/pages.ts';
import { ECS_INTERDOMAIN } from '../../../hypervisor/state/event-channels.ts';
import type { Xen } from '../../../hypervisor/xen.ts';
import { aside } from '../aside.ts';
import type { Lab } from '../lab.ts';
import { RingTap } from '../ring-tap.ts';
import { StoreSilent } from './node.ts';
import type { StoreNode } from './node.ts';
import { messageBytes, MessageStream, textOf } from './messages.ts';
import type { StoreMessage } from './messages.ts';
import { storeRingOf } from './rings.ts';
import type { StoreRing } from './rings.ts';

/** How often it is looked whether the answer is there, and how long is waited for it, in ns of guest time. */
const SLICE_NS = 20_000;
const PATIENCE_NS = 2e9;
/** An id that no client comes to. */
const OWN_ID = 0x7e0a5c0b;
/** It goes into the ring at once. */
const LONGEST_PATH = 900;
const ENOENT = 'ENOENT';

/**
 * A node of the store and all that is below it; null: there is none. `patienceNs`: how long is waited for each answer, in
 * guest time. Throws StoreSilent.
 */
export function storeTree(lab: Lab, path = '/', patienceNs = PATIENCE_NS): StoreNode | null {
  return aside(lab, (xen) => {
    const client = new Client(lab, xen, patienceNs);
    const name = path === '/' ? '/' : path.slice(path.lastIndexOf('/') + 1);
    return client.tree(path.replace(/(?<=.)\/+$/, ''), name);
  });
}

/** The value of a node; null: there is none. Throws StoreSilent. */
export function storeValue(lab: Lab, path: string): string | null {
  return aside(lab, (xen) => new Client(lab, xen).ask(xs.XS_READ, path));
}

class Client {
  private readonly lab: Lab;
  private readonly xen: Xen;
  private readonly ring: StoreRing;
  private readonly patienceNs: number;

  constructor(lab: Lab, xen: Xen, patienceNs = PATIENCE_NS) {
    this.lab = lab;
    this.xen = xen;
    this.patienceNs = patienceNs;
    const ring = lab.domain.isPrivileged ? storeRingOf(xen, lab.domain) : null;
    if (ring === null) throw new StoreSilent('nobody serves one here yet');
    this.ring = ring;
  }

  tree(path: string, name: string): StoreNode | null {
    const value = this.ask(xs.XS_READ, path);
    if (value === null) return null;
    const names = (this.ask(xs.XS_DIRECTORY, path) ?? '').split('\0').filter((each) => each !== '');
    const children = names.map((each) => this.tree(`${path === '/' ? '' : path}/${each}`, each));
    return { name, value, children: children.filter((child) => child !== null) };
  }

  /** The answer's payload; null: there is no such node. */
  ask(type: number, path: string): string | null {
    if (!path.startsWith('/') || path.length > LONGEST_PATH)
      throw new RangeError(`${path}: a node of the store is named from the root, as /local/domain/0 is`);
    this.waitFor(() => (this.isQuiet && this.kernelIsAway) || null);
    const answers = this.tap();
    this.send({ type, id: OWN_ID, transaction: 0, payload: `${path}\0` });
    const answer = this.waitFor(() => answers().find(({ id }) => id === OWN_ID) ?? null);
    if (answer.type !== xs.XS_ERROR) return answer.payload;
    const why = textOf(answer.payload);
    if (why === ENOENT) return null;
    throw new StoreSilent(`its server says ${why} to ${path}`);
  }

  /** Nothing is on its way. */
  private get isQuiet(): boolean {
    const { req_prod, req_cons, rsp_prod, rsp_cons } = this.ring;
    return this.word(req_prod) === this.word(req_cons) && this.word(rsp_prod) === this.word(rsp_cons);
  }

  /**
   * Domain 0's own kernel is not putting a request into the ring: it does that with one vcpu and without sleeping, and moves
   * the producer last; what is put in between comes under its own bytes.
   */
  private get kernelIsAway(): boolean {
    return this.lab.domain.vcpus.every((vcpu) => vcpu.down || vcpu.blocked || !vcpu.guestKernelMode);
  }

  private word(address: number): number {
    return this.xen.machine.words[address / 4]!;
  }

  private tap(): () => StoreMessage[] {
    const { rsp, rsp_prod } = this.ring;
    const tap = new RingTap(
      { data: rsp, producer: rsp_prod, bytes: xs.XENSTORE_RING_SIZE },
      this.word(rsp_prod),
    );
    const stream = new MessageStream();
    return () => stream.take(tap.look(this.xen.machine) ?? new Uint8Array(0));
  }

  private send(message: StoreMessage): void {
    const { frames } = this.xen;
    const { req, req_prod } = this.ring;
    const producer = this.word(req_prod);
    const bytes = messageBytes(message);
    for (const [n, byte] of bytes.entries())
      transfer(frames, req + ((producer + n) % xs.XENSTORE_RING_SIZE), Uint8Array.of(byte));
    transfer(frames, req_prod, new Uint8Array(Uint32Array.of(producer + bytes.length).buffer));
    this.notifyServer();
  }

  /** As EVTCHNOP_send on domain 0's port would. */
  private notifyServer(): void {
    const { xen, lab } = this;
    const told = (lab.domain.startInfoMfn * PAGE_BYTES + start_info.offset.store_evtchn) / 4;
    const channel = lab.domain.events.at(xen.machine.words[told]!);
    const server = channel?.state === ECS_INTERDOMAIN ? xen.domains.get(channel.remoteDomain) : undefined;
    if (channel === null || server === undefined) throw new StoreSilent('its server is gone');
    notify(xen, server, channel.remotePort);
  }

  private waitFor<T>(look: () => T | null): T {
    const { xen, lab } = this;
    const untilNs = lab.ns + this.patienceNs;
    for (;;) {
      const found = look();
      if (found !== null) return found;
      if (lab.ns > untilNs) throw new StoreSilent('its server does not answer');
      const stop = xen.run(xen.ticks() + Math.ceil(SLICE_NS / lab.periodNs), true);
      // Nobody does anything any more: no clock goes on that it could be waited by.
      if (stop.kind === 'idle') {
        const late = look();
        if (late !== null) return late;
        throw new StoreSilent('its server does not answer');
      }
      if (stop.kind === 'shutdown' && stop.domain === lab.domain) throw new StoreSilent('domain 0 has ended');
      if (stop.kind === 'waiting')
        throw new StoreSilent('domain 0 waits for a disk whose bytes are elsewhere');
    }
  }
}
