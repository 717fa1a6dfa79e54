/** The world of a lesson as its checks see it: the hypervisor's structures, what was noted, and what consoles have printed. */
import type { Domain } from '../../../hypervisor/state/domain.ts';
import type { Hypervisor } from '../../../hypervisor/state/hypervisor.ts';
import type { Lab } from '../lab.ts';
import type { Migration } from '../migration.ts';
import { domainViews } from '../views.ts';
import type { DomainView } from '../views.ts';
import { storeValue } from '../xenstore/ask.ts';
import { StoreSilent } from '../xenstore/node.ts';

/** A host that is alone, or those of a world, each by its name. */
export interface LessonWorld {
  readonly hosts: readonly LessonHost[];
  /** The first. */
  readonly host: LessonHost;
}

export class LessonHost {
  readonly name: string;
  private readonly lab: Lab;

  constructor(name: string, lab: Lab) {
    this.name = name;
    this.lab = lab;
  }

  /** Guest time, in ns. */
  get ns(): number {
    return this.lab.ns;
  }

  /** All that Xen knows. */
  get hypervisor(): Hypervisor {
    return this.lab.hypervisor;
  }

  /** The domains that there are, by id, as `xm list` has them. */
  get domains(): readonly DomainView[] {
    return domainViews(this.lab.hypervisor, this.lab.witness.names);
  }

  /** The domain of that name; undefined: there is none. */
  domain(name: string): Domain | undefined {
    const view = this.domains.find((each) => each.name === name);
    return view === undefined ? undefined : this.lab.hypervisor.domains.get(view.id);
  }

  /** The id of the domain of that name, or of the last that had it; -1: there was none. */
  idOf(name: string): number {
    return [...this.lab.witness.names].findLast(([, each]) => each === name)?.[0] ?? -1;
  }

  /** What `xm list` says of it: six letters; empty: there is no such domain. */
  letters(name: string): string {
    return this.domains.find((each) => each.name === name)?.letters ?? '';
  }

  /** What the lesson has noted by a name; 0: nothing yet. */
  fact(name: string): number {
    return this.lab.witness.facts.get(name);
  }

  /** Those that left and came, the oldest first. */
  get migrations(): readonly Migration[] {
    return this.lab.witness.migrations.all;
  }

  /** The value of a node of xenstore, asked aside; null: there is none, or nobody serves the store yet. Costs some ms: ask last. */
  store(path: string): string | null {
    try {
      return storeValue(this.lab, path);
    } catch (error) {
      if (error instanceof StoreSilent) return null;
      throw error;
    }
  }

  /** What a domain's console has printed, with what was typed there, as far as it is kept; lines end in a newline alone. */
  printed(domain: number): string {
    return new TextDecoder().decode(this.lab.witness.printedBy(domain)).replaceAll('\r', '');
  }
}

export function lessonWorld(hosts: readonly { readonly name: string; readonly lab: Lab }[]): LessonWorld {
  const all = hosts.map(({ name, lab }) => new LessonHost(name, lab));
  return { hosts: all, host: all[0]! };
}
