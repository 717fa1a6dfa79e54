/** What a domain was at from one look to the next: rates, by the host's own clock. */
import type { DomainTold, HostTold } from './api.ts';

export interface Point {
  /** Of one processor, 0 to its vcpus. */
  readonly cpu: number;
  /** Bytes a second, of cards and of disks. */
  readonly network: number;
  readonly disk: number;
  readonly memoryMb: number;
}

const KEPT = 90;
const SECTOR_BYTES = 512;
const NS_PER_SECOND = 1e9;

export class History {
  /** By domain id, the oldest first. */
  readonly points = new Map<number, readonly Point[]>();
  private last: HostTold | null = null;

  take(told: HostTold): void {
    const { last } = this;
    const seconds = last === null ? 0 : (told.ns - last.ns) / NS_PER_SECOND;
    this.last = told;
    for (const id of [...this.points.keys()])
      if (!told.domains.some((each) => each.id === id)) this.points.delete(id);
    // A host that has started anew begins anew.
    if (last === null || seconds <= 0) return;
    for (const domain of told.domains) {
      const before = last.domains.find(({ id, name }) => id === domain.id && name === domain.name);
      const point = before === undefined ? null : rates(before, domain, seconds);
      if (point !== null)
        this.points.set(domain.id, [...(this.points.get(domain.id) ?? []), point].slice(-KEPT));
    }
  }
}

function rates(before: DomainTold, now: DomainTold, seconds: number): Point {
  const rate = (from: number, to: number): number => Math.max(0, to - from) / seconds;
  return {
    cpu: rate(before.cpuNs, now.cpuNs) / NS_PER_SECOND,
    network: rate(before.received + before.sent, now.received + now.sent),
    disk: rate(before.read + before.written, now.read + now.written) * SECTOR_BYTES,
    memoryMb: now.memoryMb,
  };
}
