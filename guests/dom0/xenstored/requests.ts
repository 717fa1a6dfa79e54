/** What clients may ask, by message type (docs/misc/xenstore.txt): each answers with text, or a negative errno in `failure`. */
import * as xen from 'xen';
import { EACCES, EBUSY, EEXIST, EINVAL, ENOENT, ENOSPC, ENOSYS, xsd_sockmsg } from 'xen';
import { nameOfError } from 'programs/lib/store-errors';
import { Connection, Watch } from './connection';
import { View } from './store';
import { fireWatches, fireOne } from './watches';
import { isValidPath, Permission } from './tree';

const MAX_WATCHES: i32 = 128;
const MAX_TRANSACTIONS: i32 = 10;

let failure: i32 = 0;
function fail(errno: i32): string {
  failure = errno;
  return '';
}

/** Deals with the request that a connection has received. */
export function handle(connection: Connection, connections: Connection[]): void {
  const type = load<u32>(connection.header, xsd_sockmsg.type);
  const id = load<u32>(connection.header, xsd_sockmsg.req_id);
  const transaction = load<u32>(connection.header, xsd_sockmsg.tx_id);
  const payload = connection.payload;
  connection.received = 0;
  failure = 0;
  const answer = new Request(connection, connections, type, transaction, payload).answer();
  if (failure < 0) connection.send(xen.XS_ERROR, id, transaction, nameOfError(failure) + '\0');
  else if (answer.length > <i32>xen.XENSTORE_PAYLOAD_MAX)
    connection.send(xen.XS_ERROR, id, transaction, 'E2BIG\0');
  else connection.send(type, id, transaction, answer);
}

const OK = 'OK\0';

class Request {
  /** The payload's strings, each without its NUL; what is behind the last NUL is the last. */
  private parts: string[];

  constructor(
    private connection: Connection,
    private connections: Connection[],
    private type: u32,
    private transaction: u32,
    private payload: string,
  ) {
    this.parts = payload.split('\0');
  }

  private part(n: i32): string {
    return n < this.parts.length ? this.parts[n] : '';
  }

  /** A path, from the root. Empty: it is none. */
  private path(): string {
    const given = this.part(0);
    const path = given.startsWith('/') ? given : this.connection.base + '/' + given;
    if (this.parts.length >= 2 && given != '' && isValidPath(path)) return path;
    fail(-EINVAL);
    return '';
  }

  answer(): string {
    const type = this.type;
    if (type == xen.XS_WATCH) return this.watch();
    if (type == xen.XS_UNWATCH) return this.unwatch();
    if (type == xen.XS_RESET_WATCHES) return this.reset();
    if (type == xen.XS_TRANSACTION_START) return this.startTransaction();
    if (type == xen.XS_TRANSACTION_END) return this.endTransaction();
    if (type == xen.XS_GET_DOMAIN_PATH) return '/local/domain/' + this.part(0) + '\0';
    if (type == xen.XS_IS_DOMAIN_INTRODUCED) return this.isIntroduced() ? 'T\0' : 'F\0';
    return this.access();
  }

  /** What looks at nodes, by itself or in a transaction. */
  private access(): string {
    const type = this.type;
    const writes =
      type == xen.XS_WRITE || type == xen.XS_MKDIR || type == xen.XS_RM || type == xen.XS_SET_PERMS;
    const reads = type == xen.XS_READ || type == xen.XS_DIRECTORY || type == xen.XS_GET_PERMS;
    if (!reads && !writes && type != xen.XS_DIRECTORY_PART) return fail(-ENOSYS);
    const path = this.path();
    if (path == '') return '';
    const own = this.transaction != 0;
    if (own && !this.connection.transactions.has(this.transaction)) return fail(-ENOENT);
    const view = own ? this.connection.transactions.get(this.transaction) : new View(this.connection.domid);
    if (!writes) return this.read(view, path);
    failure = this.change(view, path);
    if (failure < 0) return '';
    if (!own) {
      view.commit();
      fireWatches(view.changes, this.connections);
    }
    return OK;
  }

