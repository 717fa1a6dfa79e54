/** What schedulers have in common whose processors all serve one queue, and which keep something of each vcpu and of each domain. */
import type { Chance } from '../../devices/chance.ts';
import type { Domain } from '../state/domain.ts';
import { allows } from '../state/pcpu.ts';
import type { Pcpu } from '../state/pcpu.ts';
import type { Vcpu } from '../state/vcpu.ts';
import { placeInQueue } from './order.ts';

interface OfVcpu {
  readonly vcpu: Vcpu;
}

/** What is kept of a processor. */
interface OfPcpu<V> {
  /** Who runs. */
  current: V | null;
  hasYielded: boolean;
}

/** V, P, D: what is kept of a vcpu, of a processor, of a domain. */
export abstract class OneQueue<V extends OfVcpu, P extends OfPcpu<V>, D> {
  protected readonly pcpus: readonly Pcpu[];
  protected readonly states: readonly P[];
  protected readonly vcpus = new Map<Vcpu, V>();
  /** Who waits for a processor, in the order they came. */
  protected readonly queue: V[] = [];
  private readonly domains = new Map<Domain, D>();
  private readonly chance: Chance | undefined;

  constructor(pcpus: readonly Pcpu[], states: readonly P[], chance?: Chance) {
    this.pcpus = pcpus;
    this.states = states;
    this.chance = chance;
  }

  /** What a domain has until it is given something else. */
  protected abstract usual(domain: Domain): D;
  /** A vcpu in the words of `dumpPcpu`. */
  protected abstract describe(vcpu: V): string;

  remove(domain: Domain): void {
    for (const vcpu of domain.vcpus) {
      this.sleep(vcpu);
      for (const state of this.states) if (state.current?.vcpu === vcpu) state.current = null;
      this.vcpus.delete(vcpu);
    }
    this.domains.delete(domain);
  }

  sleep(vcpu: Vcpu): void {
    const at = this.queue.indexOf(this.vcpus.get(vcpu)!);
    if (at >= 0) this.queue.splice(at, 1);
  }

  yield({ id }: Pcpu): void {
    this.states[id]!.hasYielded = true;
  }

  waiting(): Vcpu[] {
    return this.queue.map(({ vcpu }) => vcpu);
  }

  /** The queue is shown with the first processor. */
  dumpPcpu({ id }: Pcpu): string[] {
    const { current } = this.states[id]!;
    const waiting = id === 0 ? this.queue : [];
    return [
      `CPU[${String(id).padStart(2, '0')}]`,
      ...(current === null ? [] : [`\trun: ${this.describe(current)}`]),
      ...waiting.map((vcpu, index) => `\t${String(index + 1).padStart(3)}: ${this.describe(vcpu)}`),
    ];
  }

  protected ofDomain(domain: Domain): D {
    const known = this.domains.get(domain);
    if (known !== undefined) return known;
    const made = this.usual(domain);
    this.domains.set(domain, made);
    return made;
  }

  protected get allDomains(): Iterable<D> {
    return this.domains.values();
  }

  /** Who runs, on whichever processor. */
  protected get running(): V[] {
    return this.states.flatMap(({ current }) => (current === null ? [] : [current]));
  }

  /** Behind all who wait, or, where that varies, before some of them. */
  protected join(vcpu: V, nowNs: number): void {
    this.queue.splice(placeInQueue(this.queue.length, this.chance, nowNs), 0, vcpu);
  }

  /** A processor that has nobody, has not been told of somebody, and that a vcpu may run on. */
  protected idleFor({ vcpu }: V): Pcpu | undefined {
    return this.pcpus.find(
      (pcpu) => this.states[pcpu.id]!.current === null && !pcpu.mustSchedule && allows(vcpu, pcpu),
    );
  }

  /** A processor takes somebody who waits. */
  protected take(pcpu: Pcpu, vcpu: V | null): void {
    this.states[pcpu.id]!.current = vcpu;
    if (vcpu !== null) this.queue.splice(this.queue.indexOf(vcpu), 1);
  }
}
