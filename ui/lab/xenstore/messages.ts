/** The messages of the store's protocol (xen/include/public/io/xs_wire.h), as they are found in a ring of bytes. */
import * as xs from '../../../hypervisor/abi/xenstore.ts';

export interface StoreMessage {
  readonly type: number;
  readonly id: number;
  readonly transaction: number;
  /** A character a byte. */
  readonly payload: string;
}

const HEADER_BYTES = xs.xsd_sockmsg.size;

/** What messages are called, by type. */
const NAMES: readonly (string | undefined)[] = [
  'CONTROL',
  'DIRECTORY',
  'READ',
  'GET_PERMS',
  'WATCH',
  'UNWATCH',
  'TRANSACTION_START',
  'TRANSACTION_END',
  'INTRODUCE',
  'RELEASE',
  'GET_DOMAIN_PATH',
  'WRITE',
  'MKDIR',
  'RM',
  'SET_PERMS',
  'WATCH_EVENT',
  'ERROR',
  'IS_DOMAIN_INTRODUCED',
  'RESUME',
  'SET_TARGET',
  undefined,
  'RESET_WATCHES',
  'DIRECTORY_PART',
];

export function nameOf(type: number): string {
  return NAMES[type] ?? `type ${String(type)}`;
}

/** Those whose payload begins with a node. */
const OF_NODES: ReadonlySet<number> = new Set([
  xs.XS_DIRECTORY,
  xs.XS_READ,
  xs.XS_GET_PERMS,
  xs.XS_WATCH,
  xs.XS_UNWATCH,
  xs.XS_WRITE,
  xs.XS_MKDIR,
  xs.XS_RM,
  xs.XS_SET_PERMS,
  xs.XS_WATCH_EVENT,
  xs.XS_DIRECTORY_PART,
]);

/** A request or a watch's event: the node that it is about, as it is said (empty: none), and the rest, its parts by spaces. */
export function partsOf({ type, payload }: StoreMessage): { readonly path: string; readonly text: string } {
  if (!OF_NODES.has(type)) return { path: '', text: textOf(payload) };
  const end = payload.indexOf('\0');
  if (end < 0) return { path: payload, text: '' };
  return { path: payload.slice(0, end), text: textOf(payload.slice(end + 1)) };
}

/** Strings that are ended by NUL each, in a line. */
export function textOf(payload: string): string {
  return payload.replace(/\0$/, '').replaceAll('\0', ' ');
}

/** A message in bytes. Throws RangeError for one that is too long. */
export function messageBytes({ type, id, transaction, payload }: StoreMessage): Uint8Array {
  if (payload.length > xs.XENSTORE_PAYLOAD_MAX)
    throw new RangeError(`a message of ${String(payload.length)} bytes is too long for xenstore`);
  const bytes = new Uint8Array(HEADER_BYTES + payload.length);
  const view = new DataView(bytes.buffer);
  const { offset } = xs.xsd_sockmsg;
  view.setUint32(offset.type, type, true);
  view.setUint32(offset.req_id, id, true);
  view.setUint32(offset.tx_id, transaction, true);
  view.setUint32(offset.len, payload.length, true);
  for (let n = 0; n < payload.length; n++) bytes[HEADER_BYTES + n] = payload.charCodeAt(n);
  return bytes;
}

/** Puts messages together from bytes as they come. */
export class MessageStream {
  private held = new Uint8Array(0);
  /** What came is no message: nothing can be told until another begins. */
  isLost = false;

  /** Another message begins. */
  begin(): void {
    this.held = new Uint8Array(0);
    this.isLost = false;
  }

  /** The messages that are whole with these bytes. */
  take(bytes: Uint8Array): StoreMessage[] {
    const held = new Uint8Array(this.held.length + bytes.length);
    held.set(this.held);
    held.set(bytes, this.held.length);
    const messages: StoreMessage[] = [];
    let at = 0;
    while (!this.isLost && held.length - at >= HEADER_BYTES) {
      const view = new DataView(held.buffer, at);
      const { offset } = xs.xsd_sockmsg;
      const [type, length] = [view.getUint32(offset.type, true), view.getUint32(offset.len, true)];
      this.isLost = NAMES[type] === undefined || length > xs.XENSTORE_PAYLOAD_MAX;
      const end = at + HEADER_BYTES + length;
      if (this.isLost || held.length < end) break;
      messages.push({
        type,
        id: view.getUint32(offset.req_id, true),
        transaction: view.getUint32(offset.tx_id, true),
        payload: String.fromCharCode(...held.subarray(at + HEADER_BYTES, end)),
      });
      at = end;
    }
    this.held = held.slice(at);
    return messages;
  }
}
