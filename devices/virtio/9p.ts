/** A 9P transport (virtio 1.2, section 5.10; QEMU's and Linux's use of it): one queue, a message and its answer a chain. */
import { answer } from '../fs/server.ts';
import { MOST_BYTES, Session } from '../fs/session.ts';
import type { FileTree } from '../fs/tree.ts';
import { write16 } from '../little-endian.ts';
import type { MachineClock, MachineMemory } from '../machine.ts';
import { nowNs } from '../machine.ts';
import { readChain, writeChain } from './chain.ts';
import { VirtioDevice } from './device.ts';
import { NS_PER_SECOND } from '../nanoseconds.ts';

const TYPE = 9;
const CLASS_STORAGE = 0x01_80_00;
const QUEUE_SIZE = 128;
const F_MOUNT_TAG = 0;

export class VirtioNineP extends VirtioDevice {
  private readonly session: Session;
  private readonly clock: MachineClock;
  private readonly epochSeconds: number;

  /** `tag` is the name that the tree is mounted by. */
  constructor(memory: MachineMemory, clock: MachineClock, epochSeconds: number, tree: FileTree, tag: string) {
    const name = new TextEncoder().encode(tag);
    super(memory, {
      type: TYPE,
      classCode: CLASS_STORAGE,
      features: [F_MOUNT_TAG],
      queueSizes: [QUEUE_SIZE],
      configBytes: 2 + name.length,
    });
    write16(this.config, 0, name.length);
    this.config.set(name, 2);
    this.session = new Session(tree);
    this.clock = clock;
    this.epochSeconds = epochSeconds;
  }

  override get outside(): object {
    return this.session.tree;
  }

  /** Nobody has anything open any more. */
  override reset(): void {
    super.reset();
    this.session.begin(MOST_BYTES);
  }

  protected override work(): void {
    for (let chain = this.take(0); chain !== null; chain = this.take(0)) {
      const message = new Uint8Array(chain.readableBytes);
      readChain(this.memory, chain, 0, message);
      const now = nowNs(this.clock);
      const seconds = this.epochSeconds + Math.floor(now / NS_PER_SECOND);
      const reply = answer(this.session, message, { seconds, ns: now % NS_PER_SECOND });
      if (reply.length > chain.writableBytes) {
        this.fail('a 9P answer that does not fit');
        return;
      }
      this.give(0, chain, writeChain(this.memory, chain, 0, reply));
    }
  }
}
