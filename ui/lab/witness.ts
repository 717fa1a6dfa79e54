/**
 * What a lab knows of its host from having watched it, which no memory of the host has: what its domains are called, how
 * they migrate, and what their consoles have printed. It is saved with the world, so that who goes on with that sees what had been seen.
 */
import type { Hypervisor } from '../../hypervisor/state/hypervisor.ts';
import { DomainConsoles } from './domain-consoles.ts';
import { DomainNames } from './domain-names.ts';
import { KnownRings } from './known-rings.ts';
import { Facts } from './lessons/facts.ts';
import { Migrations } from './migration.ts';
import { Transcript } from './transcript.ts';

/** Hears what a domain prints. */
export type OnPrint = (domain: number, bytes: Uint8Array) => void;

export class Witness {
  private readonly hypervisor: Hypervisor;
  private readonly domainNames = new DomainNames();
  /** Of split devices: heard of by who looks into them (ring-observer.ts). */
  readonly rings = new KnownRings();
  /** Of its domains, to other hosts and from them. */
  readonly migrations: Migrations;
  /** What a lesson notes. */
  readonly facts = new Facts();
  private readonly consoles: DomainConsoles;
  /** By domain id. */
  private readonly transcripts = new Map<number, Transcript>();
  private listener: OnPrint | null = null;

  /** `own`: the id of the lab's domain, whose console the lab hears by itself and tells of (`printed`). */
  constructor(hypervisor: Hypervisor, own: number) {
    this.hypervisor = hypervisor;
    this.migrations = new Migrations(hypervisor.clock.periodNs);
    this.consoles = new DomainConsoles(hypervisor, own, (domain, bytes) => {
      this.printed(domain, bytes);
    });
  }

  /** Watches the other domains, too, from now on: that needs the trace. */
  watch(): void {
    this.hypervisor.trace.add(this.domainNames);
    this.hypervisor.trace.add(this.migrations);
    this.hypervisor.trace.add(this.facts);
    this.hypervisor.trace.add(this.consoles);
  }

  /** The host has started anew: what was is gone, but for what was printed. */
  startedAnew(): void {
    this.domainNames.forget();
    this.rings.rings.clear();
    this.migrations.forget();
    this.consoles.forget();
  }

  /** By domain id; of those that are gone, too. */
  get names(): ReadonlyMap<number, string> {
    return this.domainNames.names;
  }

  /** Tells `listener` what every console has printed, as far as that is kept, and then what it prints. One may listen. */
  listen(listener: OnPrint): void {
    this.listener = listener;
    for (const [domain, transcript] of this.transcripts) listener(domain, transcript.bytes());
  }

  /** A domain has printed where another thread runs the host, whose transcripts come with its state. */
  printedAway(domain: number, bytes: Uint8Array): void {
    this.listener?.(domain, bytes);
  }

  /** What a domain's console has printed, as far as that is kept. */
  printedBy(domain: number): Uint8Array {
    return this.transcripts.get(domain)?.bytes() ?? new Uint8Array(0);
  }

  /** A domain has printed. */
  printed(domain: number, bytes: Uint8Array): void {
    let transcript = this.transcripts.get(domain);
    if (transcript === undefined) {
      transcript = new Transcript();
      this.transcripts.set(domain, transcript);
    }
    transcript.add(bytes);
    this.listener?.(domain, bytes);
  }
}
