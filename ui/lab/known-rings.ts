/** Where the rings of split devices are: each frontend has said it in the store. Saved with the world, as all that was heard. */
import type { TraceDetail } from '../../hypervisor/trace/event.ts';

type StoreMessage = Extract<TraceDetail, { kind: 'xenstore' }>;

/** A ring of requests and responses that a frontend has told of. */
export interface KnownRing {
  readonly frontend: number;
  readonly device: number;
  /** What the frontend calls the references of its pages: `ring-ref`, `tx-ring-ref`, `rx-ring-ref`. */
  readonly node: string;
  /** References of its pages, in order. */
  readonly refs: number[];
}

const NODE = /^\/local\/domain\/(\d+)\/device\/(?:vbd|vif)\/(\d+)\/((?:tx-|rx-)?ring-ref)(\d*)$/;

export class KnownRings {
  /** By its node in the store, without the number of a page. A device that is connected anew has another. */
  readonly rings = new Map<string, KnownRing>();

  hear(told: StoreMessage): void {
    if (told.way !== 'request') return;
    if (told.message === 'WRITE') this.written(told);
    else if (told.message === 'RM')
      for (const name of this.rings.keys()) if (name.startsWith(`${told.path}/`)) this.rings.delete(name);
  }

  private written({ path, text }: StoreMessage): void {
    const [, domain, device, node, page] = NODE.exec(path) ?? [];
    const ref = Number(text);
    if (node === undefined || page === undefined || !Number.isInteger(ref)) return;
    const name = path.slice(0, path.length - page.length);
    const before = this.rings.get(name);
    if (before !== undefined && Number(page) > 0) before.refs[Number(page)] = ref;
    else this.rings.set(name, { frontend: Number(domain), device: Number(device), node, refs: [ref] });
  }
}
