/** A host as a scenario drives it: runs it, waits for what happens on it, looks into it, and breaks it. */
import { PAGE_BYTES } from '../../../hypervisor/memory/pages.ts';
import { checkFrameTable } from '../../../hypervisor/state/check.ts';
import type { Domain as XenDomain } from '../../../hypervisor/state/domain.ts';
import type { Vcpu } from '../../../hypervisor/state/vcpu.ts';
import { describeEnd } from '../ending.ts';
import { checkHypercall } from '../event-filter.ts';
import type { EventFilter, EventKind } from '../event-filter.ts';
import { checkFault } from '../fault-file.ts';
import type { Fault } from '../faults.ts';
import type { Lab } from '../lab.ts';
import { stateOf } from '../lab-state.ts';
import { pageAt } from '../page-tables.ts';
import { domainViews, vcpuView } from '../views.ts';
import { storeTree } from '../xenstore/ask.ts';
import type { StoreNode } from '../xenstore/node.ts';
import { Console } from './console.ts';
import type { Drive } from './drive.ts';
import { Watch } from './events.ts';
import type { SeenEvent } from './events.ts';
import { ScenarioFailure } from './failure.ts';
import { describeFilter, PATIENCE_SECONDS, within } from './words.ts';
import type { Patience } from './words.ts';
import { NS_PER_SECOND } from '../../../devices/nanoseconds.ts';

/** A run that only time ends pauses so often. */
const SELDOM_NS = 1e9;
/** How often a host is looked at for what is no event. */
const OFTEN_NS = 1e6;
const LINES_SHOWN = 12;

/** A domain of a host. */
export interface Domain {
  readonly id: number;
  /** What domain 0's store calls it; empty: it has no name yet. */
  readonly name: string;
  /** As `xm list` shows it: six letters of running, blocked, paused, shut down, crashed, dying, or dashes. */
  readonly letters: string;
  readonly vcpus: number;
  readonly memoryMb: number;
  /** How it ended, in words, with Xen's report where it crashed; null: it runs. */
  readonly ending: string | null;
}

/** Whose registers and address space are meant; the first vcpu of the host's own domain unless said otherwise. */
export interface VcpuChoice {
  readonly domain?: number;
  readonly vcpu?: number;
}

export class Host {
  readonly name: string;
  readonly console: Console;
  /** @internal */
  readonly lab: Lab;
  /** @internal */
  readonly drive: Drive;
  /** @internal Whether its inputs from its boot on are known: it is no fork, and was not gone back with. */
  isRepeatable = true;
  /** @internal Whether failures leave no files. */
  isQuiet = false;

  /** @internal */
  constructor(name: string, lab: Lab, drive: Drive) {
    this.name = name;
    this.lab = lab;
    this.drive = drive;
    this.console = new Console(this);
    lab.witness.watch();
    lab.onConsole((bytes) => {
      this.console.add(bytes);
    });
  }

  /** Guest time in ns, from when the host was switched on. */
  get ns(): number {
    return this.drive.ns;
  }

  /** Instructions that have been retired. */
  get instructions(): number {
    return this.lab.instructions;
  }

  /** What has been otherwise than without `vary`, in its order: names for `vary.only`. */
  get variations(): readonly string[] {
    return this.lab.hypervisor.chance?.taken ?? [];
  }

  /** Lets so many seconds of guest time pass. */
  async runFor(seconds: number): Promise<void> {
    await this.drive.run({
      isOver: () => false,
      everyNs: SELDOM_NS,
      untilNs: this.ns + seconds * NS_PER_SECOND,
    });
  }

  /**
   * Runs until an event comes that passes the filter. Rejects with a ScenarioFailure where none does; RangeError for a filter
   * that nothing can pass.
   */
  async waitFor<Kind extends EventKind>(
    filter: EventFilter<Kind>,
    patience: Patience = {},
  ): Promise<SeenEvent<Kind>> {
    const seen = await this.reaches(filter, patience);
    if (seen !== null) return seen;
    throw new ScenarioFailure(
      await this.report(`${describeFilter(filter)} has not come ${within(patience)}`),
    );
  }

