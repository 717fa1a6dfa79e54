/** A 9P client for the tests: it writes messages and reads answers. */
import { read16, read32 } from '../little-endian.ts';
import { answer, HEADER_BYTES, RLERROR } from './server.ts';
import { Session } from './session.ts';
import type { FileTree } from './tree.ts';
import { Reader, Writer } from './wire.ts';

/** A field of a message: its width, and its value. */
type Field = ['u8' | 'u16' | 'u32' | 'u64', number] | ['text', string] | ['data', Uint8Array];

export const u16 = (value: number): Field => ['u16', value];
export const u32 = (value: number): Field => ['u32', value];
export const u64 = (value: number): Field => ['u64', value];
export const text = (value: string): Field => ['text', value];
export const data = (value: Uint8Array): Field => ['data', value];

/** A message. */
export function message(type: number, ...fields: Field[]): Uint8Array {
  const writer = new Writer(1 << 20, 0);
  for (const field of [u32(0), ['u8', type], u16(7), ...fields] as Field[]) {
    if (field[0] === 'text') writer.text(field[1]);
    else if (field[0] === 'data') writer.data(field[1]);
    else writer[field[0]](field[1]);
  }
  const bytes = writer.bytes.slice(0, writer.length);
  new DataView(bytes.buffer).setUint32(0, bytes.length, true);
  return bytes;
}

export class TestClient {
  readonly session: Session;
  now = { seconds: 1000, ns: 5 };

  /** A client with version and attach behind it: fid 0 is the root. */
  constructor(tree: FileTree) {
    this.session = new Session(tree);
    this.call(100, u32(8192), text('9P2000.L'));
    this.call(104, u32(0), u32(0xffff_ffff), text('root'), text(''), u32(1000));
  }

  private send(type: number, fields: Field[]): Uint8Array {
    const reply = answer(this.session, message(type, ...fields), this.now);
    if (read32(reply, 0) !== reply.length || read16(reply, 5) !== 7) throw new Error('a wrong header');
    return reply;
  }

  /** A message that succeeds: the reader stands behind the answer's header. */
  call(type: number, ...fields: Field[]): Reader {
    const reply = this.send(type, fields);
    if (reply[4] !== type + 1) throw new Error(`message ${String(type)}: error ${String(read32(reply, 7))}`);
    return new Reader(reply, HEADER_BYTES);
  }

  /** A message that fails: the error. */
  fail(type: number, ...fields: Field[]): number {
    const reply = this.send(type, fields);
    if (reply[4] !== RLERROR) throw new Error(`message ${String(type)} succeeded`);
    return read32(reply, 7);
  }

  walk(fid: number, newFid: number, ...names: string[]): number {
    return this.call(110, u32(fid), u32(newFid), u16(names.length), ...names.map(text)).u16();
  }
  open(fid: number, flags: number): void {
    this.call(12, u32(fid), u32(flags));
  }
  create(fid: number, name: string, flags: number): void {
    this.call(14, u32(fid), text(name), u32(flags), u32(0o640), u32(7));
  }
  write(fid: number, offset: number, bytes: string): number {
    const body = new TextEncoder().encode(bytes);
    return this.call(118, u32(fid), u64(offset), u32(body.length), data(body)).u32();
  }
  read(fid: number, offset: number, count: number): string {
    const reply = this.call(116, u32(fid), u64(offset), u32(count));
    return new TextDecoder().decode(reply.data(reply.u32()));
  }
  clunk(fid: number): void {
    this.call(120, u32(fid));
  }
  mkdir(fid: number, name: string): void {
    this.call(72, u32(fid), text(name), u32(0o755), u32(7));
  }
  rename(from: number, name: string, to: number, newName: string): void {
    this.call(74, u32(from), text(name), u32(to), text(newName));
  }

  /** Reads a directory by as many calls as it takes, each of at most `count` bytes. */
  list(fid: number, count: number): string[] {
    const names: string[] = [];
    for (let offset = 0; ;) {
      const reply = this.call(40, u32(fid), u64(offset), u32(count));
      const entries = new Reader(reply.data(reply.u32()), 0);
      const first = names.length;
      for (;;) {
        entries.data(13);
        const next = entries.u64();
        entries.u8();
        const name = entries.text();
        if (entries.bad) break;
        offset = next;
        names.push(name);
      }
      if (names.length === first) return names;
    }
  }

  attributes(fid: number): {
    mode: number;
    uid: number;
    gid: number;
    links: number;
    size: number;
    modified: number;
  } {
    const reply = this.call(24, u32(fid), u64(0x7ff));
    reply.data(8 + 13);
    const [mode, uid, gid, links] = [reply.u32(), reply.u32(), reply.u32(), reply.u64()];
    reply.u64();
    const size = reply.u64();
    reply.data(8 + 8 + 16);
    return { mode, uid, gid, links, size, modified: reply.u64() };
  }
}
