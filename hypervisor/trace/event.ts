/** What a trace consists of: typed events in Xen's vocabulary. An event that has `span` encloses later ones. */
import type { Given, Plain } from './values.ts';

/** What happened, by `kind`. Add a variant for a new kind of step. */
export type TraceDetail =
  | {
      readonly kind: 'hypercall';
      readonly number: number;
      readonly name: string;
      /** The six arguments as u32 halves. */
      readonly words: readonly number[];
      /** The arguments as text, decoded by the hypercall's table. */
      readonly args: string;
      /** What they point to, and which command it is. */
      readonly given: Given;
      result: number | null;
      /** What of that Xen has changed: once there is a result. */
      gave: readonly Plain[];
      /** Why it failed: what the last check that said no within it had to say. */
      refusal: string | null;
    }
  /** A check says no. The errno, or GNTST_*, that it stands for; which check, with what it looked at. */
  | { readonly kind: 'refusal'; readonly error: number; readonly why: string }
  | { readonly kind: 'emulated'; readonly rip: number; readonly instruction: string }
  | { readonly kind: 'cpuid'; readonly leaf: number; readonly subleaf: number }
  | { readonly kind: 'failsafe'; readonly rip: number }
  | { readonly kind: 'trap'; readonly vector: number; readonly error: number; readonly rip: number }
  | { readonly kind: 'page_fault'; readonly address: number; readonly error: number; readonly rip: number }
  /** `entry`: what the entry is then, in two halves. */
  | {
      readonly kind: 'ptwr';
      readonly address: number;
      readonly rip: number;
      readonly entry: readonly [number, number];
    }
  | { readonly kind: 'math_state_restore' }
  | { readonly kind: 'upcall' }
  | { readonly kind: 'port'; readonly domain: number; readonly port: number }
  /**
   * `domain` uses what `granter` has granted as `ref` (-1: none was used): a frame of the machine. `bytes`: that were copied.
   * A frame that is transferred goes from the granter to the domain, whose reference it is.
   */
  | {
      readonly kind: 'grant';
      readonly change: 'mapped' | 'unmapped' | 'copied' | 'transferred';
      readonly domain: number;
      readonly granter: number;
      readonly ref: number;
      readonly mfn: number;
      readonly readOnly: boolean;
      readonly bytes: number;
    }
  /** A port is otherwise than before: what it is bound to, or whether it is masked. */
  | {
      readonly kind: 'channel';
      readonly domain: number;
      readonly port: number;
      readonly from: string;
      readonly to: string;
    }
  /** To a vcpu of a domain, which need not be who runs: so with timers and changes. */
  | { readonly kind: 'virq'; readonly virq: number; readonly domain: number; readonly vcpu: number }
  | {
      readonly kind: 'timer';
      readonly domain: number;
      readonly vcpu: number;
      readonly timer: 'singleshot' | 'periodic' | 'poll';
    }
  /** Something is otherwise than without a seed (devices/chance.ts): its name, and how much, in what it is counted in. */
  | { readonly kind: 'variation'; readonly name: string; readonly amount: number }
  /** `reason`: why who ran does not go on. `sliceNs`: how long the next may run. `waiting`: who waits for the processor, in order. */
  | {
      readonly kind: 'schedule';
      readonly processor: number;
      readonly from: string;
      readonly to: string;
      readonly reason: string;
      readonly sliceNs: number;
      readonly waiting: readonly string[];
    }
  | {
      readonly kind: 'vcpu';
      readonly domain: number;
      readonly vcpu: number;
      readonly change: 'wake' | 'block' | 'poll' | 'page' | 'up' | 'down';
    }
  | { readonly kind: 'shutdown'; readonly domain: number; readonly reason: number }
  | { readonly kind: 'crash'; readonly domain: number; readonly message: string }
  | { readonly kind: 'console'; readonly domain: number; readonly text: string }
  | { readonly kind: 'page_type'; readonly mfn: number; readonly from: string; readonly to: string }
  | { readonly kind: 'validate'; readonly mfn: number; readonly level: number }
  | { readonly kind: 'invalidate'; readonly mfn: number; readonly level: number }
  /** A page-table entry that the guest asks for, in two halves. */
  | {
      readonly kind: 'entry';
      readonly mfn: number;
      readonly slot: number;
      readonly level: number;
      readonly low: number;
      readonly high: number;
    }
  /** One operation of an mmuext_op: its name, and its first argument. */
  | { readonly kind: 'mmuext'; readonly command: string; readonly argument: number }
  /** A command of domctl, and the domain that it is about. */
  | { readonly kind: 'domctl'; readonly command: string; readonly domain: number }
  /**
   * A command of XEN_DOMCTL_shadow_op, by its name: how many pages are dirty; of CLEAN, which: a bit
   * for each pfn, as far as any is.
   */
  | {
      readonly kind: 'shadow_op';
      readonly command: string;
      readonly domain: number;
      readonly dirty: number;
      readonly bits: Uint8Array;
    }
  /** What XEN_DOMCTL_getpageframeinfo3 says of pages, in the order in which it was asked: XEN_DOMCTL_PFINFO_*, their upper four bits. */
  | {
      readonly kind: 'page_info';
      readonly domain: number;
      readonly pfns: Uint32Array;
      readonly types: Uint8Array;
    }
  /**
   * A page of a domain whose contents are elsewhere: they are from now on (evict), somebody waits for them (populate), they have come
   * (prep), as Xen's mem_paging calls it.
   */
  | {
      readonly kind: 'paging';
      readonly change: 'evict' | 'populate' | 'prep';
      readonly domain: number;
      readonly mfn: number;
      readonly pfn: number;
    }
  /** A command of platform_op. */
  | { readonly kind: 'platform_op'; readonly command: string }
  | { readonly kind: 'pin'; readonly mfn: number; readonly level: number }
  | { readonly kind: 'unpin'; readonly mfn: number }
  | {
      readonly kind: 'page';
      readonly mfn: number;
      readonly change: 'allocated' | 'freed';
      readonly domain: number;
    }
  | { readonly kind: 'tlb'; readonly what: 'flush' | 'page'; readonly address: number }
  /**
   * A device of the machine has done something for its driver, by direct access to memory: of a disk, from a sector on; of a
   * card a frame, in words. `buffers`: how many pieces of memory the bytes lie in.
   */
  | {
      readonly kind: 'device';
      readonly device: 'disk' | 'network card';
      readonly action: 'read' | 'write' | 'flush' | 'send' | 'receive';
      readonly sector: number;
      readonly bytes: number;
      readonly buffers: number;
      readonly text: string;
    }
  /**
   * An entry of a ring between a frontend (`domain`) and its backend, which Xen knows nothing of: a request or a response, in
   * words, with the grants that it names; or bytes of a console's. `index`: of the entry, counted since the ring was made; of
   * bytes, how many there were then. `device`: its number in the store. `id`: by which an answer names its request; of bytes 0.
   */
  | {
      readonly kind: 'ring';
      readonly ring: 'block' | 'transmit' | 'receive' | 'printed' | 'typed';
      readonly domain: number;
      readonly backend: number;
      readonly device: number;
      readonly way: 'request' | 'response' | 'produced' | 'consumed';
      readonly index: number;
      readonly id: number;
      readonly text: string;
      readonly refs: readonly number[];
      /** Of data that go from domain to domain by it: of a packet or of what is printed; none of them is counted twice. */
      readonly bytes: number;
    }
  /** A message between a domain and the store's server, which Xen knows nothing of: who watches has seen it in their ring. */
  | {
      readonly kind: 'xenstore';
      readonly domain: number;
      readonly way: 'request' | 'answer' | 'watch';
      /** Its type, as in xs_wire.h without XS_; of an error, that of the request, and whether it is one. */
      readonly message: string;
      readonly isError: boolean;
      readonly transaction: number;
      /** The node that it is about, from the root; empty: none. */
      readonly path: string;
      /** What else it says: a value, names, a token, an errno. */
      readonly text: string;
    };

/** An event: where and when, and what. `depth` is the number of spans open around it. */
export interface TraceEvent {
  /** Ticks of the machine's clock. */
  readonly ticks: number;
  /** Domain and vcpu that were running; -1 for the hypervisor itself. */
  readonly domain: number;
  readonly vcpu: number;
  readonly depth: number;
  readonly detail: TraceDetail;
}