  /** As `waitFor`; null: it has not come. */
  async reaches<Kind extends EventKind>(
    filter: EventFilter<Kind>,
    patience: Patience = {},
  ): Promise<SeenEvent<Kind> | null> {
    const watch = new Watch(this.lab.hypervisor, filter, () => {
      this.lab.hypervisor.requestStop('scenario');
    });
    try {
      await this.runUntil(() => watch.count > 0, OFTEN_NS, patience);
      return watch.last;
    } finally {
      watch.end();
    }
  }

  /** Counts events from now on. Throws RangeError for a filter that nothing can pass. */
  watch<Kind extends EventKind>(filter: EventFilter<Kind>): Watch<Kind> {
    return new Watch(this.lab.hypervisor, filter);
  }

  /** Runs until something holds of a domain, looked at every millisecond of guest time. Rejects with a ScenarioFailure. */
  async waitForDomain(holds: (domain: Domain) => boolean, patience: Patience = {}): Promise<Domain> {
    let found: Domain | undefined;
    const isThere = (): boolean => (found = this.domains.find(holds)) !== undefined;
    if (!isThere()) await this.runUntil(isThere, OFTEN_NS, patience);
    if (found !== undefined) return found;
    throw new ScenarioFailure(await this.report(`no domain is as expected ${within(patience)}`));
  }

  private async runUntil(isOver: () => boolean, everyNs: number, patience: Patience): Promise<void> {
    const { withinSeconds = PATIENCE_SECONDS } = patience;
    await this.drive.run({ isOver, everyNs, untilNs: this.ns + withinSeconds * NS_PER_SECOND });
  }

  /** All domains, by id; one that was destroyed is none any more. */
  get domains(): readonly Domain[] {
    const { hypervisor, witness, code } = this.lab;
    return domainViews(hypervisor, witness.names).map(({ id, name, letters, vcpus, memoryMb }) => {
      const domain = this.domain(id);
      const symbols = domain === this.lab.domain ? code.kernel : null;
      const ending = domain.shutdown === null ? null : describeEnd(domain, symbols);
      return { id, name, letters, vcpus, memoryMb, ending };
    });
  }

  private domain(id: number): XenDomain {
    const domain = this.lab.hypervisor.domains.get(id);
    if (domain === undefined) throw new RangeError(`host ${this.name} has no domain ${String(id)}`);
    return domain;
  }

  private vcpu({ domain = this.lab.domain.id, vcpu = 0 }: VcpuChoice): Vcpu {
    const found = this.domain(domain).vcpus[vcpu];
    if (found === undefined) throw new RangeError(`domain ${String(domain)} has no vcpu ${String(vcpu)}`);
    return found;
  }

  /** A vcpu's registers by Intel's names, in lower case. Throws RangeError where there is no such vcpu. */
  registers(choice: VcpuChoice = {}): Readonly<Record<string, bigint>> {
    const { registers } = vcpuView(this.lab.hypervisor, this.vcpu(choice), this.lab.code);
    return Object.fromEntries(Object.entries(registers).map(([name, hex]) => [name, BigInt(`0x${hex}`)]));
  }

  /** A copy of virtual memory as a vcpu sees it. Throws RangeError where a page of it is not mapped, or there is no such vcpu. */
  readMemory(address: bigint, bytes: number, choice: VcpuChoice = {}): Uint8Array {
    const { guestKernelMode, kernelRoot, userRoot } = this.vcpu(choice);
    const root = guestKernelMode ? kernelRoot : userRoot;
    const result = new Uint8Array(bytes);
    for (let done = 0; done < bytes;) {
      const at = BigInt.asIntN(64, address + BigInt(done));
      const within = Number(BigInt.asUintN(12, at));
      const page = root === 0 ? null : pageAt(this.lab.hypervisor.frames, root, Number(at) - within);
      if (page === null)
        throw new RangeError(`nothing is mapped at 0x${BigInt.asUintN(64, at).toString(16)}`);
      const part = page.subarray(within, Math.min(PAGE_BYTES, within + bytes - done));
      result.set(part, done);
      done += part.length;
    }
    return result;
  }

  /** A copy of machine memory. Throws RangeError where the host has none. */
  readMachineMemory(address: number, bytes: number): Uint8Array {
    const all = this.lab.hypervisor.machine.bytes;
    if (address < 0 || bytes < 0 || address + bytes > all.length)
      throw new RangeError(`the host has ${String(all.length)} bytes of memory`);
    return all.slice(address, address + bytes);
  }