  private read(view: View, path: string): string {
    const node = view.read(path);
    if (node == null) return fail(view.failure);
    if (this.type == xen.XS_READ) return node.value;
    let text = '';
    if (this.type == xen.XS_GET_PERMS) {
      for (let n = 0; n < node.permissions.length; n++) text += node.permissions[n].text + '\0';
      return text;
    }
    for (let n = 0; n < node.children.length; n++) text += node.children[n].name + '\0';
    if (this.type == xen.XS_DIRECTORY) return text;
    // DIRECTORY_PART: from an offset on, as much as there is room for, and an empty name at the end.
    const offset = <i32>parse(this.part(1));
    if (offset < 0 || offset > text.length) return fail(-EINVAL);
    const start = node.generation.toString() + '\0';
    const room = <i32>xen.XENSTORE_PAYLOAD_MAX - start.length - 1;
    const rest = text.substring(offset);
    return start + (rest.length <= room ? rest + '\0' : rest.substring(0, room));
  }

  private change(view: View, path: string): i32 {
    if (this.type == xen.XS_WRITE) return view.write(path, this.payload.substring(this.part(0).length + 1));
    if (this.type == xen.XS_MKDIR) return view.makeDirectory(path);
    if (this.type == xen.XS_RM) return view.remove(path);
    const permissions: Permission[] = [];
    for (let n = 1; n < this.parts.length && this.parts[n] != ''; n++) {
      const domid = parse(this.parts[n].substring(1));
      const kind = this.parts[n].charAt(0);
      if (domid < 0 || !'nrwb'.includes(kind)) return -EINVAL;
      permissions.push(new Permission(kind, <u32>domid));
    }
    return permissions.length == 0 ? -EINVAL : view.setPermissions(path, permissions);
  }

  private watch(): string {
    const given = this.part(0);
    const isSpecial = given.startsWith('@');
    const path = isSpecial ? given : this.path();
    if (failure < 0) return '';
    const connection = this.connection;
    if (isSpecial && connection.domid != 0) return fail(-EACCES);
    for (let n = 0; n < connection.watches.length; n++)
      if (connection.watches[n].path == path && connection.watches[n].token == this.part(1))
        return fail(-EEXIST);
    if (connection.domid != 0 && connection.watches.length >= MAX_WATCHES) return fail(-ENOSPC);
    const watch = new Watch(given, path, this.part(1));
    connection.watches.push(watch);
    fireOne(connection, watch, path);
    return OK;
  }

  private unwatch(): string {
    const watches = this.connection.watches;
    for (let n = 0; n < watches.length; n++)
      if (watches[n].given == this.part(0) && watches[n].token == this.part(1)) {
        watches.splice(n, 1);
        return OK;
      }
    return fail(-ENOENT);
  }

  private reset(): string {
    this.connection.watches = [];
    this.connection.transactions.clear();
    return OK;
  }

  private startTransaction(): string {
    const connection = this.connection;
    if (this.transaction != 0) return fail(-EBUSY);
    if (connection.domid != 0 && connection.transactions.size >= MAX_TRANSACTIONS) return fail(-ENOSPC);
    while (connection.nextTransaction == 0 || connection.transactions.has(connection.nextTransaction))
      connection.nextTransaction++;
    const id = connection.nextTransaction++;
    connection.transactions.set(id, new View(connection.domid));
    return id.toString() + '\0';
  }

  private endTransaction(): string {
    const transactions = this.connection.transactions;
    const verdict = this.part(0);
    if (!transactions.has(this.transaction)) return fail(-ENOENT);
    if (verdict != 'T' && verdict != 'F') return fail(-EINVAL);
    const view = transactions.get(this.transaction);
    transactions.delete(this.transaction);
    if (verdict == 'F') return OK;
    failure = view.commit();
    if (failure < 0) return '';
    fireWatches(view.changes, this.connections);
    return OK;
  }

  private isIntroduced(): bool {
    const domid = parse(this.part(0));
    for (let n = 0; n < this.connections.length; n++)
      if (this.connections[n].domid == <u32>domid) return true;
    return false;
  }
}

/** A decimal number; -1: it is none. */
export function parse(text: string): i64 {
  let value: i64 = 0;
  if (text == '' || text.length > 10) return -1;
  for (let n = 0; n < text.length; n++) {
    const code = text.charCodeAt(n);
    if (code < 48 || code > 57) return -1;
    value = value * 10 + (code - 48);
  }
  return value;
}
