/** Mote's 9P client run in Node, at the lab's own server. */
import { answer } from '../../../devices/fs/server.ts';
import { Session } from '../../../devices/fs/session.ts';
import type { FileTree } from '../../../devices/fs/tree.ts';
import { compileFileSystem, MountedTree } from '../file-system.ts';

const compiled = await compileFileSystem(`
import { openNineP } from 'mote/fs/9p/file-system';
import { Message } from 'mote/fs/9p/message';
import { addTransport, Transport } from 'mote/fs/9p/transport';

@external("test", "exchange")
declare function exchange(request: usize, requestBytes: u32, data: usize, dataBytes: u32, sends: bool,
  reply: usize, replyBytes: u32): u32;

class Channel extends Transport {
  exchange(m: Message): void {
    m.answered = exchange(m.request, m.length, m.data, m.dataBytes, m.sends, m.reply, m.replyBytes);
  }
}

const TAG: usize = memory.data<u8>([108, 97, 98, 0]);
const OTHER: usize = memory.data<u8>([108, 97, 0]);
const channel = new Channel();
channel.tag = TAG;
channel.tagLength = 3;
addTransport(channel);

export function mount(readOnly: bool): i32 {
  system = openNineP(TAG, readOnly);
  return system == null ? failure() : 0;
}
export function mountOther(): i32 {
  return openNineP(OTHER, false) == null ? failure() : 0;
}
/** Changes permissions as chmod does. */
export function chmod(mode: u32): i32 {
  const node = find(buffer);
  if (node == null) return failure();
  node.mode = (node.mode & 0o170000) | mode;
  node.put();
  return 0;
}
`);

interface More {
  readonly mount: (readOnly: boolean) => number;
  readonly mountOther: () => number;
  readonly chmod: (mode: number) => number;
}

const FIDS = 4096;

export class NinePTree extends MountedTree<More> {
  readonly session: Session;
  /** Messages so far. */
  messages = 0;
  /** What becomes of an answer on its way. */
  tamper: (reply: Uint8Array) => Uint8Array = (reply) => reply;
  /** How long the device says that an answer is. */
  saysLength: (reply: Uint8Array) => number = ({ length }) => length;

  constructor(tree: FileTree) {
    super(compiled, {
      exchange: (
        request: number,
        requestBytes: number,
        data: number,
        dataBytes: number,
        sends: number,
        reply: number,
        replyBytes: number,
      ): number => {
        const sent = sends === 0 ? new Uint8Array(0) : this.memory(data, dataBytes);
        const message = Buffer.concat([this.memory(request, requestBytes), sent]);
        this.messages++;
        const told = this.tamper(answer(this.session, message, { seconds: 1000, ns: 0 }));
        const room = replyBytes + (sends === 0 ? dataBytes : 0);
        if (told.length > room)
          throw new Error(`${String(told.length)} bytes do not fit into ${String(room)}`);
        this.memory(reply, replyBytes).set(told.subarray(0, replyBytes));
        if (told.length > replyBytes) this.memory(data, dataBytes).set(told.subarray(replyBytes));
        return this.saysLength(told);
      },
    });
    this.session = new Session(tree);
  }

  chmod(path: string, mode: number): number {
    this.name(path);
    return this.calls.chmod(mode);
  }

  /** Fids that the server knows. */
  get fids(): number {
    return Array.from({ length: FIDS }, (_, fid) => this.session.fid(fid)).filter((fid) => fid !== null)
      .length;
  }
}