  /**
   * A node of xenstore and all that is below it, asked of the store's server; null: there is none. Nothing comes of the question.
   * Throws StoreSilent where nobody answers.
   */
  xenstore(path = '/'): StoreNode | null {
    return storeTree(this.lab, path);
  }

  /** How often each hypercall has been made, by all domains, since the host booted; those that were not are left out. */
  get hypercalls(): Readonly<Record<string, number>> {
    return stateOf(this.lab, 0).counts;
  }

  /** How often a hypercall has been made. Throws RangeError where Xen has none of that name here. */
  hypercallCount(name: string): number {
    checkHypercall(name);
    return this.hypercalls[name] ?? 0;
  }

  /** Recounts the frame table, the grants and the event channels from scratch: all that is wrong, in words. */
  invariants(): readonly string[] {
    const { frames, domains } = this.lab.hypervisor;
    return checkFrameTable(frames, domains);
  }

  /**
   * Breaks something, now. It is an input as keys are: recordings have it. Throws RangeError for what cannot be, and where
   * there is nothing to break.
   */
  inject(fault: Fault): void {
    this.drive.inject(checkFault(fault));
  }

  /** Crashes a domain, as Xen does one that it cannot go on with: domain 0 decides what becomes of it. */
  crashDomain(domain: number, message = 'crashed by a scenario'): void {
    this.inject({ kind: 'crash domain', domain, message });
  }

  /** Kills a domain, as XEN_DOMCTL_destroydomain does. Throws RangeError for domain 0: `crash` ends that. */
  destroyDomain(domain: number): void {
    this.inject({ kind: 'destroy domain', domain });
  }

  /** Stops all vcpus of a domain, until `unpauseDomain`; several pauses need as many. */
  pauseDomain(domain: number): void {
    this.inject({ kind: 'pause domain', domain });
  }

  /** Throws RangeError for a domain that nobody has paused. */
  unpauseDomain(domain: number): void {
    this.inject({ kind: 'unpause domain', domain });
  }

  /** Stops one vcpu, as if its processor had stopped, until `startVcpu`. */
  stopVcpu(domain: number, vcpu: number): void {
    this.inject({ kind: 'stop vcpu', domain, vcpu });
  }

  startVcpu(domain: number, vcpu: number): void {
    this.inject({ kind: 'start vcpu', domain, vcpu });
  }

  /** So many of the next requests to a disk of the machine fail with an I/O error; disks are counted from 0, stores behind them. */
  failRequests(disk: number, count = 1): void {
    this.inject({ kind: 'fail requests', disk, count });
  }

  /** Each request to a disk takes so many seconds of guest time from now on; 0: none any more. */
  delayRequests(disk: number, seconds: number): void {
    this.inject({ kind: 'delay requests', disk, ns: Math.round(seconds * NS_PER_SECOND) });
  }

  /** Crashes the host's own domain, and with it the host: it does nothing more. The rest of its world goes on. */
  crash(message = 'crashed by a scenario'): void {
    this.crashDomain(this.lab.domain.id, message);
  }

  /** A headline, and where time stood, and the console's last lines. */
  describe(headline: string): string {
    return [headline, ...this.whereTimeStood()].join('\n');
  }

  /** What is said where something has not come: `describe`, and the path of what is left of the host to look into. */
  report(headline: string): Promise<string> {
    return Promise.resolve(this.describe(headline));
  }

  private whereTimeStood(): string[] {
    const { lab, console } = this;
    const seconds = (this.ns / NS_PER_SECOND).toFixed(9);
    const at = `host ${this.name} is at ${seconds} s, instruction ${this.instructions.toLocaleString('en')}`;
    const waits = lab.waitsForEver ? '; it waits for ever: only input changes that' : '';
    const ended = lab.domain.shutdown === null ? [] : [describeEnd(lab.domain, lab.code.kernel)];
    const lines = console.lastLines(LINES_SHOWN).map((line) => `  | ${line}`);
    return [`${at}${waits}`, ...ended, 'its console printed last:', ...lines];
  }
}
