/** A block device whose disk is a store on a network (disk/shared-store.ts): requests are answered when its answers come. */
import { SECTOR_BYTES } from '../disk/disk.ts';
import { StoreSize } from '../disk/shared-store.ts';
import type { StoreAnswer, StoreLink } from '../disk/shared-store.ts';
import type { MachineClock, MachineMemory } from '../machine.ts';
import { nowNs } from '../machine.ts';
import { HEADER_BYTES, S_IOERR, S_OK, VirtioBlock } from './block.ts';
import { readChain, writeChain } from './chain.ts';
import type { Chain } from './chain.ts';
import type { DiskFaults } from './disk-faults.ts';

export class VirtioStore extends VirtioBlock {
  private readonly link: StoreLink;
  private readonly clock: MachineClock;
  /** Requests without an answer, by their numbers. */
  private readonly asked = new Map<number, Chain>();

  constructor(memory: MachineMemory, clock: MachineClock, link: StoreLink, id: string, faults?: DiskFaults) {
    super(memory, new StoreSize(link.sectors), id, faults);
    this.clock = clock;
    this.link = link;
  }

  override get outside(): object {
    return this.link;
  }

  /** Answers that still come are nobody's. */
  override reset(): void {
    super.reset();
    this.asked.clear();
  }

  override nextNs(): number {
    return Math.min(super.nextNs(), this.link.nextNs());
  }

  override advance(now = nowNs(this.clock)): void {
    super.advance(now);
    let isDone = false;
    while (this.link.nextNs() <= now) {
      const answer = this.link.coming.shift()!;
      const chain = this.asked.get(answer.id);
      this.asked.delete(answer.id);
      if (chain === undefined) continue;
      this.complete(chain, answer);
      isDone = true;
    }
    if (isDone) this.settle(0);
  }

  private complete(chain: Chain, { data }: StoreAnswer): void {
    if (!this.hasRoom(chain)) return;
    if (data === null) this.answer(chain, 0, S_OK);
    else this.answer(chain, writeChain(this.memory, chain, 0, data), S_OK);
  }

  protected override transfer(chain: Chain, sector: number, bytes: number, write: boolean): boolean {
    const count = bytes / SECTOR_BYTES;
    if (!Number.isInteger(count) || sector + count > this.disk.sectors) {
      this.answer(chain, 0, S_IOERR);
      return true;
    }
    const data = write ? new Uint8Array(bytes) : null;
    if (data !== null) readChain(this.memory, chain, HEADER_BYTES, data);
    const id = ++this.link.lastId;
    this.asked.set(id, chain);
    this.link.sent.push({ atNs: nowNs(this.clock), id, sector, data, bytes });
    return true;
  }

  /** Writes are served in their order: what was written before is on the store when an empty one is. */
  protected override flush(chain: Chain): void {
    this.transfer(chain, 0, 0, true);
  }
}
