/** Where the rings of split devices are: each frontend has said it in the store. Saved with the world, as all that was heard. */
import type { TraceDetail } from '../../hypervisor/trace/event.ts';
import type { StoreNode } from './xenstore/node.ts';

type StoreMessage = Extract<TraceDetail, { kind: 'xenstore' }>;

/** A ring of requests and responses that a frontend has told of. */
export interface KnownRing {
  readonly frontend: number;
  readonly device: number;
  /** What the frontend calls the references of its pages: `ring-ref`, `tx-ring-ref`, `rx-ring-ref`. */
  readonly node: string;
  /** References of its pages, in order. */
  readonly refs: number[];
  /** It was connected when nobody watched: what is in it when it is found is not to be told. */
  readonly wasThere: boolean;
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

  /** What the store has: rings that were connected when nobody watched are known from now on. */
  learn(node: StoreNode, path = ''): void {
    for (const child of node.children) this.learn(child, `${path}/${child.name}`);
    const page = NODE.exec(path)?.[4];
    if (page === undefined) return;
    const known = this.rings.get(path.slice(0, path.length - page.length));
    if (known === undefined || (known.wasThere && Number(page) > 0)) this.known(path, node.value, true);
  }

  private written({ path, text }: StoreMessage): void {
    this.known(path, text, false);
  }

  private known(path: string, text: string, wasThere: boolean): void {
    const [, domain, device, node, page] = NODE.exec(path) ?? [];
    const ref = Number(text);
    if (node === undefined || page === undefined || !Number.isInteger(ref)) return;
    const name = path.slice(0, path.length - page.length);
    const before = this.rings.get(name);
    if (before !== undefined && Number(page) > 0) before.refs[Number(page)] = ref;
    else
      this.rings.set(name, { frontend: Number(domain), device: Number(device), node, refs: [ref], wasThere });
  }
}
