/**
 * A client: a domain, by the ring that it shares with the store, or domain 0's own kernel. Bytes come and go as there is room;
 * a client that breaks the ring's rules is not listened to any more.
 */
import { xenstore_domain_interface, xsd_sockmsg, XENSTORE_PAYLOAD_MAX, XENSTORE_RING_SIZE } from 'xen';
import { load32, load8, store32, store8 } from 'programs/lib/intrinsics';
import { View } from './store';

const MASK: u32 = XENSTORE_RING_SIZE - 1;
const HEADER: i32 = <i32>xsd_sockmsg.SIZE;
/** What waits for room in a ring; a client that lets more wait is dropped. */
const MAX_WAITING: i32 = 1 << 20;

/** Where a payload becomes text. */
const characters = new ArrayBuffer(2 * <i32>XENSTORE_PAYLOAD_MAX);

export class Watch {
  constructor(
    /** As it was asked for, and as it is from the root. */
    public given: string,
    public path: string,
    public token: string,
  ) {}
}

export class Connection {
  watches: Watch[] = [];
  transactions: Map<u32, View> = new Map<u32, View>();
  nextTransaction: u32 = 1;
  isBroken: bool = false;
  /** The request that arrives. */
  readonly request: ArrayBuffer = new ArrayBuffer(HEADER + <i32>XENSTORE_PAYLOAD_MAX);
  received: i32 = 0;
  private waiting: ArrayBuffer[] = [];
  private waitingBytes: i32 = 0;
  /** Bytes of the first that are sent. */
  private sent: i32 = 0;

  constructor(
    public domid: u32,
    private ring: u64,
    public port: u32,
  ) {}

  get base(): string {
    return '/local/domain/' + this.domid.toString();
  }

  get header(): usize {
    return changetype<usize>(this.request);
  }

  /** The request's payload as text, a character a byte. */
  get payload(): string {
    const length = this.received - HEADER;
    const at = changetype<usize>(characters);
    for (let n = 0; n < length; n++) store<u16>(at + (n << 1), load<u8>(this.header + HEADER + n));
    return String.UTF16.decodeUnsafe(at, length << 1);
  }

  /** Takes bytes of a request. True: it is whole. */
  receive(): bool {
    let at = <u32>load32(this.ring + xenstore_domain_interface.req_cons);
    const end = <u32>load32(this.ring + xenstore_domain_interface.req_prod);
    if (end - at > <u32>XENSTORE_RING_SIZE) this.isBroken = true;
    let isWhole = false;
    while (at != end && !this.isBroken && !isWhole) {
      const byte = <u8>load8(this.ring + xenstore_domain_interface.req + (at++ & MASK));
      store<u8>(this.header + this.received++, byte);
      if (this.received < HEADER) continue;
      const length = load<u32>(this.header, xsd_sockmsg.len);
      if (length > <u32>XENSTORE_PAYLOAD_MAX) this.isBroken = true;
      isWhole = this.received == HEADER + <i32>length;
    }
    store32(this.ring + xenstore_domain_interface.req_cons, at);
    return isWhole && !this.isBroken;
  }

  /** Queues a message; its payload a character a byte. */
  send(type: u32, request: u32, transaction: u32, payload: string): void {
    if (this.isBroken) return;
    const message = new ArrayBuffer(HEADER + payload.length);
    const at = changetype<usize>(message);
    store<u32>(at, type, xsd_sockmsg.type);
    store<u32>(at, request, xsd_sockmsg.req_id);
    store<u32>(at, transaction, xsd_sockmsg.tx_id);
    store<u32>(at, payload.length, xsd_sockmsg.len);
    for (let n = 0; n < payload.length; n++) store<u8>(at + HEADER + n, <u8>payload.charCodeAt(n));
    this.waiting.push(message);
    this.waitingBytes += message.byteLength;
    if (this.waitingBytes > MAX_WAITING) this.isBroken = true;
  }

  /** Puts what waits into the ring, as far as there is room. Whether something went. */
  flush(): bool {
    let at = <u32>load32(this.ring + xenstore_domain_interface.rsp_prod);
    const consumed = <u32>load32(this.ring + xenstore_domain_interface.rsp_cons);
    const before = at;
    while (this.waiting.length > 0 && at - consumed < <u32>XENSTORE_RING_SIZE) {
      const message = this.waiting[0];
      store8(
        this.ring + xenstore_domain_interface.rsp + (at++ & MASK),
        load<u8>(changetype<usize>(message) + this.sent++),
      );
      if (this.sent < message.byteLength) continue;
      this.waitingBytes -= message.byteLength;
      this.waiting.shift();
      this.sent = 0;
    }
    store32(this.ring + xenstore_domain_interface.rsp_prod, at);
    return at != before;
  }

  /** Where its ring is, to be unmapped. */
  get address(): u64 {
    return this.ring;
  }
}
