/** Configurations of Mote's domains, and what a host has in use: nothing of it may be left behind by who is gone. */
import { ECS_FREE } from '../../../hypervisor/state/event-channels.ts';
import { checkFrameTable } from '../../../hypervisor/state/check.ts';
import type { Host } from './testing.ts';

/** A file for `xm create`: a domain of Mote's, and further lines. */
export function moteConfig(name: string, ...lines: readonly string[]): Uint8Array {
  const domain = ['kernel = "/boot/mote.elf"', 'ramdisk = "/boot/mote.cpio"', 'memory = 16'];
  return new TextEncoder().encode([...domain, `name = "${name}"`, ...lines].join('\n') + '\n');
}

export interface HostCounts {
  readonly domains: string;
  readonly freeFrames: number;
  /** Ports of domain 0 that are not free. */
  readonly ports: number;
  /** Grants in use and grants mapped, of all domains. */
  readonly grants: number;
  readonly mappings: number;
  readonly nodes: string;
  /** Where the frame table's invariant does not hold. */
  readonly faults: readonly string[];
}

/** What is in use on a host, whose domain 0 is at its prompt. */
export function hostCounts(host: Host): HostCounts {
  const nodes = host.run('xenstore-ls -f');
  const { domains, frames } = host.lab.hypervisor;
  const all = [...domains.values()];
  return {
    domains: all.map(({ id }) => id).join(),
    freeFrames: frames.freeFrames,
    ports: domains.get(0)!.events.ports.filter((each) => each !== null && each.state !== ECS_FREE).length,
    grants: sum(all.map(({ grants }) => grants.active.size)),
    mappings: sum(all.map(({ grants }) => grants.mappings.filter((each) => each !== null).length)),
    nodes,
    faults: checkFrameTable(frames, domains),
  };
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
